"""The text that Prometheus scrapes, and what is counted for it. No face of its own: two of them show it."""
