"""What was edited while acting waits for a choice until somebody chooses, whatever the units do meanwhile (C-09)."""

from pathlib import Path

import pytest

from agent.handover.service import Request
from agent.handover.verbs_decision import Deciding
from tests.handover.world import GROUP, Node

Pair = tuple[Node, Node]


@pytest.fixture
def pool(tmp_path: Path) -> Pair:
    """A master, and the N:M backup that holds what it has."""
    home, guard = Node(tmp_path, "home", is_pool=True), Node(tmp_path, "guard", is_guard=True, is_pool=True)
    home.seat("master")
    home.edit({"x": 1})
    guard.look(home)
    return home, guard


def acts(pool: Pair, *edits: dict[str, object]) -> None:
    """The master fails, the backup acts and is edited, the master returns and has its group again."""
    home, guard = pool
    guard.seat("master")
    for document in edits:
        guard.edit(document)
    home.look(guard, acts=True)
    home.seat("master")
    guard.look(home)


def offered(home: Node) -> set[str]:
    """The contents that can be chosen."""
    contents = [home.ledger.content(decision.backup.id) for decision in home.decisions()]
    return {content.shared.decode() for content in contents if content}


def test_which_side_is_newer_is_said_of_the_roles_as_they_are_now(pool: Pair) -> None:
    """C-09: asked while the backup was master, read when it is not any more."""
    home, guard = pool
    guard.seat("master")
    guard.edit({"x": 2})
    home.look(guard, acts=True)
    assert newer(home) == ["behind"]
    home.seat("master")
    assert newer(home) == ["ahead"]


def newer(node: Node) -> list[object]:
    """How the backup's stands to the master's, as `config pending` says it."""
    shown = Deciding(node.desk, lambda _decision, _value: {}).verbs()["pending"](Request({}, "eva (cli)"))["decisions"]
    assert isinstance(shown, list)
    return [one["relation"] for one in shown]


def test_offer_waits_while_its_unit_acts_again(pool: Pair) -> None:
    """C-09: a restart of the master is no choice; nothing is asked in the backup's name meanwhile."""
    home, guard = pool
    acts(pool, {"x": 2})
    guard.seat("master")
    home.look(guard, acts=True)
    assert home.decisions() == []
    home.seat("master")
    guard.look(home)
    assert offered(home) == {'{"x":2}'}


def test_second_offer_of_a_unit_does_not_replace_the_first(pool: Pair) -> None:
    """C-09: both are shown, both are kept from pruning, and each is chosen by itself."""
    home, _ = pool
    acts(pool, {"x": 2})
    acts(pool, {"x": 3})
    assert offered(home) == {'{"x":2}', '{"x":3}'}
    for decision in home.decisions():
        assert decision.backup.id in {revision for revision, _ in home.ledger.pins()}
    first, second = (decision.backup.id for decision in home.decisions())
    home.choose(home.decisions()[0].id, "backup")
    assert [decision.backup.id for decision in home.decisions()] == [second]
    assert home.ledger.is_ancestor(first, home.ledger.head(GROUP).id)  # type: ignore[union-attr]
    home.choose(home.decisions()[0].id, "master")
    assert (home.decisions(), home.ledger.pins()) == ([], [])


def test_offer_of_one_unit_waits_while_another_acts_and_asks(tmp_path: Path, pool: Pair) -> None:
    """C-09: a question to whoever acts now takes no other question away."""
    home, _ = pool
    acts(pool, {"x": 2})
    other = Node(tmp_path, "other", is_guard=True, is_pool=True)
    other.look(home)
    acts((home, other), {"x": 3})
    assert offered(home) == {'{"x":2}', '{"x":3}'}
