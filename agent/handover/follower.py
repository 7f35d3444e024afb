"""One look at one group: how do we stand to its master, and what follows from that? Runs in the thread of that master.

Everything that comes from the master is verified by who pulls it; here it is decided, and one head is moved.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from agent import __version__
from agent.documents.check import check
from agent.handover.by_hand import refuse_unless_master
from agent.handover.decision import Question, decision_id
from agent.handover.desk import Desk
from agent.handover.disputes import forget, remember
from agent.handover.following import Action, Situation, Step, step_of
from agent.handover.knowledge import Heard
from agent.handover.protocol import Hello, Related
from agent.handover.relation import Relation
from agent.ledger.errors import StaleHead
from agent.ledger.revision import Revision


class Master(Protocol):
    """A connection to the master. Everything that goes wrong is a Refused, and has changed nothing here."""

    @property
    def hello(self) -> Hello:
        """What it said first."""

    def relate(self, group: int) -> Related:
        """How our head stands to its own; what we lack of its ancestry is held here as metadata afterwards."""

    def adopt(self, revision: Revision) -> None:
        """Know a revision whose content is held here already, under another name."""

    def pull(self, group: int, revision: Revision, desk: Desk) -> None:
        """Hold the content of the revision completely, as a branch; progress goes to the desk's track."""

    def push(self, group: int, revision: Revision) -> None:
        """Make the master hold this revision of ours completely, as a branch of its own."""

    def propose(self, group: int, decision: str, revision: Revision, opened_at_ns: int, is_offer: bool) -> None:
        """Ask the master to show the question, open since then (UTC ns)."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known when the step has been found."""

    group: int
    heard: Heard
    master: Master
    related: Related
    ours: Revision | None
    step: Step


def follow(desk: Desk, group: int, heard: Heard, master: Master) -> Step:
    """Look, decide, act; what was done. Refused, LedgerError: nothing has changed, try again.

    Whom nobody has chosen is not even spoken to (Z-20).
    """
    if not may_follow(desk, group, heard):
        step = step_of(Situation(Relation.UNRELATED, is_paired=False))
        if desk.set_track(
            group, action=step.action, state=step.action.value, why=step.why, master=heard.name, address=heard.address
        ):
            desk.changed(group)
        return step
    ours = desk.ledger.head(group)
    related = master.relate(group)
    refuse_unless_master(heard, group, related)
    objection, is_same_major = objection_to(desk, group, master.hello)
    step = step_of(_situation(desk, group, heard, related, objection))
    is_same_software = master.hello.software == __version__
    desk.set_track(group, is_same_major=is_same_major, is_same_software=is_same_software)
    return _act(desk, Look(group, heard, master, related, ours, step))


def objection_to(desk: Desk, group: int, hello: Hello) -> tuple[str, bool]:
    """Why the master's configuration cannot be read (or nothing), and whether the schema's major is the same (C-14)."""
    mine, theirs = desk.schema(group), hello.schemas.get(group)
    if theirs is None:
        return "", True
    if theirs.name != mine.name:
        text = f"the master's documents are of schema {theirs.name}, this unit's of {mine.name}: give both the same driver"
        return text, False
    if theirs.major != mine.major:
        text = f"the master's schema is {theirs.name} {theirs.major}.{theirs.minor}, this unit reads {mine.major}.{mine.minor}"
        return f"{text}: install the same version on both", False
    return "", True


def may_follow(desk: Desk, group: int, heard: Heard) -> bool:
    """Paired by a person, or by the settings of a pool."""
    return bool(desk.records.partners(group)) or desk.is_pool(group) or is_acted_for(desk, group, heard)


def is_acted_for(desk: Desk, group: int, heard: Heard) -> bool:
    """The group is ours, and an N:M backup airs it at the moment."""
    return not heard.is_home and not desk.is_pool(group) and desk.settings.pool.n_to_m


def _situation(desk: Desk, group: int, heard: Heard, related: Related, objection: str) -> Situation:
    is_pool = desk.is_pool(group)
    is_returned = is_acted_for(desk, group, heard)
    return Situation(
        related.relation,
        has_head=desk.ledger.head(group) is not None,
        is_home=heard.is_home,
        is_pool=is_pool,
        is_returned=is_returned,
        is_via_choice=related.via_choice,
        objection=objection,
    )


def _act(desk: Desk, look: Look) -> Step:
    action = look.step.action
    if action in (Action.FOLLOW, Action.OFFER, Action.DECIDE) and look.related.head is not None:
        _pull(desk, look)
        if unreadable := _unreadable(desk, look):
            return _done(desk, look, Step(Action.PAUSE, unreadable))
    if action is Action.DECIDE:
        return _ask(desk, look)
    is_newer_here = look.related.relation is Relation.AHEAD and action is Action.IN_SYNC
    if action not in (Action.FOLLOW, Action.OFFER, Action.IN_SYNC) or look.related.head is None or is_newer_here:
        return _done(desk, look, look.step)
    _put_in_force(desk, look, look.related.head)
    if look.heard.is_home:
        _hand_in_offers(desk, look, look.related.head)
    return _done(desk, look, Step(Action.IN_SYNC, "in sync"))


