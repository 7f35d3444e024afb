"""Who wins when two units are master of one group (C-02, C-03)."""

from typing import NamedTuple

NEVER_GIVES_UP = 255
"""S-05."""

SAME_AGE_MS = 50
"""Two masters whose ages differ by less are of one age: a packet's way is not a merit."""


class Standing(NamedTuple):
    """What decides: priority 1..255, unit id, how long master without a break (ms), heal policy `incumbent`."""

    priority: int
    unit_id: int
    master_for_ms: int = 0
    is_incumbent_healing: bool = False


def beats(one: Standing, other: Standing) -> bool:
    """255 beats all others, then (by policy of both) the longer mastership, then priority, then unit id."""
    if NEVER_GIVES_UP not in (one.priority, other.priority) and one.is_incumbent_healing and other.is_incumbent_healing:
        older_by_ms = one.master_for_ms - other.master_for_ms
        if abs(older_by_ms) >= SAME_AGE_MS:
            return older_by_ms > 0
    return one[:2] > other[:2]
