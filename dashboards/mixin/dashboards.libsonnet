{
  local config = $._config,
  local adapted(dashboard) = dashboard {
    tags: config.tags,
    refresh: config.refresh,
    links: [link { tags: config.tags } for link in super.links],
  },

  grafanaDashboards+:: {
    'understudy-fleet.json': adapted(import '../json/understudy-fleet.json'),
    'understudy-group.json': adapted(import '../json/understudy-group.json'),
    'understudy-unit.json': adapted(import '../json/understudy-unit.json'),
  },
}
