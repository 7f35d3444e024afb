"""Certificates of the units of a site (docs/configuration.md)."""
