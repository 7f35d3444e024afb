"""What management knows of the unit: the last word of core, and when it came. No sockets in here."""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

MAX_JOURNAL = 1000
MAX_HEARD = 256
"""Units heard in groups that are protected; the one that was told of longest ago is forgotten first."""
JsonObject = dict[str, object]


class Memory:
    """The last snapshot, the devices' status and the journal. Fields that are not known here pass through untouched."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self._monotonic_ns, self._wall_ns = monotonic_ns, wall_ns
        self.unit: JsonObject = {}
        self.members: dict[int, JsonObject] = {}
        self.devices: dict[str, JsonObject] = {}
        self.heard: dict[tuple[int, str], JsonObject] = {}
        self.journal: deque[JsonObject] = deque(maxlen=MAX_JOURNAL)
        self._noted: deque[tuple[object, object]] = deque(maxlen=MAX_JOURNAL)
        self._whole_at_ns: int | None = None

    def take(self, packet: JsonObject) -> None:
        """One packet from core; what is not understood is left alone."""
        unit, member, journal = packet.get("unit"), packet.get("member"), packet.get("journal")
        if isinstance(unit, dict):
            self.unit = self._dated(unit)
        if isinstance(member, dict) and isinstance(member.get("group"), int):
            self.members[member["group"]] = self._dated(member)
        if isinstance(journal, dict):
            self._note(journal)
        if packet.get("snapshot") == "end":
            self._whole_at_ns = self._monotonic_ns()
        self._take_device(packet)
        self._take_heard(packet.get("heard"))

    def _note(self, entry: JsonObject) -> None:
        """Core tells its last entries again to whoever connects again: known ones are not noted twice."""
        key = (entry.get("boot"), entry.get("number"))
        if None in key or key not in self._noted:
            self.journal.append(self._dated(entry))
            self._noted.append(key)

    def _take_device(self, packet: JsonObject) -> None:
        name, status = packet.get("device"), packet.get("status")
        if isinstance(name, str) and isinstance(status, dict):
            self.devices[name] = self._dated(status)

    def _take_heard(self, heard: object) -> None:
        """A unit that core hears in a group. Told on change only, so it is dated: `age_ms` in it is of that moment."""
        if not isinstance(heard, dict):
            return
        group, unit_id = heard.get("group"), heard.get("unit_id")
        if type(group) is not int or not isinstance(unit_id, str):
            return
        self.heard.pop((group, unit_id), None)
        self.heard[group, unit_id] = self._dated({**heard, "told_at_ns": self._monotonic_ns()})
        if len(self.heard) > MAX_HEARD:
            del self.heard[next(iter(self.heard))]

    def forget_heard(self) -> None:
        """Core, connected again, tells all that it hears."""
        self.heard.clear()

    def status(self, *, is_fresh: bool) -> JsonObject:
        """Everything, for faces. `age_ms`: of the last whole snapshot, null before it; `stale`: not of now (C-18)."""
        whole_at_ns = self._whole_at_ns
        age_ms = None if whole_at_ns is None else (self._monotonic_ns() - whole_at_ns) // 1_000_000
        members = [self.members[group] for group in sorted(self.members)]
        return {"stale": not is_fresh, "age_ms": age_ms, "unit": self.unit, "members": members, "devices": self.devices}

    def _dated(self, value: JsonObject) -> JsonObject:
        """Beside each monotonic time (`at_ns`, `…_at_ns`) the UTC time (`time`, `…_at`)."""
        dated: JsonObject = {}
        for key, inner in value.items():
            dated[key] = self._dated_inside(inner)
            if isinstance(inner, int) and not isinstance(inner, bool) and (key == "at_ns" or key.endswith("_at_ns")):
                dated.setdefault("time" if key == "at_ns" else key.removesuffix("_ns"), self._utc(inner))
        return dated

    def _dated_inside(self, value: object) -> object:
        """Peers and alarms are lists of objects."""
        if isinstance(value, list):
            return [self._dated_inside(element) for element in value]
        return self._dated(value) if isinstance(value, dict) else value

    def _utc(self, at_ns: int) -> str | None:
        """A monotonic time as ISO 8601 in UTC, to the ms; None when it is none of this machine's."""
        wall_s = (self._wall_ns() - self._monotonic_ns() + at_ns) / 1e9
        try:
            return datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        except (ValueError, OverflowError, OSError):
            return None
