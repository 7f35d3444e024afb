"""Open questions are looked at with every announcement: the ledger is walked once for each, not each time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.documents.canonical import canonical, content_digest
from agent.handover import kinship
from agent.handover.decision import Question
from agent.handover.disputes import open_decisions, remember
from agent.handover.kinship import Kinship
from agent.ledger import ancestry
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author, Revision, make_revision
from tests.handover.world import GROUP, Node

EVA = Author("eva", "cli", "rx-b")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A master with two revisions."""
    node = Node(tmp_path, "rx-a")
    node.seat("master")
    node.edit({"x": 1})
    node.edit({"x": 2})
    yield node
    node.ledger.close()


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Where walks over the ledger began."""
    begun: list[bytes] = []
    walk = ancestry.walk

    def counted(connection: object, group: int, *starts: bytes) -> object:
        begun.extend(starts)
        return walk(connection, group, *starts)  # type: ignore[arg-type]

    monkeypatch.setattr(ancestry, "walk", counted)
    return begun


def branch(ledger: Ledger, number: int, *parents: bytes) -> Revision:
    """As a peer pushes it."""
    shared = canonical({"of_b": number})
    digest = content_digest(shared, {})
    revision = make_revision(GROUP, 1 + len(parents), parents, EVA, number, digest=digest, kind="edit")
    ledger.adopt(revision, shared, {})
    return revision


@pytest.mark.parametrize("relation", ["diverged", "behind"])
def test_questions_that_stay_as_they_are_are_not_walked_again(node: Node, walks: list[bytes], relation: str) -> None:
    first = node.ledger.history(GROUP, 2)[1]
    for number in range(5):
        revision = branch(node.ledger, number, first.id)
        assert remember(node.desk, Question(GROUP, f"rx-{number}", "", revision.id.hex(), relation, number))
    assert len(node.decisions()) == 5
    walks.clear()
    for _ in range(20):
        assert len(open_decisions(node.desk, GROUP)) == 5
    assert walks == []


def test_what_was_missing_of_a_line_and_comes_later_is_found(tmp_path: Path) -> None:
    """The youngest is known before the one between."""
    with Ledger(tmp_path / "ledger") as ledger:
        kin = Kinship(ledger)
        oldest = branch(ledger, 1)
        between = make_revision(GROUP, 2, (oldest.id,), EVA, 2, digest=oldest.digest, kind="edit")
        youngest = make_revision(GROUP, 3, (between.id,), EVA, 3, digest=oldest.digest, kind="edit")
        ledger.adopt(youngest, None, None)
        assert (kin.is_ancestor(oldest.id, youngest.id), kin.common_ancestor(oldest.id, youngest.id)) == (False, None)
        ledger.adopt(between, None, None)
        assert (kin.is_ancestor(oldest.id, youngest.id), kin.common_ancestor(oldest.id, youngest.id)) == (True, oldest.id)


def test_no_more_is_remembered_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinship, "MOST", 4)
    with Ledger(tmp_path / "ledger") as ledger:
        kin = Kinship(ledger)
        assert [kin.remembered(number, lambda number=number: number * 2) for number in range(10)] == list(range(0, 20, 2))  # type: ignore[misc]
        assert len(kin._known) <= 4


@pytest.mark.parametrize("relation", ["diverged", "behind"])
def test_an_edit_costs_two_walks_however_many_questions_are_open(node: Node, walks: list[bytes], relation: str) -> None:
    """The first is short as a rule; the second reads the line of what is in force, for all the others."""
    first = node.ledger.history(GROUP, 2)[1]
    for number in range(8):
        revision = branch(node.ledger, number, first.id)
        assert remember(node.desk, Question(GROUP, f"rx-{number}", "", revision.id.hex(), relation, number))
    node.edit({"x": 3})
    walks.clear()
    assert len(node.decisions()) == 8
    assert len(walks) <= 2


def test_a_choice_is_found_in_the_line_of_what_came_of_it(node: Node) -> None:
    """With either side, and not from another branch."""
    ledger, (head, first) = node.ledger, node.ledger.history(GROUP, 2)
    other = branch(ledger, 1, first.id)
    choice = ledger.commit(GROUP, canonical({"x": 3}), {}, EVA, "choice", parents=(head.id, other.id))
    node.edit({"x": 4})
    last = ledger.head(GROUP)
    assert last
    kin = Kinship(ledger)
    assert [kin.is_via_choice(side.id, newer.id) for side in (head, other) for newer in (last, choice)] == [True] * 4
    assert [kin.is_via_choice(side.id, last.id) for side in (first, choice, last)] == [False] * 3
    assert not kin.is_via_choice(head.id, other.id)
    assert [kin.is_ancestor(one.id, last.id) for one in (first, other, head, choice, last)] == [True] * 5
    assert not kin.is_ancestor(branch(ledger, 2, first.id).id, last.id)
