"""Pruning: the content of the oldest goes first, who saved what when stays, and what is needed is never touched."""

import os
import time
from pathlib import Path

import pytest

from agent.documents.canonical import CHUNK_BYTES, canonical, content_digest
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from agent.ledger.retention import Retention
from agent.ledger.revision import Revision, make_revision
from tests.ledger.kit import AUTHOR, GROUP, MIB, OTHER, commit, document, line, random_file, verify

NOTHING = Retention(1, 0, 0)  # keep as little as allowed, at once


def with_content(ledger: Ledger, revisions: list[Revision]) -> list[int]:
    return [revision.number for revision in revisions if ledger.content(revision.id) is not None]


def packs(ledger: Ledger) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted((ledger.directory / "packs").iterdir())}


def test_the_oldest_contents_go_first_and_metadata_stays(ledger: Ledger) -> None:
    """Ancestry is still answered for what was pruned."""
    revisions = line(ledger, 20)
    pruned = ledger.prune(Retention(max_revisions=5))
    assert pruned.revisions == 15
    assert with_content(ledger, revisions) == [16, 17, 18, 19, 20]
    assert len(ledger.history(GROUP, 100)) == 20
    assert ledger.is_ancestor(revisions[0].id, revisions[-1].id)
    assert ledger.prune(Retention(max_revisions=5)).revisions == 0


def test_the_count_is_by_group(ledger: Ledger) -> None:
    here, there = line(ledger, 8), [commit(ledger, 20 + number, group=8) for number in range(3)]
    ledger.prune(Retention(max_revisions=3))
    assert with_content(ledger, here) == [6, 7, 8]
    assert with_content(ledger, there) == [1, 2, 3]


def test_a_content_that_a_young_revision_shares_is_young(ledger: Ledger) -> None:
    """Number 4 has the content of number 1, and a revision of group 8 that of number 2."""
    revisions = [commit(ledger, number) for number in (1, 2, 3, 1, 5)]
    there = [commit(ledger, number, group=8) for number in (2, 9)]
    ledger.prune(Retention(max_revisions=2))
    assert with_content(ledger, revisions) == [1, 2, 4, 5]
    assert with_content(ledger, there) == [1, 2]


def test_by_size_those_go_that_are_furthest_behind_their_head(ledger: Ledger) -> None:
    """All groups together share the disk, and what it costs."""
    here = [commit(ledger, 10 + number) for number in range(10)]
    there = [commit(ledger, 30 + number, group=8) for number in range(4)]
    size = len(document(10))
    kept = ledger.prune(Retention(max_bytes=8 * size)).kept_bytes
    assert kept <= 8 * size
    assert with_content(ledger, here) == [7, 8, 9, 10]
    assert with_content(ledger, there) == [1, 2, 3, 4]


def test_neither_a_head_nor_a_pinned_revision_is_ever_pruned(ledger: Ledger) -> None:
    """Z-22: the sides of a decision and their base wait as long as it takes."""
    revisions = line(ledger, 10)
    ledger.move_head(GROUP, revisions[1].id, "back to an old one")
    ledger.pin(revisions[4].id, "decision 1")
    ledger.pin(revisions[4].id, "decision 2")
    ledger.pin(revisions[6].id, "decision 1")
    ledger.prune(NOTHING)
    assert with_content(ledger, revisions) == [2, 5, 7]
    ledger.unpin(revisions[4].id, "decision 1")
    ledger.unpin(revisions[6].id)
    ledger.prune(NOTHING)
    assert with_content(ledger, revisions) == [2, 5]
    assert ledger.pins() == [(revisions[4].id, "decision 2")]
    with pytest.raises(LedgerError, match=r"not held here"):
        ledger.pin(bytes(32), "decision 3")


def pushed(ledger: Ledger, count: int, first: int, parent: Revision) -> list[Revision]:
    """Branches of a peer, in the order in which they came."""
    branches = []
    for number in range(first, first + count):
        digest = content_digest(document(number), {})
        branch = make_revision(GROUP, number, (parent.id,), OTHER, 1, digest=digest, kind="edit")
        ledger.adopt(branch, document(number), {})
        branches.append(branch)
    return branches


@pytest.mark.parametrize("policy", [Retention(max_revisions=25), Retention(max_bytes=25 * len(document(10)))])
def test_what_a_peer_pushes_goes_before_what_was_in_force(ledger: Ledger, policy: Retention) -> None:
    """Z-28: its numbers are its own affair. Of the branches, those that came last stay."""
    ours = [commit(ledger, 10 + number) for number in range(20)]
    branches = pushed(ledger, 30, 900_000, ours[0])
    ledger.pin(branches[0].id, "question rx-b")
    ledger.prune(policy)
    assert len(with_content(ledger, ours)) == 20
    kept = with_content(ledger, branches)
    assert kept[0] == 900_000
    assert kept[1:] == [one.number for one in branches[-len(kept) + 1 :]]
    assert 4 <= len(kept) <= 6


def test_branches_of_one_group_do_not_age_what_another_had_in_force(ledger: Ledger) -> None:
    ours, there = (
        [commit(ledger, 10 + number) for number in range(4)],
        [commit(ledger, 30 + number, group=8) for number in range(4)],
    )
    pushed(ledger, 1, 900_000, ours[0])
    ledger.prune(Retention(max_bytes=6 * len(document(10))))
    assert with_content(ledger, ours) == [2, 3, 4]
    assert with_content(ledger, there) == [2, 3, 4]