def _pull(desk: Desk, look: Look) -> None:
    assert look.related.head is not None
    desk.set_track(look.group, action=look.step.action, state="pulling", why=look.step.why, done_bytes=0, total_bytes=0)
    desk.changed(look.group)
    look.master.pull(look.group, look.related.head, desk)


def _unreadable(desk: Desk, look: Look) -> str:
    """What this unit's schema says against it: then the last good snapshot stays (C-14)."""
    held = desk.held(look.related.head)
    if held is None:
        return "the master's configuration has not come whole"
    findings = check(desk.schema(look.group), held.shared, is_shared=True)
    return f"the master's configuration cannot be read here: {findings[0].text()}" if findings else ""


def _put_in_force(desk: Desk, look: Look, head: Revision) -> None:
    """The master's head becomes ours, unless ours has moved or we are master by now. Questions have answered themselves."""
    if look.step.action is Action.IN_SYNC and look.ours != head:
        look.master.adopt(head)
    desk.ledger.is_complete(head.id)  # reads large files whole, once; nobody else waits for that
    with desk.commit_lock:
        if desk.knowledge.is_master(look.group) or desk.ledger.head(look.group) != look.ours:
            raise StaleHead("the head has moved meanwhile")
        with desk.ledger.transaction():
            if look.step.action is Action.OFFER and look.ours:
                _keep_offer(desk, look.group, look.ours)
            why = f"follows {look.master.hello.unit_name}: {look.step.why}"[:200]
            desk.ledger.move_head(look.group, head.id, why, expect_head=look.ours.id if look.ours else None)
            for question in desk.records.questions(look.group):
                if not question.is_offer:
                    forget(desk, question)


def _keep_offer(desk: Desk, group: int, ours: Revision) -> None:
    offers = desk.records.offers(group)
    if ours.id.hex() not in offers:
        desk.ledger.pin(ours.id, "offer")
        desk.records.set_offers(group, [*offers, ours.id.hex()])


def _hand_in_offers(desk: Desk, look: Look, head: Revision) -> None:
    """What was edited here while acting goes to the group's own unit as a question, once."""
    for offer in desk.records.offers(look.group):
        revision = desk.ledger.revision(bytes.fromhex(offer))
        if revision and revision.digest != head.digest and not desk.ledger.is_ancestor(revision.id, head.id):
            look.master.push(look.group, revision)
            decision = decision_id(look.group, head.id.hex(), offer)
            look.master.propose(look.group, decision, revision, time.time_ns(), is_offer=True)
        with desk.ledger.transaction():
            desk.records.set_offers(look.group, [other for other in desk.records.offers(look.group) if other != offer])
            if revision:
                desk.ledger.unpin(revision.id, "offer")


def _ask(desk: Desk, look: Look) -> Step:
    """Both units hold both contents, and show the same question. A master that has none is asked whether it takes ours (Z-27)."""
    ours, who = look.ours, look.master.hello.unit_name
    theirs = look.related.head.id.hex() if look.related.head else ""
    assert ours is not None
    look.master.push(look.group, ours)
    with desk.commit_lock:
        if desk.knowledge.is_master(look.group) or desk.ledger.head(look.group) != ours:
            raise StaleHead("the head has moved meanwhile")
        for old in desk.records.questions(look.group):
            if old.unit != who and not old.is_offer:
                forget(desk, old)
        relation = look.related.relation.value
        remember(desk, Question(look.group, who, look.heard.address, theirs, relation, time.time_ns()))
        opened_at_ns = next(one.opened_at_ns for one in desk.records.questions(look.group) if one.place == (who, ""))
    decision = decision_id(look.group, theirs, ours.id.hex())
    look.master.propose(look.group, decision, ours, opened_at_ns, is_offer=False)
    return _done(desk, look, look.step)


def _done(desk: Desk, look: Look, step: Step) -> Step:
    """Say how it stands; core hears of it at once."""
    head = desk.ledger.head(look.group)
    is_moved = head is not None and (look.ours is None or head.id != look.ours.id)
    lag_ms = {"lag_ms": (time.monotonic_ns() - look.heard.heard_at_ns) / 1e6} if is_moved else {}
    name, address = look.master.hello.unit_name, look.heard.address
    is_new = desk.set_track(
        look.group, action=step.action, state=step.action.value, why=step.why, master=name, address=address, **lag_ms
    )
    if is_moved or is_new:
        desk.changed(look.group)
    return step
