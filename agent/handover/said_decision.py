"""Pairing, and decisions between two heads: what the one unit tells the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from agent.handover import fields
from agent.handover.fields import JsonObject


@dataclass(frozen=True, slots=True)
class Propose:
    """There is a decision to be taken between your head and mine, which you hold by now (push_content)."""

    verb: ClassVar[str] = "propose"
    group: int
    decision: str
    revision: bytes
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"group": self.group, "decision": self.decision, "revision": self.revision.hex(), "details": self.details}


def propose_from(data: JsonObject) -> Propose:
    details = fields.table(data, "details", 100)
    return Propose(fields.group(data), fields.text(data, "decision", 64), fields.hex32(data, "revision"), details)


@dataclass(frozen=True, slots=True)
class Choose:
    """A person has decided at the backup. `take`: master, backup or items; `items`: path prefix → master or backup."""

    verb: ClassVar[str] = "choose"
    group: int
    decision: str
    take: str
    items: Mapping[str, str]
    author: str
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        said = {"decision": self.decision, "take": self.take, "items": dict(self.items), "author": self.author}
        return {"group": self.group, **said, "details": self.details}


def choose_from(data: JsonObject) -> Choose:
    items = fields.table(data, "items", 10_000)
    return Choose(
        fields.group(data),
        fields.text(data, "decision", 64),
        fields.text(data, "take", 16),
        {path: fields.text(items, path, 16) for path in items},
        fields.text(data, "author", 255),
        fields.table(data, "details", 100),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """The client wants to follow this group."""

    verb: ClassVar[str] = "pair"
    group: int
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"group": self.group, "details": self.details}


def pair_from(data: JsonObject) -> Pair:
    return Pair(fields.group(data), fields.table(data, "details", 100))


@dataclass(frozen=True, slots=True)
class Unpair:
    """… and no longer."""

    verb: ClassVar[str] = "unpair"
    group: int
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"group": self.group, "details": self.details}


def unpair_from(data: JsonObject) -> Unpair:
    return Unpair(fields.group(data), fields.table(data, "details", 100))
