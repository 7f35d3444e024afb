"""How does my head stand to yours? The question of a backup, many times a day, and its answer."""

from dataclasses import dataclass
from typing import ClassVar

from agent.handover import fields, limits
from agent.handover.fields import JsonObject
from agent.handover.relation import Relation
from agent.ledger.errors import LedgerError
from agent.ledger.revision import Revision, from_json, to_json


@dataclass(frozen=True, slots=True)
class Relate:
    """How does my head stand to yours? `have`: my head's id and those of its ancestors, newest first, as far as I hold them.

    `head` None: I have none. `is_all`: there are no others than those in `have`.
    """

    verb: ClassVar[str] = "relate"
    group: int
    head: bytes | None
    digest: bytes | None
    have: tuple[bytes, ...]
    is_all: bool

    def to_json(self) -> JsonObject:
        have = [one.hex() for one in self.have]
        return {"group": self.group, "head": _hex(self.head), "digest": _hex(self.digest), "have": have, "is_all": self.is_all}


def relate_from(data: JsonObject) -> Relate:
    head, digest = fields.hex32_or_none(data, "head"), fields.hex32_or_none(data, "digest")
    have = fields.hex32_list(data, "have", limits.MAX_HAVE)
    if (head is None) != (digest is None) or (head is None and have) or (head is not None and have[:1] != (head,)):
        raise ValueError("have must begin with head, and a head has a digest")
    return Relate(fields.group(data), head, digest, have, fields.flag(data, "is_all"))


@dataclass(frozen=True, slots=True)
class Related:
    """The answer, in the client's words: its head is `behind` (… the server's).

    `head`: the server's; None: it has none. `base`: the youngest revision that both go back to, as far as the two can tell.
    `via_choice`: the client's head is a parent of a choice that the server's head goes back to: it was considered.
    `chain`: what the client lacks of the server's ancestry, oldest first, at most 2000. `wants_more`: name all that you have.
    `is_master`: the server serves the group at the moment.
    """

    relation: Relation
    head: Revision | None = None
    base: Revision | None = None
    via_choice: bool = False
    chain: tuple[Revision, ...] = ()
    wants_more: bool = False
    is_master: bool = True

    def to_json(self) -> JsonObject:
        heads = {"head": to_json(self.head) if self.head else None, "base": to_json(self.base) if self.base else None}
        flags = {"via_choice": self.via_choice, "wants_more": self.wants_more, "is_master": self.is_master}
        return {"relation": str(self.relation), **heads, **flags, "chain": [to_json(one) for one in self.chain]}


def related_from(data: JsonObject) -> Related:
    return Related(
        Relation(fields.text(data, "relation")),
        _revision_or_none(data.get("head")),
        _revision_or_none(data.get("base")),
        fields.flag(data, "via_choice"),
        tuple(revision_from(one) for one in fields.array(data, "chain", limits.MAX_CHAIN)),
        fields.flag(data, "wants_more"),
        fields.flag({"is_master": True, **data}, "is_master"),
    )


def revision_from(value: object) -> Revision:
    """Its id is that of its fields."""
    try:
        return from_json(value)
    except LedgerError as error:
        raise ValueError(str(error)) from None


def _revision_or_none(value: object) -> Revision | None:
    return None if value is None else revision_from(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
