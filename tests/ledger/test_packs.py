"""Chunks: stored once, verified whenever they are read, quick and with bounded memory."""

import hashlib
import os
import stat
import threading
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from agent.documents.canonical import CHUNK_BYTES, FileEntry
from agent.ledger import packfile, store, writer
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from tests.ledger.kit import MIB, commit, file_digest, random_file, verify


def pack_files(ledger: Ledger) -> list[Path]:
    return sorted((ledger.directory / "packs").glob("*.pack"))


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 4 * CHUNK_BYTES, 9 * MIB + 5])
def test_a_file_comes_back_as_it_was(ledger: Ledger, tmp_path: Path, size: int) -> None:
    """Z-28: byte for byte, of every size around the edges of chunks and segments."""
    source = random_file(tmp_path / "file", size)
    entry = ledger.packs.store_file(source)
    data = source.read_bytes()
    assert (entry.size_bytes, entry.digest) == (size, hashlib.sha256(data).digest())
    assert entry.chunk_digests == tuple(
        hashlib.sha256(data[place : place + CHUNK_BYTES]).digest() for place in range(0, size, CHUNK_BYTES)
    )
    assert b"".join(ledger.packs.open_file(entry)) == data


def test_one_changed_byte_in_100_mb_costs_one_chunk(ledger: Ledger, tmp_path: Path) -> None:
    """The ledger section of the issue. Nothing else is stored again."""
    source = random_file(tmp_path / "show", 100_000_000)
    before = ledger.packs.store_file(source)
    size = sum(path.stat().st_size for path in pack_files(ledger))
    with source.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte[0] ^ 1]))
    after = ledger.packs.store_file(source)
    assert len(set(after.chunk_digests) - set(before.chunk_digests)) == 1
    added = sum(path.stat().st_size for path in pack_files(ledger)) - size
    assert CHUNK_BYTES <= added < CHUNK_BYTES + 100
    assert file_digest(ledger, before) == before.digest != after.digest


