"""How ready this unit is to serve a group with the configuration that it holds: 0..255, with reasons (C-08, C-14, C-15). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.handover.following import Action

IN_SYNC = 255
BEHIND = 220
OTHER_SOFTWARE = 200
PARTIAL = 150
PAUSED = 100
CANNOT = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """Of one group. `is_held`: a complete verified snapshot is in force here. `is_wanted`: the master has a configuration.

    `needs_snapshot`: nothing else will do: an N:M backup (C-08), or the settings do not say what to do without.
    `why`: of the action, for people. `lost`: services beyond the capacity, best first. `missing`: own values that this unit
    lacks; `own_group`: where they are set. `licence`: what is wrong with it.
    """

    action: Action = Action.LOCAL
    is_held: bool = True
    is_wanted: bool = False
    needs_snapshot: bool = False
    is_same_major: bool = True
    is_same_software: bool = True
    is_master: bool = False
    allow_partial: bool = True
    why: str = ""
    lost: Sequence[str] = ()
    missing: Sequence[str] = ()
    own_group: int = 0
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """`value` 0 (cannot) .. 255 (in sync); `reasons` are sentences for people, the worst first."""

    value: int
    reasons: tuple[str, ...] = ()


def readiness_of(condition: Condition) -> Readiness:
    """The worst of all that there is to say. A master stays at 150 or above: it serves already, whatever it lacks."""
    found = sorted(_complaints(condition), key=lambda complaint: complaint.value)
    value = min([IN_SYNC, *(complaint.value for complaint in found)])
    reasons = tuple(reason for complaint in found for reason in complaint.reasons)
    return Readiness(max(value, PARTIAL) if condition.is_master else value, reasons)


def _complaints(condition: Condition) -> list[Readiness]:
    found = [_of_snapshot(condition), _of_version(condition), _of_action(condition), _of_capacity(condition)]
    if condition.licence:
        found.append(Readiness(CANNOT, (condition.licence,)))
    if condition.missing:
        where = f"understudy config edit {condition.own_group}"
        lacks = f"own values are missing on this unit: {_listed(condition.missing)}; set them: {where}"
        found.append(Readiness(PARTIAL, (lacks,)))
    return [complaint for complaint in found if complaint is not None]


def _of_snapshot(condition: Condition) -> Readiness | None:
    if condition.is_held or not (condition.needs_snapshot or condition.is_wanted):
        return None
    if condition.needs_snapshot:
        return Readiness(CANNOT, ("there is no complete copy of the configuration here yet",))
    return Readiness(PAUSED, ("there is no complete copy of the configuration here yet; this unit would serve by its settings",))


def _of_version(condition: Condition) -> Readiness | None:
    if not condition.is_same_major:
        return Readiness(CANNOT, (condition.why or "the master's configuration is of another schema major",))
    if not condition.is_same_software:
        return Readiness(OTHER_SOFTWARE, ("the master runs other software; its configuration can be read",))
    return None


def _of_action(condition: Condition) -> Readiness | None:
    value = _BY_ACTION.get(condition.action)
    return (
        None if value is None or not condition.is_same_major else Readiness(value, (condition.why or _WORDS[condition.action],))
    )


_BY_ACTION = {
    Action.FOLLOW: BEHIND,
    Action.OFFER: BEHIND,
    Action.DECIDE: PAUSED,
    Action.PAUSE: PAUSED,
    Action.UNPAIRED: PAUSED,
}
_WORDS = {
    Action.FOLLOW: "pulling the master's newer revision",
    Action.OFFER: "pulling the master's revision",
    Action.DECIDE: "two configurations wait for a choice: understudy config pending",
    Action.PAUSE: "tracking is paused; the last good snapshot is kept",
    Action.UNPAIRED: "not paired with the master",
}


def _of_capacity(condition: Condition) -> Readiness | None:
    if not condition.lost:
        return None
    if condition.allow_partial:
        return Readiness(PARTIAL, (f"capacity is short; these services would be lost: {_listed(condition.lost)}",))
    return Readiness(CANNOT, (f"capacity is short and allow_partial is off; not carried: {_listed(condition.lost)}",))


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
