{
  local config = $._config,
  // Only `up` is asked for by its job: all other names are our own.
  local adapted(rule) = rule { expr: std.strReplace(rule.expr, 'job=~"understudy.*"', 'job=~"%s"' % config.job) },
  local groups(rules) = [
    group { rules: [adapted(rule) for rule in group.rules] }
    for group in rules.groups
  ],

  prometheusRules+:: { groups+: groups(import 'recording.json') },
  prometheusAlerts+:: { groups+: groups(import 'alerts.json') },
}
