"""Bytes ⇄ messages of the redundancy LAN (docs/protocol.md). Standard library only."""
