{
  _config+:: {
    // Job of the scrape configuration, as a regular expression: the rules select up{job=~"…"} by it.
    job: 'understudy.*',
    // Tags of the dashboards; the first one makes their menu.
    tags: ['understudy'],
    // How often an open dashboard asks again; '' is never.
    refresh: '30s',
  },
}
