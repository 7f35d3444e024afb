"""Saving, adopting, restoring: nothing is ever overwritten."""

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from agent.documents.canonical import FileEntry, canonical, content_digest
from agent.ledger.errors import LedgerError, StaleHead
from agent.ledger.ledger import Ledger
from agent.ledger.revision import make_revision
from tests.ledger.kit import AUTHOR, GROUP, OTHER, commit, document, line, random_file, verify


def test_a_saved_revision_is_in_force_and_says_who_when_and_after_what(ledger: Ledger) -> None:
    """Z-25: revision, author and last save time."""
    first = ledger.commit(GROUP, document(1), {}, AUTHOR, "first", saved_at_ns=5)
    second = ledger.commit(GROUP, document(2), {}, OTHER, "edit", note="louder")
    assert (first.number, first.parents, first.saved_at_ns, first.author) == (1, (), 5, "root")
    assert (second.number, second.parents, second.unit, second.note) == (2, (first.id,), "rx-b", "louder")
    assert second.digest == content_digest(document(2), {})
    assert ledger.head(GROUP) == second
    assert ledger.head(8) is None
    assert ledger.groups() == [GROUP]


def test_what_was_replaced_is_restored_byte_for_byte(ledger: Ledger, tmp_path: Path) -> None:
    """Z-28: a snapshot exists, restorable byte for byte. A restore is a revision of its own."""
    entry = ledger.packs.store_file(random_file(tmp_path / "show", 700_000))
    old = commit(ledger, 1, {"show.bin": entry})
    commit(ledger, 2)
    content = ledger.content(old.id)
    assert content is not None
    restored = ledger.commit(GROUP, *content, AUTHOR, "restore")
    assert (restored.digest, restored.number, restored.kind) == (old.digest, 3, "restore")
    assert ledger.content(restored.id) == content == (document(1), {"show.bin": entry})
    assert b"".join(ledger.packs.open_file(entry)) == (tmp_path / "show").read_bytes()


def test_every_move_of_the_head_is_written_down(ledger: Ledger) -> None:
    """Z-26, Z-27: whatever a choice replaces is still there, and so is the day it was replaced."""
    one, two = line(ledger, 2)
    ledger.move_head(GROUP, one.id, "chosen by root")
    ledger.move_head(GROUP, one.id, "again: nothing moves")
    moves = ledger.head_moves(GROUP)
    assert [(move.old, move.new) for move in moves] == [(two.id, one.id), (one.id, two.id), (None, one.id)]
    assert moves[0].why == "chosen by root"
    assert moves[0].at_ns >= moves[1].at_ns > 1_600_000_000 * 10**9
    assert ledger.head(GROUP) == one


def test_a_head_that_moved_since_one_looked_refuses_the_change(ledger: Ledger) -> None:
    one, two = line(ledger, 2)
    with pytest.raises(StaleHead, match=r"group 7 has changed: its revision was .* Look at it again"):
        ledger.commit(GROUP, document(3), {}, AUTHOR, "edit", expect_head=one.id)
    with pytest.raises(StaleHead, match=r"its revision was none"):
        ledger.move_head(GROUP, one.id, "first", expect_head=None)
    assert ledger.head(GROUP) == two
    assert len(ledger.history(GROUP, 10)) == 2
    assert ledger.commit(8, document(1), {}, AUTHOR, "first", expect_head=None).number == 1


def test_a_choice_has_both_sides_as_parents(ledger: Ledger) -> None:
    """Z-22: after the choice both histories go on in one."""
    one, two, three = line(ledger, 3)
    branch = ledger.commit(GROUP, document(9), {}, OTHER, "edit", parents=(one.id,))
    choice = ledger.commit(GROUP, document(3), {}, AUTHOR, "choice", parents=(three.id, branch.id))
    assert (branch.number, choice.number, choice.parents) == (2, 4, (three.id, branch.id))
    assert two.number == 2
    with pytest.raises(LedgerError, match=r"is not held here"):
        ledger.commit(GROUP, document(3), {}, AUTHOR, "choice", parents=(bytes(32),))
    other = commit(ledger, 1, group=8)
    with pytest.raises(LedgerError, match=r"its parent has group 8"):
        ledger.commit(GROUP, document(3), {}, AUTHOR, "choice", parents=(other.id,))


def test_a_revision_from_elsewhere_waits_as_a_branch_until_it_is_complete(ledger: Ledger, tmp_path: Path) -> None:
    """C-08: no complete snapshot, no head. Metadata first, then the document, then the chunks."""
    with Ledger(tmp_path / "master") as master:
        entry = master.packs.store_file(random_file(tmp_path / "show", 600_000))
        theirs = commit(master, 1, {"show.bin": entry})
        ours = commit(ledger, 5)
        ledger.adopt(theirs, None, None)
        assert ledger.revision(theirs.id) == theirs
        assert ledger.content(theirs.id) is None
        assert ledger.missing_chunks(theirs.id) is None
        ledger.adopt(theirs, document(1), {"show.bin": entry})
        assert ledger.missing_chunks(theirs.id) == list(entry.chunk_digests)
        with pytest.raises(LedgerError, match=r"not held completely. Pull it first"):
            ledger.move_head(GROUP, theirs.id, "from the master")
        assert ledger.head(GROUP) == ours
        with ledger.packs.writer() as writer:
            for digest in entry.chunk_digests:
                assert writer.add(master.packs.read(digest)) == digest
            writer.commit()
    ledger.move_head(GROUP, theirs.id, "from the master", expect_head=ours.id)
    assert ledger.head(GROUP) == theirs
    verify(ledger, theirs)


