"""One member while it is being told: core's word, management's, and the handover process's. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent.management.viewer_read import Object, table, whole
from agent.model import words

_ABLE_ROLES = frozenset({"backup", "claiming", "master"})
NO_RANK = 1000
"""Core's word for a service rank that is not known."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One member being told. `by_ms`: how long ago core told it. `tracking`: the handover process's entry of the group."""

    member: Object
    said: Object
    tracking: Object
    by_ms: int

    @property
    def role(self) -> str:
        """As a word."""
        return str(self.member.get("role"))

    @property
    def is_master(self) -> bool:
        """Of this group, leaving it maybe."""
        return self.role == "master"

    @property
    def is_on_air(self) -> bool:
        """Master, or switched off with its output left as it was (C-12)."""
        return self.is_master or self.member.get("state") == "off_on_air"

    @property
    def is_attended(self) -> bool:
        """Does it wait for a person (D-31)? Said by management, else by core."""
        mode = self.said.get("standby_mode")
        if mode is None:
            return table(self.member.get("controls")).get("attended") is True
        return mode in ("attended", words.STANDBY_MODE.words["attended"])

    @property
    def is_in_maintenance(self) -> bool:
        """Is automatic takeover suspended (C-13)?"""
        value = self.said.get("maintenance")
        return (table(self.member.get("controls")).get("maintenance") if value is None else value) is True


class Around(NamedTuple):
    """What the rows of a member say of this unit besides. `paths`: by which units hear one another; `lost`: services beyond
    its capacity (C-15)."""

    own_name: str
    paths: int
    lost: Sequence[str]


def number_of(telling: Telling) -> int:
    """Readiness as its packets say it, 0..255 (C-14, C-15); in maintenance nobody is to name it (C-13)."""
    member = telling.member
    told = whole(member.get("readiness"))
    if told is not None:
        return min(max(told, 0), 255)
    if telling.role not in _ABLE_ROLES or member.get("able") is not True:
        return 0
    if telling.role != "backup":
        return 255
    if member.get("withheld") or (telling.is_in_maintenance and not member.get("operation")):
        return 0
    held = whole(table(member.get("configuration")).get("readiness"))
    return 255 if held is None else held
