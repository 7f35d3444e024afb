"""The configuration of a group as a value: schema, field classes, comparison. Pure (docs/configuration.md)."""
