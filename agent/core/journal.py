"""What the journal says of an effect: one entry, or nothing."""

from collections.abc import Callable
from time import monotonic_ns

from agent.core.channel import Json
from agent.engine.effects import ClearAlarm, Effect, RaiseAlarm, TakenOver, Transition
from agent.engine.snapshot_pool import phases_ms


def entry_of(effect: Effect) -> Json | None:
    """docs/architecture.md, Management."""
    make = _ENTRIES.get(type(effect))
    return None if make is None else make(effect)


def _transition(effect: Transition) -> Json:
    return {
        "what": "transition",
        "group": effect.group,
        "before": effect.before.value,
        "after": effect.after.value,
        "role": effect.role.value,
        "reason": effect.reason.value,
        "text": effect.text,
        "at_ns": effect.at_ns,
    }


def _alarm(effect: RaiseAlarm) -> Json:
    alarm = {"name": effect.name, "severity": effect.severity.value, "text": effect.text}
    return {"what": "alarm", "group": effect.group, "at_ns": monotonic_ns()} | alarm


def _cleared(effect: ClearAlarm) -> Json:
    return {"what": "alarm_cleared", "group": effect.group, "name": effect.name, "at_ns": monotonic_ns()}


def _takeover(effect: TakenOver) -> Json:
    return {"what": "takeover", "group": effect.group, "at_ns": effect.at_ns} | phases_ms(effect.phases)


_ENTRIES: dict[type, Callable[..., Json]] = {
    Transition: _transition,
    RaiseAlarm: _alarm,
    ClearAlarm: _cleared,
    TakenOver: _takeover,
}
