"""What a record begins with: who, with which settings, and what time it was. Core makes it, at its start."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic_ns, time_ns
from typing import NamedTuple

from agent.diagnostics.notes import Json
from agent.diagnostics.plain import to_plain
from agent.engine.config import Controls, Identity, LanRules, MemberConfig, PoolRules

FORMAT = 1
LOOKS = 3


class Made(NamedTuple):
    """What an engine is made of."""

    identity: Identity
    rules: LanRules
    members: Sequence[MemberConfig]
    pool: PoolRules | None = None
    controls: Mapping[int, Controls] = {}


def header_of(made: Made, clocks: tuple[int, int], lan: Mapping[str, str | int]) -> Json:
    """What a replay begins with; `clocks`: monotonic and UTC ns, read together; `lan`: own, target, port, as far as known.

    No key is in it; the nonce seed is of this boot alone.
    """
    return {
        "event": "header",
        "at": clocks[0],
        "utc": clocks[1],
        "format": FORMAT,
        "software": made.identity.software,
        "lan": dict(lan),
        "unit": to_plain(made.identity),
        "rules": to_plain(made.rules),
        "members": to_plain(list(made.members)),
        "pool": to_plain(made.pool or PoolRules()),
        "controls": to_plain(made.controls),
    }


def both_clocks(now_ns: Callable[[], int] = monotonic_ns) -> tuple[int, int]:
    """Monotonic and UTC ns of one moment. A process may be held up between two readings: the closest of some counts."""
    looks = [(now_ns(), time_ns(), now_ns()) for _ in range(LOOKS)]
    before_ns, utc_ns, after_ns = min(looks, key=lambda look: look[2] - look[0])
    return (before_ns + after_ns) // 2, utc_ns
