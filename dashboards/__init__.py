"""Grafana dashboards and Prometheus rules as code: `./dev dashboards` writes the JSON that is committed beside it."""
