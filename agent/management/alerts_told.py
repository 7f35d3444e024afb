"""One alert, and the memory of what has been told. Text in and out: it is kept on disk."""

import json
from dataclasses import dataclass, field, fields

from agent.model.notifications import LEVEL

UNIT_WIDE = -1
"""As a group."""
INFORMATION, WARNING, CRITICAL = (LEVEL.words[word] for word in ("information", "warning", "critical"))
MAX_BOOTS = 8
"""Of core and management, whose events are remembered as told."""
MAX_LOST = 1024
"""Lost peers that are waited for; the one lost longest ago is forgotten first."""
SETTLE_NS = 3_000_000_000
"""So long must something be missing from the views before it counts as gone."""


@dataclass(frozen=True, slots=True)
class Alert:
    """`kind`: a name of agent.model.notifications. `at_ns`: ns since 1970, UTC. `name`: what it is about."""

    kind: str
    group: int
    at_ns: int
    severity: int = INFORMATION
    name: str = ""
    reason: str = ""
    before: str = ""
    after: str = ""
    author: str = ""
    text: str = ""

    @property
    def subject(self) -> str:
        """What it is a state of: the beginning and the end of one thing have the same subject."""
        return f"{_FAMILY.get(self.kind, self.kind)}/{self.group}/{self.name}"

    def as_json(self) -> dict[str, object]:
        """For the queue."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


_FAMILY = {
    "peer_lost": "peer",
    "peer_back": "peer",
    "config_conflict": "config",
    "config_settled": "config",
    "split_brain": "alarm",
    "master_returned": "alarm",
    "fault": "alarm",
    "fault_cleared": "alarm",
    "link_error": "link",
    "link_restored": "link",
}


@dataclass(slots=True)
class Told:
    """What receivers believe. Keys are text: `7` of a group, `7/…` of something in it.

    `events`: the highest number told of each boot. `roles`: settled ones. `leaving`: why a role was left that is not settled
    again, word and sentence. `alarms`: text of each that is on. `peers`: name of each that is there; `lost`: of each that is not.
    """

    events: dict[str, int] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    leaving: dict[str, list[str]] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    peers: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    colours: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict, compare=False)
    """Since when (monotonic): not kept."""
    last_row: int = field(default=0, compare=False)
    """Of the event table, in this life: not kept."""

    def as_text(self) -> str:
        """For the disk."""
        return json.dumps({one.name: getattr(self, one.name) for one in fields(self) if one.compare})

    def is_news(self, identity: str) -> bool:
        """Has this event (`BOOT-NUMBER`) not been told? Then it counts as told from now on."""
        boot, _, number = identity.rpartition("-")
        if not number.isdecimal() or int(number) <= self.events.get(boot, -1):
            return False
        self.events.pop(boot, None)
        self.events[boot] = int(number)  # last, as the one heard of most recently
        if len(self.events) > MAX_BOOTS:
            del self.events[next(iter(self.events))]
        return True

    def is_gone(self, what: str, is_there: bool, now_ns: int) -> bool:
        """Missing for SETTLE_NS? Asked again and again with what each view says."""
        if is_there:
            self.missing.pop(what, None)
            return False
        if now_ns - self.missing.setdefault(what, now_ns) < SETTLE_NS:
            return False
        del self.missing[what]
        return True


def told_from(text: str) -> Told:
    """What `as_text` has written. Empty, or written by who knows whom: nothing has been told."""
    try:
        kept = json.loads(text or "{}")
    except ValueError:
        return Told()
    names = {one.name for one in fields(Told) if one.compare}
    is_ours = isinstance(kept, dict) and set(kept) <= names and all(isinstance(value, dict) for value in kept.values())
    return Told(**kept) if is_ours else Told()