def test_a_revision_that_is_not_what_it_says_is_refused_and_the_message_says_which(ledger: Ledger) -> None:
    """Z-28, C-08: id and digest are made again here, and compared."""
    digest = content_digest(document(1), {})
    good = make_revision(GROUP, 1, (), AUTHOR, 5, digest=digest, kind="edit")
    with pytest.raises(LedgerError, match=r"its id says 0000000000000000…, its fields make"):
        ledger.adopt(replace(good, id=bytes(32)), document(1), {})
    with pytest.raises(LedgerError, match=r"its content digest says .*, what came has"):
        ledger.adopt(good, document(2), {})
    with pytest.raises(LedgerError, match=r"not in the canonical form"):
        ledger.adopt(good, document(1) + b" ", {})
    with pytest.raises(LedgerError, match=r"a document comes with its manifest"):
        ledger.adopt(good, document(1), None)
    assert ledger.groups() == []


def test_a_revision_whose_parent_is_younger_is_refused(ledger: Ledger) -> None:
    """A walk through the ancestors relies on numbers that fall."""
    two = line(ledger, 2)[1]
    digest = content_digest(document(1), {})
    with pytest.raises(LedgerError, match=r"its parent has group 7, number 2; itself 7 and 2"):
        ledger.adopt(make_revision(GROUP, 2, (two.id,), AUTHOR, 5, digest=digest, kind="edit"), None, None)


def test_chunks_that_make_another_file_are_found_out_before_they_are_in_force(ledger: Ledger, tmp_path: Path) -> None:
    """C-08: the digest names the file, not its chunks; a wrong list of chunks is refused, the right one mends it."""
    right = ledger.packs.store_file(random_file(tmp_path / "right", 300_000))
    wrong = ledger.packs.store_file(random_file(tmp_path / "wrong", 300_000))
    mixed = FileEntry(right.size_bytes, right.digest, wrong.chunk_digests)
    with pytest.raises(LedgerError, match=r"its chunks do not make the file"):
        ledger.commit(GROUP, document(1), {"a": mixed}, AUTHOR, "import")
    revision = make_revision(GROUP, 1, (), OTHER, 5, digest=content_digest(document(1), {"a": right}), kind="edit")
    ledger.adopt(revision, document(1), {"a": mixed})
    with pytest.raises(LedgerError, match=r"file 'a' is refused: its chunks do not make the file with its digest. Pull it again"):
        ledger.move_head(GROUP, revision.id, "from the master")
    assert ledger.head(GROUP) is None
    ledger.adopt(revision, document(1), {"a": right})
    ledger.move_head(GROUP, revision.id, "from the master")
    verify(ledger, revision)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "a\nb", "x" * 256, "ä" * 128, "\udc80", "a\u2028b"])
def test_a_file_name_that_no_disk_should_see_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(LedgerError, match=r"is refused: it"):
        ledger.commit(GROUP, document(1), {name: FileEntry(0, bytes(32), ())}, AUTHOR, "import")


@pytest.mark.parametrize(
    "entry",
    [
        FileEntry(-1, bytes(32), ()),
        FileEntry((1 << 30) + 1, bytes(32), (bytes(32),) * 4097),
        FileEntry(1, bytes(32), ()),
        FileEntry(262_145, bytes(32), (bytes(32),)),
        FileEntry(1, bytes(31), (bytes(32),)),
        FileEntry(1, bytes(32), (bytes(31),)),
    ],
)
def test_a_file_that_cannot_be_is_refused(ledger: Ledger, entry: FileEntry) -> None:
    with pytest.raises(LedgerError, match=r"file 'a' is refused: it "):
        ledger.commit(GROUP, document(1), {"a": entry}, AUTHOR, "import")


def test_a_group_has_at_most_one_gibibyte_of_files(ledger: Ledger) -> None:
    half = FileEntry((1 << 29) + 1, bytes(32), (bytes(32),) * 2049)
    with pytest.raises(LedgerError, match=r"a group may have 4096 files and 1024 MiB. Leave something out"):
        ledger.commit(GROUP, document(1), {"a": half, "b": half}, AUTHOR, "import")


def test_a_file_whose_chunks_are_not_stored_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"1 chunks of the files are not stored. Store the files first"):
        ledger.commit(GROUP, document(1), {"a": FileEntry(1, bytes(32), (bytes(32),))}, AUTHOR, "import")
    assert ledger.groups() == []


