"""From what management knows to what faces show: one View of one moment. Pure, but for the numbers that are remembered.

A row that says the same as before is the same object as before, so that faces may keep what they have made of it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.management.viewer_alarms import Alarm, AlarmBook, alarm_columns, core_away, faults
from agent.management.viewer_calm import Known, known_of
from agent.management.viewer_coverage import lost_services
from agent.management.viewer_events import event_rows
from agent.management.viewer_keep import Memo, frozen, kept_table
from agent.management.viewer_numbers import Numbers, Steady
from agent.management.viewer_peers import unit_ages
from agent.management.viewer_read import Object, count, moment, table, tables
from agent.management.viewer_recorder import recorder_alarms
from agent.management.viewer_tables import (
    decision_rows,
    device_rows,
    packets_rows,
    reason_rows,
    rejected_rows,
    started_by,
    unit_columns,
)
from agent.management.viewer_telling import Around, Telling
from agent.model.kinds import Value
from agent.model.tables import TABLE, TABLES
from agent.model.view import OWN, Index, Row, View

_AGES = frozenset({"view_age_ms"})


@dataclass(frozen=True, slots=True)
class Sources:
    """`status`: Memory's, with `handover` and `decisions` when they are known, and `by_ms`: how much older ages are than told
    (else `age_ms` says it). What management adds, in the columns' names: `unit` (also `drivers`, by device), `members` by group,
    `events` with their numbers, oldest first."""

    status: Object
    unit: Object = field(default_factory=dict)
    members: Mapping[int, Object] = field(default_factory=dict)
    events: Sequence[Object] = ()


class Viewer:
    """Makes views; each has the revision after that of the one before, if anything in it is new."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self._monotonic_ns, self._wall_ns = monotonic_ns, wall_ns
        self._peers, self._alarms, self._moments = Numbers(), AlarmBook(), Steady()
        self._known: dict[int, Known] = {}
        self._memo = Memo()
        self._last = View(0, monotonic_ns(), True, {table.name: {} for table in TABLES})

    def view(self, sources: Sources, *, is_stale: bool = False) -> View:
        """Of now. The same object as before when nothing is new but its age."""
        made = _Making(sources, is_stale)
        self._known = {group: self._known_of(made, group, member) for group, member in made.members.items()}
        numbers = self._peers.of(unit_id for known in self._known.values() for unit_id in known.portion.peers)
        for group, member in made.members.items():
            self._put(made, group, member, numbers)
            self._count(made, group, table(member.get("packets")))
        self._whole_unit(made, [alarm for known in self._known.values() for alarm in known.portion.alarms])
        return self._published(made)

    def _known_of(self, made: "_Making", group: int, member: Object) -> Known:
        telling = Telling(member, made.sources.members.get(group, {}), made.tracking.get(group, {}), made.by_ms)
        lost = lost_services(member, table(made.sources.status.get("devices")))
        return known_of(telling, Around(made.own_name, made.paths, lost), made.ages, self._known.get(group))

    def _put(self, made: "_Making", group: int, member: Object, numbers: Mapping[object, int]) -> None:
        portion, last = self._known[group].portion, table(member.get("last_transition"))
        last_at = self._moments.of(group, last.get("at_ns"), moment(last.get("time")))
        made.put("member", (group,), {**portion.member, "last_at": last_at})
        made.rows["reason"].update(reason_rows(group, OWN, portion.reasons))
        for number, unit_id in sorted((numbers[unit_id], unit_id) for unit_id in portion.peers):
            made.put("peer", (group, number), portion.peers[unit_id])
            made.rows["reason"].update(reason_rows(group, number, portion.peer_reasons[unit_id]))
        made.put("coverage", (group,), portion.coverage)

    def _count(self, made: "_Making", group: int, packets: Object) -> None:
        """Counters: most rows of all, and most of them as they were."""
        sent, received, rejected = (table(packets.get(name)) for name in ("sent", "received", "rejected"))
        rows = self._memo.of(("packets", group), (sent, received), lambda: packets_rows(group, sent, received))
        made.rows["packets"].update(rows)
        made.rows["rejected"].update(self._memo.of(("rejected", group), rejected, lambda: rejected_rows(group, rejected)))

    def _whole_unit(self, made: "_Making", alarms: list[Alarm]) -> None:
        status, unit = made.sources.status, made.sources.unit
        rows, said = made.rows, [*alarms, *([core_away()] if made.is_stale else []), *faults(unit.get("faults"))]
        said += recorder_alarms(table(table(status.get("unit")).get("recorder")))
        self._alarms.note(made.sources.events)
        rows["device"] = {**device_rows(status, table(unit.get("drivers")), self._memo)}
        rows["decision"] = {**decision_rows(status)}
        limit = TABLE["event"].limit
        rows["event"] = {**event_rows(made.sources.events, self._last.tables["event"], limit)}
        rows["alarm"] = {**self._alarms.rows(said, self._wall_ns())}
        of_core = table(status.get("unit"))
        told_at = moment(of_core.get("started_at"))
        started_at = started_by(of_core) if told_at is None else self._moments.of("unit", of_core.get("started_at_ns"), told_at)
        row = unit_columns(status, unit, started_at, len(made.members))
        worst = alarm_columns(said)["worst_severity"]
        row.update(stale=made.is_stale, alarms=len(said), worst_severity=worst, view_revision=self._last.revision)
        made.put("unit", (), row)

    def _published(self, made: "_Making") -> View:
        """With rows of before where they say the same."""
        tables = {name: kept_table(self._last.tables[name], rows) for name, rows in made.rows.items()}
        last = self._last
        is_same = all(tables[name] is last.tables[name] for name in tables if name != "unit")
        if is_same and made.is_stale == last.is_stale and _is_same_unit(tables["unit"], last.tables["unit"]):
            return last
        revision = last.revision + 1
        tables["unit"] = {(): frozen({**tables["unit"][()], "view_revision": revision})}
        self._last = View(revision, self._monotonic_ns(), made.is_stale, MappingProxyType(tables))
        return self._last


def _is_same_unit(now: Mapping[Index, Row], before: Mapping[Index, Row]) -> bool:
    """But for the age of what is shown."""
    if () not in before:
        return False
    old, new = before[()], now[()]
    return all(old.get(name) == value for name, value in new.items() if name not in _AGES)


class _Making:
    """A view while it is being made."""

    def __init__(self, sources: Sources, is_stale: bool) -> None:
        status = sources.status
        self.sources, self.is_stale = sources, is_stale
        self.by_ms = count(status.get("by_ms", status.get("age_ms")))
        members = tables(status.get("members"))
        self.members = dict(sorted({count(one["group"]): one for one in members if type(one.get("group")) is int}.items()))
        self.ages = unit_ages(self.members.values(), self.by_ms)
        entries = tables(table(status.get("handover")).get("groups"))
        self.tracking = {count(entry.get("group")): entry for entry in entries}
        unit = table(status.get("unit"))
        self.own_name, self.paths = str(unit.get("name", "")), count(unit.get("paths", 1))
        self.rows: dict[str, dict[Index, Row]] = {table.name: {} for table in TABLES}

    def put(self, name: str, index: Index, row: Mapping[str, Value]) -> None:
        """One row."""
        self.rows[name][index] = row
