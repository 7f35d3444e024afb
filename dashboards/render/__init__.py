"""`./dev dashboards --render DIR`: the dashboards as pictures, drawn in headless Chromium with Grafana's own components."""
