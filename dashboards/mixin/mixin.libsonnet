// Understudy's dashboards, alerts and recording rules as a mixin: https://monitoring.mixins.dev
//
//     local understudy = (import 'understudy/dashboards/mixin/mixin.libsonnet') + { _config+:: { job: 'rx' } };
//
// Everything comes from the generated files beside it, so that a mixin and a plain import show the same.
(import 'config.libsonnet') + (import 'dashboards.libsonnet') + (import 'rules.libsonnet')