@pytest.mark.parametrize(
    "shared", [b"", b"[]", b"{ }", b'{"b":1,"a":2}', b'{"a":NaN}', b"\xff", b"[" * 100_000, b'{"a":1,"a":1}']
)
def test_a_document_that_is_not_canonical_is_refused(ledger: Ledger, shared: bytes) -> None:
    with pytest.raises(LedgerError, match=r"not in the canonical form"):
        ledger.commit(GROUP, shared, {}, AUTHOR, "import")


def test_a_document_is_at_most_16_mib(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"larger than 16 MiB. Keep what is large in files"):
        ledger.commit(GROUP, canonical({"a": "x" * (16 << 20)}), {}, AUTHOR, "import")


def test_a_revision_is_found_by_number_and_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    one, two, _ = line(ledger, 3)
    branch = ledger.commit(GROUP, document(9), {}, OTHER, "edit", parents=(one.id,))
    assert ledger.find(GROUP, "1") == one
    assert ledger.find(GROUP, two.id.hex()[:8].upper()) == two
    assert ledger.find(GROUP, "2") == branch  # of the two, the one in the head's line
    ledger.move_head(GROUP, one.id, "back")
    with pytest.raises(LedgerError, match=f'several revisions "2". Name one by its id: .*{two.id.hex()[:12]}'):
        ledger.find(GROUP, "2")
    for unknown in ("9", "", "abc", "xyz!", "²", "1" * 65):
        with pytest.raises(LedgerError, match=r"has no revision .* See understudy config history 7"):
            ledger.find(GROUP, unknown)


def test_history_is_paged_without_gaps_even_where_branches_have_the_same_number(ledger: Ledger) -> None:
    revisions = line(ledger, 5)
    for number in range(20, 30):
        ledger.commit(GROUP, document(number), {}, OTHER, "edit", parents=(revisions[number % 3].id,))
    everything = ledger.history(GROUP, 100)
    pages, before = [], None
    while page := ledger.history(GROUP, 4, before):
        pages += page
        before = page[-1].id
    assert pages == everything
    assert len({revision.id for revision in pages}) == 15
    assert [revision.number for revision in pages] == sorted((revision.number for revision in pages), reverse=True)


def test_the_own_part_stays_beside_the_revisions_and_is_never_overwritten_either(ledger: Ledger) -> None:
    """S-31, Z-08: what the unit keeps for itself is in no revision."""
    revision = commit(ledger, 1)
    assert ledger.own(GROUP) is None
    for number in (1, 2):
        ledger.commit_own(GROUP, canonical({"address": f"10.0.0.{number}/24"}), AUTHOR)
    assert ledger.own(GROUP) == b'{"address":"10.0.0.2/24"}'
    assert [version.part for version in ledger.own_history(GROUP)] == [b'{"address":"10.0.0.2/24"}', b'{"address":"10.0.0.1/24"}']
    assert ledger.own_history(GROUP)[0].author == AUTHOR
    assert ledger.head(GROUP) == revision
    assert ledger.own(8) is None
    with pytest.raises(LedgerError, match=r"an own part is refused: it is not in the canonical form"):
        ledger.commit_own(GROUP, b"x", AUTHOR)
    with pytest.raises(LedgerError, match=r"group 256 is refused"):
        ledger.commit_own(256, b"{}", AUTHOR)


def test_a_transaction_is_kept_as_a_whole_or_not_at_all(ledger: Ledger) -> None:
    """Nested changes too: a decision, its pins and its head move are one."""
    one, two = line(ledger, 2)
    ledger.set_state("decision/1", b"open")
    with suppress(ZeroDivisionError), ledger.transaction():
        ledger.set_state("decision/1", b"chosen")
        ledger.move_head(GROUP, one.id, "chosen")
        ledger.pin(two.id, "decision 1")
        raise ZeroDivisionError
    assert (ledger.get_state("decision/1"), ledger.head(GROUP), ledger.pins()) == (b"open", two, [])
    with ledger.transaction():
        ledger.set_state("decision/1", b"chosen")
        with pytest.raises(LedgerError):
            ledger.pin(bytes(32), "not held")
        ledger.move_head(GROUP, one.id, "chosen")
    assert (ledger.get_state("decision/1"), ledger.head(GROUP), ledger.pins()) == (b"chosen", one, [])


def test_records_of_the_handover_are_kept_by_key(ledger: Ledger) -> None:
    """Z-20: a pairing outlives a restart."""
    for key in ("pairing/7", "pairing/8", "pairing%", "decision/1"):
        ledger.set_state(key, key.encode())
    ledger.set_state("pairing/8", None)
    assert ledger.states("pairing/") == {"pairing/7": b"pairing/7"}
    assert ledger.states() == {"decision/1": b"decision/1", "pairing%": b"pairing%", "pairing/7": b"pairing/7"}
    assert ledger.get_state("pairing/8") is None


def test_threads_commit_beside_one_another(ledger: Ledger) -> None:
    def work(group: int) -> None:
        for number in range(1, 26):
            commit(ledger, number, group=group)

    threads = [threading.Thread(target=work, args=(group,)) for group in (1, 2, 3, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heads = [ledger.head(group) for group in (1, 2, 3)]
    assert [head.number for head in heads if head] == [25, 25, 50]


def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerError, match=r"was closed .* Open the ledger again"):
        ledger.head(GROUP)
