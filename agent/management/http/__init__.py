"""The JSON API, on a unix socket and optionally on TCP with TLS."""
