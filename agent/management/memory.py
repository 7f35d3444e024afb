"""What management knows of the unit: the last word of core, and when it came. No sockets in here.

Core says when what was told is of one moment (`snapshot: end`, `push: end`). What faces show is taken then, whole: a state
half-way between two is never shown. `status` of the command line shows the newest of everything.
"""

import time
from collections import deque
from collections.abc import Callable

from agent.management.dates import Dates

MAX_JOURNAL = 1000
MAX_HEARD = 256
"""Units heard in groups that are protected; the one that was told of longest ago is forgotten first."""
JsonObject = dict[str, object]


class Memory:
    """The last snapshot, the devices' status and the journal. Fields that are not known here pass through untouched."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self._monotonic_ns, self._dates = monotonic_ns, Dates(monotonic_ns, wall_ns)
        self.unit: JsonObject = {}
        self.members: dict[int, JsonObject] = {}
        self.devices: dict[str, JsonObject] = {}
        self.heard: dict[tuple[int, str], JsonObject] = {}
        self.journal: deque[JsonObject] = deque(maxlen=MAX_JOURNAL)
        self._noted: deque[tuple[object, object]] = deque(maxlen=MAX_JOURNAL)
        self._whole_at_ns: int | None = None
        self._told: set[int] = set()
        self.revision: object = None
        """Of core: counts transitions, alarms and changes of controls."""
        self.whole: JsonObject = {"unit": {}, "members": [], "devices": {}}
        """Of one moment: what `status` has of these."""
        self.on_whole: Callable[[], None] = _nothing
        self.on_journal: Callable[[JsonObject], None] = _nothing_of

    def take(self, message: JsonObject) -> None:
        """One message from core; what is not understood is left alone."""
        self.revision = message.get("revision", self.revision)
        unit, member, journal = message.get("unit"), message.get("member"), message.get("journal")
        if isinstance(unit, dict):
            self.unit = self._dates.of(unit)
        if isinstance(member, dict) and isinstance(member.get("group"), int):
            self.members[member["group"]] = self._dates.of_member(member["group"], member)
            self._told.add(member["group"])
        if isinstance(journal, dict):
            self._note(journal)
        if message.get("snapshot") == "end":
            self._end_snapshot()
        elif message.get("push") == "end" and self._whole_at_ns is not None:
            self._publish()
        self._take_device(message)
        self._take_heard(message.get("heard"))

    def _end_snapshot(self) -> None:
        """All there is has been told: a seat that was not is there no more."""
        self._whole_at_ns = self._monotonic_ns()
        self.members = {group: member for group, member in self.members.items() if group in self._told}
        self._dates.forget_all_but(self._told)
        self._told.clear()
        self._publish()

    def _publish(self) -> None:
        members = [self.members[group] for group in sorted(self.members)]
        self.whole = {"unit": self.unit, "members": members, "devices": dict(self.devices)}
        self.on_whole()

    def begin(self) -> None:
        """Core, connected anew, begins with all that there is."""
        self._told.clear()
        self.heard.clear()

    def _note(self, entry: JsonObject) -> None:
        """Core tells its last entries again to whoever connects again: known ones are not noted twice."""
        key = (entry.get("boot"), entry.get("number"))
        if None in key or key not in self._noted:
            dated = self._dates.of(entry)
            self.journal.append(dated)
            self._noted.append(key)
            self.on_journal(dated)

    def _take_device(self, message: JsonObject) -> None:
        name, status = message.get("device"), message.get("status")
        if isinstance(name, str) and isinstance(status, dict):
            self.devices[name] = self._dates.of(status)

    def _take_heard(self, heard: object) -> None:
        """A unit that core hears in a group. Told on change only, so it is dated: `age_ms` in it is of that moment."""
        if not isinstance(heard, dict):
            return
        group, unit_id = heard.get("group"), heard.get("unit_id")
        if type(group) is not int or not isinstance(unit_id, str):
            return
        self.heard.pop((group, unit_id), None)
        self.heard[group, unit_id] = self._dates.of({**heard, "told_at_ns": self._monotonic_ns()})
        if len(self.heard) > MAX_HEARD:
            del self.heard[next(iter(self.heard))]

    @property
    def age_ms(self) -> int | None:
        """Of the last whole snapshot; None before it."""
        whole_at_ns = self._whole_at_ns
        return None if whole_at_ns is None else (self._monotonic_ns() - whole_at_ns) // 1_000_000

    def status(self, *, is_fresh: bool) -> JsonObject:
        """The newest of everything. `age_ms`: of the last whole snapshot, null before it; `stale`: not of now (C-18)."""
        members = [self.members[group] for group in sorted(self.members)]
        of_core: JsonObject = {"unit": self.unit, "members": members, "devices": self.devices}
        return {"stale": not is_fresh, "age_ms": self.age_ms, **of_core}

    def whole_status(self, *, is_fresh: bool) -> JsonObject:
        """As `status`, of one moment."""
        return {"stale": not is_fresh, "age_ms": self.age_ms, **self.whole}


def _nothing() -> None:
    """Nobody listens."""


def _nothing_of(_entry: JsonObject) -> None:
    """Nobody listens."""