def test_a_content_that_a_head_shares_with_an_old_revision_stays(ledger: Ledger) -> None:
    """Z-28: the head was restored; its content is that of number 1."""
    old = commit(ledger, 1)
    commit(ledger, 2)
    restored = ledger.commit(GROUP, document(1), {}, AUTHOR, "restore")
    ledger.prune(NOTHING)
    verify(ledger, restored)
    verify(ledger, old)


def test_a_pruned_revision_is_completed_again_by_adopting_it(ledger: Ledger) -> None:
    revisions = line(ledger, 3)
    ledger.prune(NOTHING)
    with pytest.raises(LedgerError, match=r"not held completely"):
        ledger.move_head(GROUP, revisions[0].id, "restore")
    ledger.adopt(revisions[0], document(1), {})
    ledger.move_head(GROUP, revisions[0].id, "restore")
    verify(ledger, revisions[0])


def test_own_parts_are_pruned_by_count_too_but_never_the_one_in_force(ledger: Ledger) -> None:
    """S-31: the unit keeps its value."""
    for number in range(5):
        ledger.commit_own(GROUP, canonical({"number": number}), AUTHOR)
    assert ledger.prune(Retention(max_revisions=2)).own_parts == 3
    assert [version.part is not None for version in ledger.own_history(GROUP)] == [True, True, False, False, False]
    ledger.prune(Retention(max_revisions=0, max_bytes=0))
    assert ledger.own(GROUP) == b'{"number":4}'


def test_packs_without_a_living_chunk_are_deleted(ledger: Ledger, tmp_path: Path) -> None:
    old = commit(ledger, 1, {"show": ledger.packs.store_file(random_file(tmp_path / "a", 20 * MIB))})
    commit(ledger, 2)
    assert sum(packs(ledger).values()) > 20 * MIB
    assert ledger.prune(Retention(1)).freed_bytes == 0  # young, and maybe part of something under way
    freed = ledger.prune(NOTHING).freed_bytes
    assert freed > 20 * MIB
    assert packs(ledger) == {}
    assert ledger.missing_chunks(old.id) is None


def test_a_pack_that_is_mostly_dead_is_written_anew(ledger: Ledger, tmp_path: Path) -> None:
    """What lives in it is the same afterwards, and room is given back."""
    source = random_file(tmp_path / "show", 8 * MIB)
    commit(ledger, 1, {"show": ledger.packs.store_file(source)})
    data = source.read_bytes()
    source.write_bytes(data[: 2 * MIB] + os.urandom(CHUNK_BYTES))
    head = commit(ledger, 2, {"show": ledger.packs.store_file(source)})
    before = set(packs(ledger))
    ledger.prune(NOTHING)
    assert not before & set(packs(ledger))
    assert 2 * MIB < sum(packs(ledger).values()) < 3 * MIB
    verify(ledger, head)
    again = commit(ledger, 3, {"more": ledger.packs.store_file(random_file(tmp_path / "more", 1000))})
    verify(ledger, again)


def test_what_was_shared_is_counted_once_and_lives_as_long_as_somebody_needs_it(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.packs.store_file(random_file(tmp_path / "show", 4 * MIB))
    for number in range(5):
        head = commit(ledger, number, {"show": entry})
    pruned = ledger.prune(Retention(100, 5 * MIB, 0))
    assert (pruned.revisions, pruned.kept_bytes // MIB) == (0, 4)
    assert ledger.prune(NOTHING).kept_bytes // MIB == 4
    verify(ledger, head)


def test_chunks_that_somebody_has_just_asked_for_are_not_pruned(ledger: Ledger, tmp_path: Path) -> None:
    """A transfer that was told "held" relies on it until it is adopted."""
    entry = ledger.packs.store_file(random_file(tmp_path / "show", MIB))
    commit(ledger, 1, {"show": entry})
    commit(ledger, 2)
    time.sleep(1.1)  # the index keeps whole seconds
    assert ledger.packs.missing(entry.chunk_digests) == []
    ledger.prune(Retention(1, 0, 1))
    assert ledger.packs.missing(entry.chunk_digests) == []
    ledger.prune(NOTHING)
    assert len(ledger.packs.missing(entry.chunk_digests)) == 4


def test_what_a_cut_left_lying_goes_the_next_time(tmp_path: Path) -> None:
    """A pack that the index does not know: a cut came between writing it and telling the index, or forgetting and deleting."""
    with Ledger(tmp_path / "ledger") as ledger:
        head = commit(ledger, 1, {"show": ledger.packs.store_file(random_file(tmp_path / "a", 1000))})
    (tmp_path / "ledger" / "packs" / "00000009.pack").write_bytes(b"left over")
    with Ledger(tmp_path / "ledger") as ledger:
        assert ledger.prune(Retention()).freed_bytes == 9
        assert list(packs(ledger)) == ["00000001.pack"]
        verify(ledger, head)
        ledger.packs.store_file(random_file(tmp_path / "b", 60 * MIB))
        ledger.packs.store_file(random_file(tmp_path / "b", 60 * MIB))
        assert "00000009.pack" not in packs(ledger)  # numbers are not used again


def test_the_database_file_gives_its_room_back(ledger: Ledger) -> None:
    for number in range(300):
        ledger.commit(GROUP, document(number, 20_000), {}, AUTHOR, "edit")
    ledger.prune(Retention(max_revisions=10))
    ledger.close()
    assert (ledger.directory / "ledger.db").stat().st_size < MIB
