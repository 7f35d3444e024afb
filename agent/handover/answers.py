"""What this unit answers when another one wants to pair, asks a question, or brings a choice.

Its certificate is good for the group, and it is taken for nothing more than that: who may follow or ask is decided by
pairing, and only a master is asked.
"""

import threading
import time
from contextlib import suppress

from agent.handover.decision import Question, decision_id
from agent.handover.desk import Desk
from agent.handover.disputes import Decision, decide, find_decision, forget, is_settled, remember
from agent.handover.peer import Peer
from agent.handover.protocol import Choose, JsonObject, Pair, Propose, Unpair
from agent.handover.refusals import RefusalReason, Refused
from agent.handover.relation import relation_of
from agent.handover.service import VerbError
from agent.ledger.errors import LedgerError
from agent.ledger.limits import MAX_TIME_NS
from agent.ledger.revision import Author, Revision, to_json


class Answers:
    """Each method in the thread of the peer's connection. Refused: told to the peer; nothing has changed then."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def pair(self, peer: Peer, asked: Pair) -> JsonObject:
        """Remembered here too, so that it holds after the roles have swapped (Z-35)."""
        desk, name = self._desk, peer.hello.unit_name
        self._refuse_unless_master(asked.group)
        by = str(asked.details.get("by", ""))[:200]
        with desk.commit_lock:
            row = {"address": peer.address, "at_ns": time.time_ns(), "by": by}
            if not desk.records.pair(asked.group, name, row):
                raise Refused(RefusalReason.TOO_MANY, "this master is paired with 64 units already")
        desk.tell(f"{name} ({peer.address}) has paired with this unit in group {asked.group}, by {by!a}")
        desk.changed(asked.group)
        return {"unit": desk.name}

    def unpair(self, peer: Peer, asked: Unpair) -> JsonObject:
        """Its questions go with it; the revisions stay."""
        desk, name = self._desk, peer.hello.unit_name
        with desk.commit_lock:
            for question in desk.records.questions(asked.group):
                if question.unit == name:
                    forget(desk, question)
            is_known = desk.records.drop_partner(asked.group, name)
        if is_known:
            desk.tell(f"{name} ({peer.address}) is not paired with this unit any more in group {asked.group}")
            desk.changed(asked.group)
        return {}

    def propose(self, peer: Peer, asked: Propose) -> JsonObject:
        """The question appears here too (Z-22). Refused (stale): our head is another one by now."""
        desk = self._desk
        self._refuse_unless_master(asked.group)
        self._refuse_unless_known(asked.group, peer)
        with desk.commit_lock:
            revision, head = desk.ledger.revision(asked.revision), desk.ledger.head(asked.group)
            if revision is None or revision.group != asked.group or desk.ledger.missing_chunks(revision.id) != []:
                raise Refused(RefusalReason.NOT_HELD, "the proposed revision is not held here completely")
            if decision_id(asked.group, head.id.hex() if head else "", revision.id.hex()) != asked.decision:
                raise Refused(RefusalReason.STALE, "the configuration here has changed meanwhile")
            is_new = self._remember(peer, asked, head, revision)
        if is_new:
            where = f"{peer.hello.unit_name} ({peer.address})"
            desk.tell(f"decision {asked.decision} waits in group {asked.group}: {where} holds another configuration")
            threading.Thread(target=self._prove, args=(revision,), daemon=True).start()
        desk.changed(asked.group)
        return {"decision": asked.decision}

    def _remember(self, peer: Peer, asked: Propose, head: Revision | None, revision: Revision) -> bool:
        kinship = self._desk.kinship
        relation = relation_of(revision, head, kinship.is_ancestor, kinship.common_ancestor).value
        if is_settled(kinship, head, revision, relation):
            return False
        is_offer, said_ns = asked.details.get("is_offer") is True, asked.details.get("opened_at_ns")
        opened_at_ns = said_ns if type(said_ns) is int and 0 <= said_ns <= MAX_TIME_NS else time.time_ns()
        who, address = peer.hello.unit_name, peer.address
        return remember(self._desk, Question(asked.group, who, address, revision.id.hex(), relation, opened_at_ns, is_offer))

    def _prove(self, revision: Revision) -> None:
        """Large files are read whole once before they may be in force: now, and not when somebody waits for the choice."""
        with suppress(LedgerError):
            self._desk.ledger.is_complete(revision.id)

    def choose(self, peer: Peer, asked: Choose) -> JsonObject:
        """A person at the peer has chosen; it is carried out here, by the master."""
        desk = self._desk
        self._refuse_unless_master(asked.group)
        decision = find_decision(desk, asked.decision)
        if decision is None or decision.question.group != asked.group or not self._is_asker(decision, peer):
            raise Refused(RefusalReason.STALE, "there is no such decision any more")
        face = str(asked.details.get("face", "cli"))[:50]
        author = Author(asked.author[:200], face if face.isprintable() else "cli", peer.hello.unit_name)
        try:
            revision = decide(desk, asked.decision, asked.take, asked.items, author)
        except VerbError as error:
            raise Refused(RefusalReason.BAD_REQUEST, str(error)) from None
        desk.tell(f"decision {asked.decision} in group {asked.group}: {author.name!a} at {author.unit} takes {asked.take}")
        return {"revision": to_json(revision)}

    def _is_asker(self, decision: Decision, peer: Peer) -> bool:
        """Several may hold the same revision, and ask the same."""
        asked = self._desk.records.questions(decision.question.group)
        return any((one.unit, one.revision) == (peer.hello.unit_name, decision.backup.id.hex()) for one in asked)

    def _refuse_unless_master(self, group: int) -> None:
        if not self._desk.knowledge.is_master(group):
            raise Refused(RefusalReason.NOT_MASTER, f"{self._desk.name} is not the master of group {group}")

    def may_push(self, _peer: Peer, group: int) -> bool:
        """Paired, or both in a pool, where the settings are the pairing; and only a master takes what others hold."""
        desk = self._desk
        is_known = bool(desk.records.partners(group)) or desk.is_pool(group) or desk.settings.pool.n_to_m
        return is_known and desk.knowledge.is_master(group)

    def _refuse_unless_known(self, group: int, peer: Peer) -> None:
        if not self.may_push(peer, group):
            raise Refused(RefusalReason.NOT_PAIRED, f"{peer.hello.unit_name} is not paired in group {group}")
