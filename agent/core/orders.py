"""What management orders of core, read: an event for the engine, or why it is none."""

from collections.abc import Container
from time import monotonic_ns

from agent.core.channel import Json
from agent.engine.config import Controls
from agent.engine.events import Adjusted, Command, Verb

MS = 1_000_000
_VERBS = {verb.value: verb for verb in Verb if verb is not Verb.STOP}
_FLAGS = ("preempt", "attended", "maintenance", "locked")


class BadOrderError(Exception):
    """A sentence for whoever asked."""


def command_of(order: Json, groups: Container[object]) -> Command:
    """Never late: who sent it may have acted otherwise since (C-17, D-26). BadOrderError."""
    number, group, expires_at_ns = order.get("id"), order.get("group"), order.get("expires_at_ns")
    verb = _VERBS.get(str(order.get("verb")))
    if verb is None or not isinstance(number, str) or type(group) is not int or group not in groups:
        raise BadOrderError("core knows no such command or group; are management and core of one version?")
    if isinstance(expires_at_ns, int) and monotonic_ns() > expires_at_ns:
        raise BadOrderError("core was held up until nobody waited for this command any more; it was not carried out")
    forced, override = order.get("forced") is True, order.get("override") is True
    return Command(number, verb, group, forced, override, str(order.get("author", ""))[:100])


def adjusted_of(order: Json) -> Adjusted:
    """The whole set of controls; what is in range is the engine's to say. BadOrderError."""
    number, group = order.get("id"), order.get("group")
    if not isinstance(number, str) or type(group) is not int:
        raise BadOrderError("an adjust needs an id and a group")
    return Adjusted(group, controls_from(order), number)


def controls_from(values: Json) -> Controls:
    """By the names of `adjust` (docs/architecture.md); `off`: absent is false. BadOrderError."""
    flags = {name: values.get(name) for name in _FLAGS}
    wrong = next((name for name, value in flags.items() if type(value) is not bool), None)
    if wrong is not None:
        raise BadOrderError(f"{wrong} must be true or false")
    hold_ms, until_ns = _whole_or_none(values, "return_hold_ms"), _whole_or_none(values, "maintenance_until_ns")
    return Controls(
        priority=_whole(values, "priority"),
        is_preempting=flags["preempt"] is True,
        interval_ms=_whole(values, "interval_ms"),
        return_hold_ns=None if hold_ms is None else hold_ms * MS,
        is_attended=flags["attended"] is True,
        is_in_maintenance=flags["maintenance"] is True,
        maintenance_until_ns=until_ns,
        is_locked=flags["locked"] is True,
        is_off=values.get("off") is True,
    )


def _whole(values: Json, name: str) -> int:
    value = values.get(name)
    if type(value) is not int:
        raise BadOrderError(f"{name} must be a whole number")
    return value


def _whole_or_none(values: Json, name: str) -> int | None:
    return None if values.get(name) is None else _whole(values, name)
