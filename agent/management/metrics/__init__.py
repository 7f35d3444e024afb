"""The port that Prometheus scrapes."""
