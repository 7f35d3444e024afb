"""What the settings in force say of a seat, in the model's names; and what a change makes of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.model.answers import Change, Principal
from agent.model.kinds import Choice
from agent.model.tables import object_named
from agent.settings.overrides import (
    DEFAULT_MAINTENANCE_MINUTES,
    Overrides,
    file_value,
    file_values,
    maintenance_until_ns,
)
from agent.settings.runtime_file import MAX_SEMAPHORE, MAX_TEXT, OF_UNIT, Override, Runtime, Value

NS_A_MINUTE = 60_000_000_000
_SWITCHES = ("locked", "auto_lock")


def columns_of(overrides: Overrides, group: int, now_ns: int) -> dict[str, object]:
    """Of the member table. `now_ns`: wall clock. KeyError: no seat there."""
    member, own = overrides.member_of(group), overrides.runtime.of(group)
    values: dict[str, object] = {**file_values(overrides.effective, member)}
    until_ns = maintenance_until_ns(own, now_ns)
    maintenance = own["maintenance"] if until_ns is not None else None
    minutes = own.get("maintenance_minutes")
    return values | {
        "locked": overrides.is_locked(group),
        "auto_lock": "auto_lock" in own and overrides.settings.management.lock,
        "maintenance": maintenance is not None,
        "maintenance_owner": maintenance.author if maintenance else "",
        "maintenance_reason": maintenance.reason if maintenance else "",
        "maintenance_until": until_ns,
        "maintenance_minutes": minutes.value if minutes else DEFAULT_MAINTENANCE_MINUTES,
    }


class ColumnsInForce:
    """`columns_of` all seats, made anew when the settings in force have changed or a maintenance has ended."""

    def __init__(self) -> None:
        self._overrides: Overrides | None = None
        self._known: dict[int, dict[str, object]] = {}

    def of(self, overrides: Overrides, group: int, now_ns: int) -> dict[str, object]:
        """As `columns_of`. Not to be changed."""
        if overrides is not self._overrides:
            self._overrides, self._known = overrides, {}
        known = self._known.get(group)
        until_ns = known and known["maintenance_until"]
        if known is None or (isinstance(until_ns, int) and until_ns <= now_ns):
            known = self._known[group] = columns_of(overrides, group, now_ns)
        return known


def unit_columns_of(overrides: Overrides) -> dict[str, object]:
    """Of the unit's scalars."""
    runtime, snmp = overrides.runtime, overrides.settings.snmp
    of_file: dict[str, object] = {"notifications_enabled": True}
    of_file["notification_min_interval_ms"] = snmp.notification_min_interval_ms if snmp else 0
    set_now = {name: one.value for name, one in runtime.unit.items()}
    lock = overrides.settings.management.lock
    return of_file | set_now | {"write_semaphore": runtime.semaphore, "lock_available": lock}


@dataclass(slots=True)
class Plan:
    """What a set of changes comes to. `groups`: whose seats core must be told of; `reasons`: command_reason by group."""

    runtime: Runtime
    groups: set[int] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)
    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who changes, why and when (wall clock)."""

    principal: Principal
    reason: str
    now_ns: int

    def override(self, value: Value, of_file: Value | None = None) -> Override:
        """A value set by this one."""
        one = self.principal
        who, face, address, reason = (text[:MAX_TEXT] for text in (one.name, one.face, one.address, self.reason))
        return Override(value, of_file, who, face, address, reason, self.now_ns)


def planned(overrides: Overrides, changes: Sequence[Change], stamp: Stamp) -> Plan:
    """The changes have been found possible one by one; whether they go together is not asked here."""
    plan = Plan(overrides.runtime)
    for change in changes:
        name = change.name if change.table == "unit" else f"{change.index[0]}.{change.name}"
        shown, values = _word(change), _before(overrides, change, stamp.now_ns)
        plan.before[name], plan.after[name] = values.get(change.name), shown
        if change.table == "unit":
            plan.runtime = _with_unit(overrides, plan.runtime, change, stamp)
        elif change.name == "command_reason":
            plan.reasons[change.index[0]] = str(change.value)
        else:
            plan.runtime = _with_member(overrides, plan.runtime, change, stamp)
            plan.groups.add(change.index[0])
    return plan


def _before(overrides: Overrides, change: Change, now_ns: int) -> dict[str, object]:
    if change.table == "unit":
        return unit_columns_of(overrides)
    return columns_of(overrides, change.index[0], now_ns)


def _word(change: Change) -> Value:
    """A choice as a word: that is what the file says."""
    kind = object_named(change.table, change.name).kind
    assert isinstance(change.value, int | str)
    return kind.word(change.value) if isinstance(kind, Choice) and isinstance(change.value, int) else change.value


def _with_unit(overrides: Overrides, runtime: Runtime, change: Change, stamp: Stamp) -> Runtime:
    if change.name == "write_semaphore":
        return replace(runtime, semaphore=0 if runtime.semaphore >= MAX_SEMAPHORE else runtime.semaphore + 1)
    assert change.name in OF_UNIT
    without = {name: one for name, one in runtime.unit.items() if name != change.name}
    plain = unit_columns_of(replace(overrides, runtime=replace(runtime, unit=without)))
    if plain[change.name] == change.value:
        return replace(runtime, unit=without)
    made = _first(runtime.unit.get(change.name), stamp.override(_word(change)))
    assert made is not None
    return replace(runtime, unit={**without, change.name: made})


def _first(before: Override | None, made: Override | None) -> Override | None:
    """Who sets what is so already changes nothing: it stays whose it is, and since when."""
    is_same = before is not None and made is not None and (before.value, before.file) == (made.value, made.file)
    return before if is_same else made


def _with_member(overrides: Overrides, runtime: Runtime, change: Change, stamp: Stamp) -> Runtime:
    group, own = change.index[0], dict(runtime.of(change.index[0]))
    made, before = _override(overrides, own, change, stamp), own.pop(change.name, None)
    made = _first(before, made)
    if made is not None:
        own[change.name] = made
    masters = {number: master for number, master in runtime.masters.items() if (number, change.name) != (group, "auto_lock")}
    return with_group(replace(runtime, masters=masters), group, own)


def with_group(runtime: Runtime, group: int, own: dict[str, Override]) -> Runtime:
    """With these for that group."""
    groups = {number: values for number, values in runtime.groups.items() if number != group}
    return replace(runtime, groups=groups | {group: own} if own else groups)


def _override(overrides: Overrides, own: dict[str, Override], change: Change, stamp: Stamp) -> Override | None:
    """None: it is as the file or the default says."""
    value = _word(change)
    if change.name in _SWITCHES:
        return (own.get(change.name) or stamp.override(True)) if value else None
    if change.name == "maintenance":
        minutes = own["maintenance_minutes"].value if "maintenance_minutes" in own else DEFAULT_MAINTENANCE_MINUTES
        return stamp.override(stamp.now_ns + int(minutes) * NS_A_MINUTE) if value else None
    if change.name == "maintenance_minutes":
        return None if value == DEFAULT_MAINTENANCE_MINUTES else stamp.override(value)
    of_file = file_value(overrides.settings, change.index[0], change.name)
    return None if value == of_file else stamp.override(value, of_file)
