"""The handover process: tracks the master's configuration over TLS (docs/configuration.md)."""
