"""Who descends from whom: the ground on which a backup follows by itself, or asks."""

import random
import time

from agent.ledger.ledger import Ledger
from agent.ledger.revision import Revision
from tests.ledger.kit import AUTHOR, GROUP, commit, document, line


def grow(ledger: Ledger, source: random.Random, count: int) -> list[Revision]:
    """A history with branches and merges."""
    revisions = [commit(ledger, 0)]
    with ledger.transaction():
        for number in range(1, count):
            parents = source.sample(revisions[-8:], k=min(len(revisions), source.choice((1, 1, 2))))
            after = tuple(parent.id for parent in parents)
            revisions.append(ledger.commit(GROUP, document(number), {}, AUTHOR, "edit", parents=after))
    return revisions


def test_every_pair_of_a_grown_history_is_judged_as_by_definition(ledger: Ledger) -> None:
    """Z-31, Z-22: an ancestor simply follows; anything else is a question."""
    revisions = grow(ledger, random.Random(3), 40)
    above: dict[bytes, set[bytes]] = {}
    for revision in revisions:
        above[revision.id] = {revision.id}.union(*(above[parent] for parent in revision.parents))
    numbers = {revision.id: revision.number for revision in revisions}
    for one, over_one in above.items():
        assert set(ledger.recent_ids(GROUP, one)) == over_one
        for other, over_other in above.items():
            assert ledger.is_ancestor(one, other) == (one in over_other)
            shared = over_one & over_other
            found = ledger.common_ancestor(one, other)
            assert found == min(shared, key=lambda id_: (-numbers[id_], id_), default=None)


def test_recent_ids_are_the_newest_first_and_as_many_as_asked_for(ledger: Ledger) -> None:
    revisions = line(ledger, 10)
    assert ledger.recent_ids(GROUP, revisions[-1].id, 3) == [revision.id for revision in revisions[:-4:-1]]
    assert ledger.recent_ids(GROUP, bytes(32)) == []
    assert ledger.recent_ids(8, revisions[-1].id) == []


def test_revisions_of_two_groups_or_not_held_have_nothing_in_common(ledger: Ledger) -> None:
    here, there = commit(ledger, 1), commit(ledger, 1, group=8)
    for other in (there.id, bytes(32)):
        assert not ledger.is_ancestor(here.id, other)
        assert not ledger.is_ancestor(other, here.id)
        assert ledger.common_ancestor(here.id, other) is None
    assert ledger.common_ancestor(here.id, here.id) == here.id


def test_a_parent_that_is_not_held_ends_its_branch(ledger: Ledger) -> None:
    """C-08: a backup that has the newest revision alone can still tell what descends from it."""
    revisions = line(ledger, 4)
    with Ledger(ledger.directory.parent / "backup") as backup:
        for revision in revisions[2:]:
            backup.adopt(revision, None, None)
        assert backup.is_ancestor(revisions[2].id, revisions[3].id)
        assert not backup.is_ancestor(revisions[0].id, revisions[3].id)


def test_ten_thousand_revisions_are_walked_quickly(ledger: Ledger) -> None:
    """The figure of the issue is in bench/ledger.py; this is its rough guard."""
    revisions = line(ledger, 10_000)
    branch = ledger.commit(GROUP, document(0), {}, AUTHOR, "edit", parents=(revisions[0].id,))
    started = time.process_time()
    assert ledger.is_ancestor(revisions[0].id, revisions[-1].id)
    assert ledger.common_ancestor(branch.id, revisions[-1].id) == revisions[0].id
    assert len(ledger.recent_ids(GROUP, revisions[-1].id)) == 2000
    assert len(ledger.history(GROUP, 50)) == 50
    assert time.process_time() - started < 0.5  # four walks, on a machine that others use too