def test_storing_a_file_takes_bounded_memory_and_packs_of_64_mib(ledger: Ledger, tmp_path: Path) -> None:
    """Up to 1 GiB a group is streamed: segments of 8 MiB, of which two are in memory."""
    source = random_file(tmp_path / "show", 80 * MIB)
    tracemalloc.start()
    ledger.packs.store_file(source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * MIB
    sizes = [path.stat().st_size for path in pack_files(ledger)]
    assert len(sizes) == 2
    assert max(sizes) <= packfile.PACK_BYTES


def test_progress_is_told_up_to_the_end(ledger: Ledger, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    ledger.packs.store_file(random_file(tmp_path / "show", 3 * MIB + 1), lambda done, total: told.append((done, total)))
    assert told == [(size, 3 * MIB + 1) for size in (MIB, 2 * MIB, 3 * MIB, 3 * MIB + 1)]


def test_a_file_comes_in_by_a_pipe_too(ledger: Ledger) -> None:
    """Descriptors that the command line passes on need not be files."""
    reading, writing = os.pipe()
    data = os.urandom(700_000)

    def send() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            pipe.write(data)

    sender = threading.Thread(target=send)
    sender.start()
    entry = ledger.packs.store_file(reading)
    sender.join()
    os.close(reading)
    assert b"".join(ledger.packs.open_file(entry)) == data


def test_a_file_that_cannot_be_read_or_is_too_large_is_refused(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LedgerError, match=r"No such file or directory"):
        ledger.packs.store_file(tmp_path / "nothing")
    with pytest.raises(LedgerError, match=r"Is a directory"):
        ledger.packs.store_file(tmp_path)
    monkeypatch.setattr(store, "MAX_FILES_BYTES", 1 << 20)
    huge = random_file(tmp_path / "huge", MIB + 1)
    with pytest.raises(LedgerError, match=r"larger than 1 MiB, the limit of a group"):
        ledger.packs.store_file(huge)


def test_a_transfer_that_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Z-31: what an earlier transfer has stored is not asked for again. Whole segments stay, the rest is forgotten."""
    chunks = [os.urandom(CHUNK_BYTES) for _ in range(40)]
    digests = [hashlib.sha256(chunk).digest() for chunk in chunks]
    with Ledger(tmp_path / "ledger") as ledger, suppress(ZeroDivisionError), ledger.packs.writer() as cut:
        for chunk in chunks[:35]:
            cut.add(chunk)
        raise ZeroDivisionError
    with Ledger(tmp_path / "ledger") as ledger:
        missing = ledger.packs.missing(digests)
        assert missing == digests[writer.SEGMENT_BYTES // CHUNK_BYTES :]
        with ledger.packs.writer() as again:
            for chunk in chunks:
                again.add(chunk)
            again.commit()
        assert again.stored == len(missing)
        assert ledger.packs.missing(digests) == []


def test_missing_names_each_chunk_once_and_in_order(ledger: Ledger, tmp_path: Path) -> None:
    held = ledger.packs.store_file(random_file(tmp_path / "a", 10)).chunk_digests[0]
    a, b = bytes([1]) * 32, bytes([2]) * 32
    assert ledger.packs.missing([b, held, a, b, a]) == [b, a]


@pytest.mark.parametrize("size", [0, CHUNK_BYTES + 1])
def test_a_chunk_has_1_to_262144_bytes(ledger: Ledger, size: int) -> None:
    with ledger.packs.writer() as one, pytest.raises(LedgerError, match=r"it has 1 to 262144 bytes"):
        one.add(bytes(size))


def test_a_chunk_that_the_disk_has_changed_is_never_given_out_and_can_be_stored_again(ledger: Ledger, tmp_path: Path) -> None:
    """Z-28: verified whenever it is read; then it counts as missing, and the master is asked for it."""
    source = random_file(tmp_path / "show", 600_000)
    entry = ledger.packs.store_file(source)
    revision = commit(ledger, 1, {"show": entry})
    flip(pack_files(ledger)[0], 300_000)
    with pytest.raises(packfile.Damaged, match=r"pack 00000001 is damaged. Pull the file from the master again, import it again"):
        file_digest(ledger, entry)
    assert ledger.missing_chunks(revision.id) == [entry.chunk_digests[1]]
    assert not ledger.is_complete(revision.id)
    assert ledger.packs.store_file(source) == entry
    verify(ledger, revision)


def test_a_pack_that_has_become_shorter_misses_its_last_chunks_only(tmp_path: Path) -> None:
    """C-08: an incomplete snapshot is not taken for a complete one. Nothing is deleted: the pack may be put back."""
    with Ledger(tmp_path / "ledger") as ledger:
        entry = ledger.packs.store_file(random_file(tmp_path / "show", 600_000))
        revision = commit(ledger, 1, {"show": entry})
        pack = pack_files(ledger)[0]
    whole = pack.read_bytes()
    os.truncate(pack, 500_000)
    with Ledger(tmp_path / "ledger") as ledger:
        assert ledger.missing_chunks(revision.id) == list(entry.chunk_digests[1:])
        assert ledger.head(revision.group) == revision
    pack.unlink()
    with Ledger(tmp_path / "ledger") as ledger:
        assert ledger.missing_chunks(revision.id) == list(entry.chunk_digests)
        commit(ledger, 2, {"more": ledger.packs.store_file(random_file(tmp_path / "more", 5))})
    pack.write_bytes(whole)
    with Ledger(tmp_path / "ledger") as ledger:
        verify(ledger, revision)


def test_a_torn_tail_is_written_over(tmp_path: Path) -> None:
    """What a cut left behind the last chunk that the index knows is no chunk, and its room is used again."""
    with Ledger(tmp_path / "ledger") as ledger:
        first = ledger.packs.store_file(random_file(tmp_path / "a", 1000))
        pack = pack_files(ledger)[0]
    with pack.open("ab") as file:
        file.write(b"UPK1 and half a chunk" * 1000)
    with Ledger(tmp_path / "ledger") as ledger:
        second = ledger.packs.store_file(random_file(tmp_path / "b", 1000))
        assert pack.stat().st_size == 2 * (40 + 1000)
        assert [file_digest(ledger, entry) for entry in (first, second)] == [first.digest, second.digest]


def test_several_transfers_at_once_do_not_disturb_one_another(ledger: Ledger, tmp_path: Path) -> None:
    """Each appends to a pack of its own; what they share is stored at least once."""
    shared = os.urandom(2 * MIB)
    entries: dict[int, FileEntry] = {}

    def work(number: int) -> None:
        source = tmp_path / f"file{number}"
        source.write_bytes(shared + os.urandom(10 * MIB))
        entries[number] = ledger.packs.store_file(source)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, entry in entries.items():
        assert b"".join(ledger.packs.open_file(entry)) == (tmp_path / f"file{number}").read_bytes()


def test_a_file_with_a_chunk_of_another_size_is_refused_while_it_is_read(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.packs.store_file(random_file(tmp_path / "a", 1000))
    with pytest.raises(LedgerError, match=r"has not the size that its file needs"):
        list(ledger.packs.open_file(entry._replace(size_bytes=999)))
    with pytest.raises(LedgerError, match=r"it is not stored here"):
        list(ledger.packs.open_file(entry._replace(chunk_digests=(bytes(32),))))


def test_the_ledger_is_for_its_user_alone(ledger: Ledger, tmp_path: Path) -> None:
    """Own parts never leave the machine, nor does another user of it read them."""
    os.umask(os.umask(0o022))
    commit(ledger, 1, {"show": ledger.packs.store_file(random_file(tmp_path / "a", 1000))})
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (ledger.directory, *ledger.directory.rglob("*"))}
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if path.is_file()} == {0o600}
    assert len(found) == 7  # ledger, packs; ledger.db, -wal, -shm, lock, one pack


def test_files_are_not_stored_within_a_transaction(ledger: Ledger, tmp_path: Path) -> None:
    """It would hold up everybody else for as long as the disk needs, and wait for itself."""
    with ledger.transaction(), pytest.raises(AssertionError):
        ledger.packs.store_file(random_file(tmp_path / "a", 10))
