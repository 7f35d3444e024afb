"""Understudy: a hot-standby agent. Read docs/architecture.md first, then wire, engine, core."""

__version__ = "0.1.0"
