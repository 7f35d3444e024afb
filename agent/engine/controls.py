"""What can be changed while the unit runs: always the whole set, checked, and put in force at one moment."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from agent.engine.config import Controls, MemberConfig, Seat
from agent.engine.election import NEVER_GIVES_UP
from agent.wire.message import INTERVAL_MS

PRIORITIES = range(1, 256)
"""S-03; 0 is what a leaving master sends (C-04)."""
MAX_RETURN_HOLD_NS = 3_600 * 1_000_000_000


def controls_of(config: MemberConfig) -> Controls:
    """Those in force."""
    return Controls(**{name: getattr(config, name) for name in Controls.__dataclass_fields__})


def with_controls(config: MemberConfig, controls: Controls) -> MemberConfig:
    """The same seat, controlled so."""
    return replace(config, **{name: getattr(controls, name) for name in Controls.__dataclass_fields__})


def objection(config: MemberConfig, controls: Controls) -> str:
    """Why this seat cannot be controlled so, as `understudy check` would say of the file; empty: it can."""
    found = chain(_out_of_range(controls), _against_n_to_m(config, controls), _without_effect(config, controls))
    return next(found, "")


def _out_of_range(controls: Controls) -> Iterator[str]:
    if controls.priority not in PRIORITIES:
        yield f"priority {controls.priority} is not 1..255 (S-03)"
    if controls.interval_ms not in INTERVAL_MS:
        yield f"advertisement interval {controls.interval_ms} ms is not {INTERVAL_MS[0]}..{INTERVAL_MS[-1]} ms"
    if controls.return_hold_ns is not None and not 0 <= controls.return_hold_ns <= MAX_RETURN_HOLD_NS:
        yield "the return policy's hold is not 0..3600 s"


def _against_n_to_m(config: MemberConfig, controls: Controls) -> Iterator[str]:
    if not config.is_n_to_m and config.seat is Seat.ORDINARY:
        return
    if controls.is_preempting:
        yield "preempt must be off in N:M: set-master and set-backup would be undone at once (S-24)"
    if controls.priority == NEVER_GIVES_UP:
        yield "priority 255 is refused in N:M: it would never give the role back (C-03)"


def _without_effect(config: MemberConfig, controls: Controls) -> Iterator[str]:
    """Refused when it is asked for anew: a file that says so already is only warned of."""
    if controls.is_preempting and controls.priority == NEVER_GIVES_UP and not config.is_preempting:
        yield "preempt has no effect at priority 255 (S-06)"
    if controls.return_hold_ns is not None and config.return_hold_ns is None and not config.is_n_to_m:
        yield "a return policy has an effect in N:M only; in 1:1 use preempt, or set-master"
