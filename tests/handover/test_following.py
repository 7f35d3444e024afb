"""What a backup does about its master, as tables; and readiness as numbers with reasons. Pure."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.handover.decision import choices_of, decision_id
from agent.handover.following import Action, Situation, step_of
from agent.handover.readiness import Condition, readiness_of
from agent.handover.relation import Relation, relation_of
from agent.ledger.revision import Author, Revision, make_revision

QUESTIONS = (Relation.AHEAD, Relation.DIVERGED, Relation.UNRELATED)


@pytest.mark.parametrize(
    ("relation", "action"),
    [
        (Relation.EMPTY, Action.FOLLOW),
        (Relation.BEHIND, Action.FOLLOW),
        (Relation.EQUAL, Action.IN_SYNC),
        (Relation.AHEAD, Action.DECIDE),
        (Relation.DIVERGED, Action.DECIDE),
        (Relation.UNRELATED, Action.DECIDE),
        (Relation.NOTHING, Action.DECIDE),
    ],
)
def test_a_paired_backup_follows_what_contains_its_own_and_asks_about_the_rest(relation: Relation, action: Action) -> None:
    """Z-26, Z-27, Z-31, Z-41: a head that is an ancestor of the master's simply follows; anything else is a person's business."""
    assert step_of(Situation(relation)).action is action


@pytest.mark.parametrize("relation", Relation)
def test_nobody_is_followed_whom_nobody_chose(relation: Relation) -> None:
    """Z-20: pairing is explicit, never automatic."""
    assert step_of(Situation(relation, is_paired=False)).action is Action.UNPAIRED


def test_two_units_without_a_configuration_are_in_sync() -> None:
    """As before there was any: the settings say what to do."""
    assert step_of(Situation(Relation.NOTHING, has_head=False)).action is Action.IN_SYNC


@pytest.mark.parametrize(("is_via_choice", "action"), [(False, Action.DECIDE), (True, Action.FOLLOW)])
def test_a_returned_master_is_asked_about_edits_made_while_another_acted(is_via_choice: bool, action: Action) -> None:
    """C-09: behind is a question too, until somebody has chosen."""
    assert step_of(Situation(Relation.BEHIND, is_returned=True, is_via_choice=is_via_choice)).action is action


@pytest.mark.parametrize("relation", QUESTIONS)
def test_an_nm_backup_owns_nothing(relation: Relation) -> None:
    """C-09: it follows the home master whatever it holds, and offers its own edits; of another that acts it takes none."""
    assert step_of(Situation(relation, is_paired=False, is_pool=True)).action is Action.OFFER
    acting = step_of(Situation(relation, is_paired=False, is_pool=True, is_home=False)).action
    assert acting in (Action.IN_SYNC, Action.PAUSE)


@given(st.builds(Situation, st.sampled_from(Relation), *[st.booleans()] * 6, st.sampled_from(["", "of another schema"])))
def test_every_situation_has_an_answer_and_no_loss(situation: Situation) -> None:
    """Z-41: no silent overwrite. What is replaced without asking is contained in what replaces it, or is offered."""
    step = step_of(situation)
    assert step.why
    if step.action is Action.FOLLOW:
        assert situation.relation in (Relation.EMPTY, Relation.BEHIND)
    if situation.objection:
        assert step.action not in (Action.FOLLOW, Action.OFFER, Action.DECIDE)


REVISION = make_revision(7, 1, (), Author("eva", "cli", "rx-a"), 1, digest=bytes(32), kind="first")


def _revision(number: int, digest: int) -> Revision:
    parents = (REVISION.id,) if number > 1 else ()
    return make_revision(7, number, parents, Author("eva", "cli", "rx-a"), number, digest=bytes([digest]) * 32, kind="edit")


def test_relation_goes_by_content_first_and_by_ancestry_then() -> None:
    """Equal content is in sync whatever the histories say; then ancestor, descendant, cousins, strangers."""
    one, other = _revision(2, 1), _revision(3, 2)

    def relation(older: Revision | None, newer: Revision | None, is_a: bool = False, common: bytes | None = None) -> Relation:
        return relation_of(older, newer, lambda a, _b: is_a and a == one.id, lambda _a, _b: common)

    assert relation(None, one) is Relation.EMPTY
    assert relation(one, None) is Relation.NOTHING
    assert relation(one, _revision(5, 1)) is Relation.EQUAL
    assert relation(one, other, is_a=True) is Relation.BEHIND
    assert relation(other, one, is_a=True) is Relation.AHEAD
    assert relation(one, other, common=REVISION.id) is Relation.DIVERGED
    assert relation(one, other) is Relation.UNRELATED


def test_a_decision_is_known_by_both_heads_and_by_which_is_the_masters() -> None:
    """Z-22: the same id on both units; an answer to it does not fit when the roles have swapped since."""
    one, other = "a" * 64, "b" * 64
    assert decision_id(7, one, other) == decision_id(7, one, other)
    ids = [decision_id(group, *heads) for group in (7, 8) for heads in itertools.permutations((one, other))]
    assert len(set(ids)) == 4
    assert all(len(found) == 16 for found in ids)


@pytest.mark.parametrize("items", [{}, [], None, {"x": "both"}, {"x": None}, {"x": ["master"]}])
def test_choices_that_are_none_are_refused(items: object) -> None:
    """With a sentence."""
    with pytest.raises(ValueError, match="master or backup"):
        choices_of(items)


def test_choices_are_said_in_the_words_of_the_comparison() -> None:
    """Ours is the backup's, theirs the master's."""
    assert choices_of({"carrier.c1": "master", "": "backup"}) == {"carrier.c1": "theirs", "": "ours"}


@pytest.mark.parametrize(
    ("condition", "value", "word"),
    [
        (Condition(), 255, ""),
        (Condition(Action.IN_SYNC), 255, ""),
        (Condition(Action.FOLLOW), 220, "newer"),
        (Condition(Action.IN_SYNC, is_same_software=False), 200, "other software"),
        (Condition(Action.IN_SYNC, lost=["News (rank 9)"]), 150, "News (rank 9)"),
        (Condition(Action.IN_SYNC, lost=["News (rank 9)"], allow_partial=False), 0, "allow_partial"),
        (Condition(Action.IN_SYNC, missing=["port.lan1.interface"]), 150, "port.lan1.interface"),
        (Condition(Action.PAUSE, why="cannot be read"), 100, "cannot be read"),
        (Condition(Action.DECIDE), 100, "choice"),
        (Condition(Action.UNPAIRED), 100, "paired"),
        (Condition(Action.PAUSE, is_same_major=False), 0, "major"),
        (Condition(Action.FOLLOW, is_held=False, is_wanted=True), 100, "settings"),
        (Condition(Action.FOLLOW, is_held=False, needs_snapshot=True), 0, "no complete copy"),
        (Condition(is_master=True, lost=["News (rank 9)"], allow_partial=False), 150, "News"),
    ],
)
def test_readiness_says_how_much_and_why(condition: Condition, value: int, word: str) -> None:
    """C-08 (no snapshot, no claim), C-14 (other software yellow, other major red), C-15 (capacity by policy), Z-11, Z-12."""
    readiness = readiness_of(condition)
    assert readiness.value == value
    assert word in " ".join(readiness.reasons)
    assert bool(readiness.reasons) == (value < 255)
