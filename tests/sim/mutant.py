"""What a deliberate fault of the engine is."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """`old` occurs exactly once in `file`. `scenarios`: who should catch it, if the random histories do not."""

    name: str
    file: str
    old: str
    new: str
    scenarios: tuple[str, ...]
    needs_histories: bool = True
    """False: it is a scenario's to catch, which takes a second and not four."""
