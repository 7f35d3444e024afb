"""The configuration ledger of a unit: every revision, never overwritten (docs/configuration.md)."""
