"""Which questions are open, seen from this unit, and how an answer becomes a revision."""

from dataclasses import dataclass, replace

from agent.documents.canonical import FileEntry, canonical
from agent.documents.check import check
from agent.documents.compare import MergeError, merged, merged_files
from agent.handover.decision import TAKES, Question, choices_of, decision_id
from agent.handover.desk import Desk, Document, Held
from agent.handover.edits import refusal
from agent.handover.kinship import Kinship
from agent.handover.relation import Relation
from agent.handover.service import VerbError
from agent.ledger.errors import LedgerError
from agent.ledger.revision import Author, Revision

STALE = "There is no such decision any more; a side has changed, or somebody has chosen. See: understudy config pending"

NOTHING_TO_TAKE = (
    "The master has no configuration of this group, so there is nothing to take from it. Choose backup; or edit or import one "
    "on the master, and look again: understudy config pending"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """An open question with its two sides. `is_master_here`: this unit is the master of the group, and carries it out.

    `master` None: it has no configuration; then only the backup's can be taken (Z-27).
    """

    question: Question
    master: Revision | None
    backup: Revision
    is_master_here: bool

    @property
    def id(self) -> str:
        """16 hex digits, the same on both units."""
        return decision_id(self.question.group, self.master.id.hex() if self.master else "", self.backup.id.hex())


def open_decisions(desk: Desk, group: int) -> list[Decision]:
    """Oldest first. Questions that have answered themselves are forgotten here, and their revisions no longer pinned."""
    found: list[Decision] = []
    with desk.commit_lock:
        is_master = desk.knowledge.is_master(group)
        for question in desk.records.questions(group):
            if question.is_offer and not is_master:
                continue  # it waits until this unit, whose group it is, serves it again
            decision = _decision(desk, question)
            if decision is None or is_settled(desk.kinship, decision.master, decision.backup, question.relation):
                forget(desk, question)
            elif decision.id not in {other.id for other in found}:  # two backups that hold the same edit ask the same
                found.append(decision)
    return found


def find_decision(desk: Desk, decision: object) -> Decision | None:
    """By its id, in all groups."""
    every = (found for group in desk.groups() for found in open_decisions(desk, group))
    return next((found for found in every if found.id == decision), None)


def _decision(desk: Desk, question: Question) -> Decision | None:
    ours = desk.ledger.head(question.group)
    theirs = desk.ledger.revision(bytes.fromhex(question.revision)) if question.revision else None
    is_master = desk.knowledge.is_master(question.group)
    master, backup = (ours, theirs) if is_master else (theirs, ours)
    is_whole = master is not None or relates_to_nothing(question)
    return Decision(question, master, backup, is_master) if backup and is_whole else None


def relates_to_nothing(question: Question) -> bool:
    """The master had no configuration when it was asked."""
    return question.relation == Relation.NOTHING


def is_settled(kinship: Kinship, master: Revision | None, backup: Revision, relation: str) -> bool:
    """Nothing is left to choose: the contents are equal, or the master's goes back to the backup's (by a choice, if another
    unit acted for the backup meanwhile: C-09)."""
    if master is None or master.digest == backup.digest:
        return master is not None
    if relation == Relation.BEHIND:
        return kinship.is_via_choice(backup.id, master.id)
    return kinship.is_ancestor(backup.id, master.id)


def remember(desk: Desk, question: Question) -> bool:
    """Open a question, or renew it, with the other's revision pinned. False: nothing is new, or there are 64 others."""
    before = {old.place: old for old in desk.records.questions(question.group)}.get(question.place)
    if before and (before.revision, before.relation, before.address) == (question.revision, question.relation, question.address):
        return False
    question = _with_base(desk, question)
    with desk.ledger.transaction():
        if not desk.records.ask(question):
            return False
        if before:
            _unpin(desk, before)
        for pinned in _pinned(question):
            desk.ledger.pin(pinned, _pin(question))
    return True


def forget(desk: Desk, question: Question) -> None:
    """It waits no longer."""
    with desk.ledger.transaction():
        desk.records.settle(question)
        _unpin(desk, question)


def _with_base(desk: Desk, question: Question) -> Question:
    """Both sides began from it: it stays as long as the question does."""
    head = desk.ledger.head(question.group)
    base = desk.ledger.common_ancestor(head.id, bytes.fromhex(question.revision)) if head and question.revision else None
    return replace(question, base=base.hex() if base else "")


def _pinned(question: Question) -> list[bytes]:
    return [bytes.fromhex(revision) for revision in (question.revision, question.base) if revision]


def _unpin(desk: Desk, question: Question) -> None:
    for pinned in _pinned(question):
        desk.ledger.unpin(pinned, _pin(question))


def _pin(question: Question) -> str:
    return f"offer {question.revision[:16]}" if question.is_offer else f"question {question.unit}"[:200]


def base_of(desk: Desk, decision: Decision) -> Held | None:
    """What both sides began from, if there is such a revision and its content is here."""
    common = desk.kinship.common_ancestor(decision.master.id, decision.backup.id) if decision.master else None
    return desk.held(desk.ledger.revision(common)) if common else None


def decide(desk: Desk, wanted: object, take: object, items: object, author: Author) -> Revision:
    """At the master: the chosen content becomes a revision with both heads as parents. VerbError: nothing was changed."""
    if early := find_decision(desk, wanted):
        desk.ledger.is_complete(early.backup.id)  # reads large files whole, once, while nobody else waits
    with desk.commit_lock:
        decision = find_decision(desk, wanted)
        if decision is None or not decision.is_master_here:
            raise VerbError(STALE)
        shared, manifest = _chosen(desk, decision, take, items)
        group, parents = decision.question.group, tuple(side.id for side in (decision.master, decision.backup) if side)
        note = f"takes {take}; {decision.question.unit} had revision {decision.backup.number}"
        with desk.ledger.transaction():
            revision = desk.ledger.commit(group, canonical(shared), manifest, author, "choice", parents=parents, note=note)
            forget(desk, decision.question)
    desk.changed(group)
    return revision


def _chosen(desk: Desk, decision: Decision, take: object, items: object) -> tuple[Document, dict[str, FileEntry]]:
    """Checked by the schema. VerbError with the findings."""
    if take not in TAKES:
        raise VerbError("take must be master, backup or items")
    if decision.master is None and take != "backup":
        raise VerbError(NOTHING_TO_TAKE)
    master, backup = desk.held(decision.master), desk.held(decision.backup)
    chosen, schema = backup if take == "backup" else master, desk.schema(decision.question.group)
    if chosen is None or backup is None:
        raise VerbError("The content of a side is not here")
    if take == "items":
        return _merged(desk, decision, chosen, backup, items)
    if take == "backup" and (findings := check(schema, chosen.shared, is_shared=True)):
        raise refusal(findings)
    return chosen.shared, dict(chosen.manifest)


def _merged(desk: Desk, decision: Decision, master: Held, backup: Held, items: object) -> tuple[Document, dict[str, FileEntry]]:
    base, schema = base_of(desk, decision), desk.schema(decision.question.group)
    try:
        choices = choices_of(items)
        shared = merged(schema, base.shared if base else None, backup.shared, master.shared, choices)
        return shared, merged_files(base.manifest if base else None, backup.manifest, master.manifest, choices)
    except (MergeError, LedgerError) as error:
        raise VerbError(f"Nothing was changed: {error}") from None
    except ValueError as error:
        raise VerbError(str(error)) from None
