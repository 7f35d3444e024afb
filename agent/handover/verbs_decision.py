"""Verbs of a question: pending shows it, choose answers it, at the master or by way of it."""

from collections.abc import Callable

from agent.documents.compare import items, three_way
from agent.handover import own_address
from agent.handover.asked import author_of, shown, utc
from agent.handover.decision import TAKES
from agent.handover.desk import Desk, Held
from agent.handover.disputes import STALE, Decision, base_of, decide, find_decision, open_decisions
from agent.handover.relation import relation_of
from agent.handover.service import Json, Request, Verb, VerbError

MAX_DIFFERENCES = 10_000
Forward = Callable[[Decision, Json], Json]
"""Asks the master of the decision to carry it out; its answer. VerbError."""


class Deciding:
    """The same picture on both units."""

    def __init__(self, desk: Desk, forward: Forward) -> None:
        self._desk, self._forward = desk, forward

    def verbs(self) -> dict[str, Verb]:
        """By name."""
        return {"pending": self._pending, "choose": self._choose}

    def _pending(self, _request: Request) -> Json:
        found = [decision for group in self._desk.groups() for decision in open_decisions(self._desk, group)]
        return {"decisions": [self._shown(decision) for decision in found]}

    def _shown(self, decision: Decision) -> Json:
        desk, question, base = self._desk, decision.question, base_of(self._desk, decision)
        here: Json = {"unit": desk.name, "address": own_address.address_of(desk.settings.lan.interface)}
        there: Json = {"unit": question.unit, "address": question.address}
        of_master, of_backup = (here, there) if decision.is_master_here else (there, here)
        return {
            "id": decision.id,
            "group": question.group,
            "relation": self._relation(decision),
            "opened_at": utc(question.opened_at_ns),
            "master": of_master | {"revision": shown(decision.master, desk) if decision.master else None},
            "backup": of_backup | {"revision": shown(decision.backup, desk)},
            "base": shown(base.revision, desk) if base else None,
            "suggested": "master" if decision.master else "backup",
            "differences": self._differences(decision, base),
        }

    def _relation(self, decision: Decision) -> str:
        """Of the two heads now: the roles may have swapped since the question was asked."""
        kinship = self._desk.kinship
        return relation_of(decision.backup, decision.master, kinship.is_ancestor, kinship.common_ancestor).value

    def _differences(self, decision: Decision, base: Held | None) -> list[Json]:
        """Item by item. Ours is the backup's, theirs the master's."""
        master, backup = self._desk.held(decision.master), self._desk.held(decision.backup)
        if backup is None or (master is None and decision.master is not None):
            return []
        schema = self._desk.schema(decision.question.group)
        flat = [items(schema, held.shared, held.manifest) if held else None for held in (base, backup, master)]
        found = three_way(flat[0], flat[1] or {}, flat[2] or {})
        return [
            {"path": row.path, "base": row.base, "master": row.theirs, "backup": row.ours, "side": _SIDES[row.side]}
            for row in found[:MAX_DIFFERENCES]
        ]

    def _choose(self, request: Request) -> Json:
        wanted, take, chosen = (request.value.get(key) for key in ("decision", "take", "items"))
        decision = find_decision(self._desk, wanted)
        if decision is None:
            raise VerbError(STALE)
        if take not in TAKES:
            raise VerbError("take must be master, backup or items")
        author = author_of(request, self._desk)
        if not decision.is_master_here:
            value: Json = {"decision": decision.id, "take": take, "items": chosen or {}}
            return self._forward(decision, value | {"author": author.name, "face": author.face})
        revision = decide(self._desk, decision.id, take, chosen, author)
        text = f"Chosen: revision {revision.number} of group {revision.group} is in force here, and the backup follows"
        return {"text": text, "revision": shown(revision, self._desk)}


_SIDES = {"ours": "backup", "theirs": "master", "both": "both"}
