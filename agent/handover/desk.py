"""What all sides of this process share: the ledger, what core has told, what is remembered, and how tracking stands."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from agent.documents.canonical import FileEntry
from agent.documents.classes import join
from agent.documents.overlay import overlaid
from agent.documents.registry import SCHEMAS
from agent.documents.schema import Document, Schema
from agent.handover.following import Action
from agent.handover.kinship import Kinship
from agent.handover.knowledge import Knowledge
from agent.handover.records import Records
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Revision
from agent.settings.licence import Allowance
from agent.settings.model import MemberSettings, Settings

FREE_FORM = "none"
Tell = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Track:
    """How following the master of one group stands. `state`: for faces; `lag_ms`: from hearing of a revision to its being
    in force, of the last one. `is_same_…`: of the master, as far as known."""

    action: Action = Action.LOCAL
    state: str = "local"
    why: str = ""
    master: str = ""
    address: str = ""
    is_same_software: bool = True
    is_same_major: bool = True
    lag_ms: float | None = None
    done_bytes: int = 0
    total_bytes: int = 0


class Held(NamedTuple):
    """What a revision holds, read."""

    revision: Revision
    shared: Document
    manifest: Mapping[str, FileEntry]


class Desk:
    """Thread-safe. `changed(group)` is called after whatever changes what is in force, or how ready this unit is."""

    def __init__(self, settings: Settings, ledger: Ledger, knowledge: Knowledge, tell: Tell) -> None:
        self.settings, self.ledger, self.knowledge, self.tell = settings, ledger, knowledge, tell
        self.records = Records(ledger)
        self.kinship = Kinship(ledger)
        self.allowance = Allowance(settings)
        self.name = settings.unit.name
        self.commit_lock = threading.RLock()
        """Held while a decision about a head is made and carried out: what was read stays true until it is written."""
        self.changed: Callable[[int], None] = lambda _group: None
        self._tracks: dict[int, Track] = {}
        self._remembered: dict[int, tuple[object, Any]] = {}
        self._lock = threading.Lock()

    def track(self, group: int) -> Track:
        """How following stands."""
        with self._lock:
            return self._tracks.get(group, Track())

    def set_track(self, group: int, **changes: object) -> bool:
        """Change some of it. True: something is different now."""
        with self._lock:
            before = self._tracks.get(group, Track())
            after = self._tracks[group] = replace(before, **changes)  # type: ignore[arg-type]
        return before != after

    def groups(self) -> list[int]:
        """All that this unit has to do with, ascending; not an N:M backup's own group, which has no configuration."""
        own_only = {member.group for member in self.settings.members if member.is_nm_backup}
        listed = {member.group for member in self.settings.members}
        protected = {group for member in self.settings.members for group in member.protects or ()}
        return sorted((listed | protected | self.knowledge.groups() | set(self.ledger.groups())) - own_only)

    def member(self, group: int) -> MemberSettings | None:
        """The seat by which this unit has to do with the group: its own there, or the one that protects it."""
        mine = [member for member in self.settings.members if member.group == group and not member.is_nm_backup]
        return next(iter([*mine, *(member for member in self.settings.members if _protects(member, group))]), None)

    def is_pool(self, group: int) -> bool:
        """This unit protects the group as an N:M backup, and owns nothing of it."""
        return self.home_of(group) is not None

    def home_of(self, group: int) -> int | None:
        """The N:M backup's own group, whose own values it has for this group too; None: this unit protects no such group."""
        member = self.member(group)
        return member.group if member and member.is_nm_backup else None

    def is_home(self, group: int) -> bool:
        """An N:M backup's own group: it has own values, for all groups that it protects, and no configuration."""
        return any(member.group == group and member.is_nm_backup for member in self.settings.members)

    def touched_by(self, group: int) -> list[int]:
        """The groups for which something is different when this one's own values are."""
        return [other for other in self.groups() if self.home_of(other) == group] if self.is_home(group) else [group]

    def capacity(self, group: int) -> int:
        """Services that this unit can carry of the group; 0: not stated (C-15)."""
        member = self.member(group)
        return self.allowance.services(self.settings.devices.get(member.device) if member else None)

    def needs_snapshot(self, group: int) -> bool:
        """Without a configuration the device has nothing to do: the settings name no output, or it is an N:M backup's (C-08)."""
        member = self.member(group)
        device = self.settings.devices.get(member.device) if member else None
        return self.is_pool(group) or (device is not None and device.has_worker and "output" not in device.options)

    def schema(self, group: int) -> Schema:
        """By the driver of the seat's device."""
        homes = (member for member in self.settings.members if member.group == group)
        member = self.member(group) or next(homes, None)
        device = self.settings.devices.get(member.device) if member else None
        return SCHEMAS.get(device.driver if device else FREE_FORM) or SCHEMAS[FREE_FORM]

    def held(self, revision: Revision | None) -> Held | None:
        """What the revision holds; None: there is none, or only its metadata are here."""
        content = self.ledger.content(revision.id) if revision else None
        if revision is None or content is None:
            return None
        return Held(revision, json.loads(content.shared), content.manifest)

    def remembered(self, group: int, key: object, make: Callable[[], T]) -> T:
        """What was made for this key of the group last, or made now."""
        with self._lock:
            found = self._remembered.get(group)
        if found is None or found[0] != key:
            found = (key, make())
            with self._lock:
                self._remembered[group] = found
        return found[1]

    def own(self, group: int) -> Document:
        """The part that never leaves this unit, as it was saved for this group."""
        kept = self.ledger.own(group)
        value = json.loads(kept) if kept else {}
        return value if isinstance(value, dict) else {}

    def own_in_force(self, group: int) -> Document:
        """The same, over that of the N:M backup's own group."""
        home = self.home_of(group)
        return self.own(group) if home is None else overlaid(self.schema(group), self.own(home), self.own(group))

    def effective(self, group: int, held: Held | None) -> tuple[Document, tuple[str, ...]]:
        """Shared and own part together, and the paths of own values that are missing."""
        if self.is_home(group):
            return self.own(group), ()
        joined = join(self.schema(group), held.shared if held else {}, self.own_in_force(group))
        return joined.document, joined.missing


def _protects(member: MemberSettings, group: int) -> bool:
    return member.is_nm_backup and group != member.group and (member.protects is None or group in member.protects)


__all__ = ["Desk", "Document", "Held", "Tell", "Track"]
