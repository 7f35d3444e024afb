"""What core tells this process: our seat in each group, and who is heard there. Thread-safe; what is malformed is left out."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

MAX_HEARD = 8192
"""256 groups with 32 units each."""

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Seat:
    """Our seat in a group. `role`: core's word (master, backup …). `master_id`: 16 hex digits, or nothing when none is heard."""

    group: int
    role: str
    designation: str
    acting_for: int | None
    is_returned: bool
    master_id: str
    master_name: str
    master_address: str

    @property
    def is_master(self) -> bool:
        """We serve the group, or are on the way to it."""
        return self.role == "master"


@dataclass(frozen=True, slots=True)
class Heard:
    """Another unit's word in a group. `digest`: 32 bytes of its configuration's content; zeros: it has none."""

    group: int
    unit_id: str
    name: str
    address: str
    priority: int
    device_type: int
    designation: str
    acting_for: int | None
    revision: int
    digest: bytes
    software: str
    is_master: bool
    heard_at_ns: int

    @property
    def is_home(self) -> bool:
        """The group is its own: it does not act for another."""
        return self.acting_for is None


class Knowledge:
    """Everything that core has told. It stays when core goes away: what it says next replaces it."""

    def __init__(self, own_id: Callable[[], str]) -> None:
        self._own_id = own_id
        self._lock = threading.Lock()
        self._seats: dict[int, Seat] = {}
        self._heard: dict[tuple[int, str], Heard] = {}

    def take_member(self, value: Json) -> int | None:
        """A member snapshot. The group if it says something new."""
        seat = _seat(value)
        if seat is None:
            return None
        with self._lock:
            before, self._seats[seat.group] = self._seats.get(seat.group), seat
        return None if before == seat else seat.group

    def take_heard(self, value: Json) -> int | None:
        """A `heard` packet. The group if it says something new."""
        heard = _heard(value)
        if heard is None or heard.unit_id == self._own_id():
            return None
        with self._lock:
            if len(self._heard) >= MAX_HEARD and (heard.group, heard.unit_id) not in self._heard:
                return None
            before, self._heard[heard.group, heard.unit_id] = self._heard.get((heard.group, heard.unit_id)), heard
        is_new = before is None or replace(before, heard_at_ns=heard.heard_at_ns) != heard
        return heard.group if is_new else None

    def seat(self, group: int) -> Seat | None:
        """Ours in the group, as far as core has told."""
        with self._lock:
            return self._seats.get(group)

    def is_master(self, group: int) -> bool:
        """Do we serve the group? Without core nobody says so, and then: no."""
        seat = self.seat(group)
        return seat is not None and seat.is_master

    def master_of(self, group: int) -> Heard | None:
        """The other unit that is master of the group: the one that core follows if it says, else the one heard last."""
        with self._lock:
            seat = self._seats.get(group)
            found = [heard for (of, _), heard in self._heard.items() if of == group and heard.is_master]
        chosen = [heard for heard in found if seat and heard.unit_id == seat.master_id] or found
        return max(chosen, key=lambda heard: heard.heard_at_ns, default=None)

    def masters(self) -> list[Heard]:
        """All that are heard as masters, by group and name."""
        with self._lock:
            found = [heard for heard in self._heard.values() if heard.is_master]
        return sorted(found, key=lambda heard: (heard.group, heard.name, heard.unit_id))

    def groups(self) -> set[int]:
        """Those in which this unit has a seat. Masters of others are heard too, for `discover`; they are not its business."""
        with self._lock:
            return set(self._seats)


def _seat(value: Json) -> Seat | None:
    group, master = value.get("group"), value.get("master")
    if not _is_group(group):
        return None
    of_master: Json = master if isinstance(master, dict) and master.get("gone") is not True else {}
    acting_for, words = value.get("acting_for"), (_word(of_master.get(key)) for key in ("unit_id", "name", "address"))
    is_returned = value.get("returned") is True
    role, designation = _word(value.get("role")), _word(value.get("designation"))
    return Seat(_number(group), role, designation, _group(acting_for), is_returned, *words)


def _heard(value: Json) -> Heard | None:
    try:
        digest = bytes.fromhex(_word(value.get("digest")))
    except ValueError:
        return None
    group, unit_id, words = value.get("group"), _word(value.get("unit_id")), ("name", "address", "designation", "software")
    if not _is_group(group) or not unit_id or len(digest) not in (0, 32):
        return None
    name, address, designation, software = (_word(value.get(word)) for word in words)
    return Heard(
        _number(group),
        unit_id,
        name,
        address,
        _number(value.get("priority")),
        _number(value.get("device_type")),
        designation,
        _group(value.get("acting_for")),
        _number(value.get("revision")),
        digest,
        software,
        is_master=value.get("is_master") is True,
        heard_at_ns=time.monotonic_ns() - _number(value.get("age_ms")) * 1_000_000,
    )


def _is_group(value: object) -> bool:
    return type(value) is int and 0 <= value <= 255


def _group(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= 255 else None


def _word(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def _number(value: object) -> int:
    """Whole, 0 or more; 0 for what is none."""
    return max(0, int(value)) if isinstance(value, int | float) and abs(value) < 1 << 53 else 0
