"""Kills and power cuts at any moment leave the old revision or the new one, whole, and never a mixture (Z-28, C-08).

Three layers: a process is killed while it saves; the directory is copied before and after every write of a save, and what was
not forced to the disk by then is taken away again; the log and the database are cut off and garbled everywhere.
"""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from agent.documents.canonical import CHUNK_BYTES
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from agent.ledger.retention import Retention
from agent.ledger.revision import Revision
from tests.ledger.kit import GROUP, commit, copy, document, random_file, verify

FRAME = 4096 + 24  # a page of the log with its header; the log itself begins with 32 bytes


def head_number(directory: Path) -> int:
    """Open what a cut has left: the number of the head, whose document and files are whole."""
    with Ledger(directory) as ledger:
        head = ledger.head(GROUP)
        assert head is not None
        content = ledger.content(head.id)
        assert content is not None
        assert content.shared == document(head.number)
        verify(ledger, head)
        assert len(ledger.history(GROUP, 100)) == head.number
        commit(ledger, 99, {"more": ledger.packs.store_file(random_file(directory.parent / "more", 1000))})  # and it goes on
        return head.number


def old_and_new(directory: Path) -> Iterator[Ledger]:
    """A ledger with an old revision in the database file, and a new one, with a file, in the log; still open."""
    show = random_file(directory.parent / "show", 2 * CHUNK_BYTES + 7)
    with Ledger(directory) as ledger:
        commit(ledger, 1, {"show": ledger.packs.store_file(show)})
    with Ledger(directory) as ledger:
        commit(ledger, 2, {"show": ledger.packs.store_file(random_file(show, 3 * CHUNK_BYTES))})
        yield ledger


@pytest.fixture
def half_written(tmp_path: Path) -> Path:
    """A copy of such a directory: database, log, packs."""
    for ledger in old_and_new(tmp_path / "ledger"):
        return copy(ledger.directory, tmp_path / "copy")
    raise AssertionError


def cut_off(name: str, place: int, directory: Path) -> None:
    os.truncate(directory / name, place)


class Trial:
    """Copies of one directory, each spoiled in its own way."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.directory = source.with_name("trial")

    def __call__(self, spoil: Callable[[Path], None]) -> int:
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.copytree(self.source, self.directory)
        spoil(self.directory)
        return head_number(self.directory)


def test_a_process_killed_at_any_moment_leaves_the_old_or_the_new_revision(tmp_path: Path) -> None:
    """Z-28: 200 kills while files are stored, revisions saved and pruned. What a commit has announced is always there."""
    arguments = [sys.executable, "-m", "tests.ledger.killer", str(tmp_path / "ledger"), "200", "7"]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    counts = dict(word.split("=") for word in done.stdout.split())
    assert counts["kills"] == "200"
    assert int(counts["commits"]) > 50  # the kills were not all too early


def test_the_log_cut_off_anywhere_gives_the_old_or_the_new_revision(half_written: Path) -> None:
    """At every frame, beside it, and at random bytes; the whole log gives the new one."""
    trial = Trial(half_written)
    size = (half_written / "ledger.db-wal").stat().st_size
    frames = range(32, size + 1, FRAME)
    places = {0, 1, 31, *frames, *(place + 1 for place in frames), *random.Random(4).sample(range(size), 40)}
    found = {place: trial(partial(cut_off, "ledger.db-wal", place)) for place in sorted(places)}
    numbers = list(found.values())
    assert numbers == sorted(numbers)  # no cut in between brings back an older state
    assert (numbers[0], found[size]) == (1, 2)


def test_a_log_garbled_anywhere_gives_the_old_or_the_new_revision(half_written: Path) -> None:
    """Sectors that never reached the disk: zeros, or what stood there before."""
    source, trial = random.Random(5), Trial(half_written)
    size = (half_written / "ledger.db-wal").stat().st_size

    def garble(directory: Path) -> None:
        with (directory / "ledger.db-wal").open("r+b") as file:
            file.seek(source.randrange(size) // 512 * 512)
            file.write(bytes(512) if source.random() < 0.5 else source.randbytes(512))

    assert {trial(garble) for _ in range(60)} <= {1, 2}


def test_a_database_file_cut_off_anywhere_is_refused_in_words_or_gives_a_whole_revision(half_written: Path) -> None:
    """No file system does this by itself. If somebody does, it is said, and nothing is made of the rest."""
    trial = Trial(half_written)
    size = (half_written / "ledger.db").stat().st_size
    places = (*range(0, size, 4096), *random.Random(6).sample(range(size), 20))
    outcomes = {said_or_number(trial, partial(cut_off, "ledger.db", place)) for place in places}
    assert outcomes <= {1, 2, "said"}
    assert "said" in outcomes


def said_or_number(trial: Trial, spoil: Callable[[Path], None]) -> int | str:
    """The number of the head; "said" when the ledger says that it is damaged, and what to do."""
    try:
        return trial(spoil)
    except LedgerError as error:
        return "said" if "damaged" in str(error) and "dmesg" in str(error) else str(error)


def test_a_pack_cut_off_anywhere_is_noticed_before_its_revision_is_given_out(half_written: Path) -> None:
    """C-08: the index says more than the disk has kept: missing chunks are missing, not zeros."""
    size = (half_written / "packs" / "00000001.pack").stat().st_size
    for place in (0, 39, 40, *random.Random(8).sample(range(size), 25), size - 1):
        directory = half_written.with_name("trial")
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(half_written, directory)
        os.truncate(directory / "packs" / "00000001.pack", place)
        with Ledger(directory) as ledger:
            head = ledger.head(GROUP)
            assert head is not None
            assert head.number == 2
            assert not ledger.is_complete(head.id)
            with pytest.raises(LedgerError, match=r"not held completely. Pull it first"):
                ledger.move_head(GROUP, head.id, "again")


class PowerCuts:
    """Copies the directory before and after every write, sync and SQL statement of what runs while it watches.

    A copy is what a power cut may leave: packs end anywhere between what was forced to the disk and what was written.
    """

    def __init__(self, directory: Path, copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.copies = directory, copies
        self.count = 0
        self._forced: dict[str, int] = {}
        self._source = random.Random(9)
        copies.mkdir()
        self._force_all()
        monkeypatch.setattr(os, "writev", self._around(os.writev))
        monkeypatch.setattr(os, "fsync", self._syncing(os.fsync))

    def cut(self, _: object = None) -> None:
        """One more copy."""
        target = copy(self.directory, self.copies / f"{self.count:04}")
        self.count += 1
        for pack in (target / "packs").iterdir():
            forced, written = self._forced.get(pack.name, 0), pack.stat().st_size
            os.truncate(pack, self._source.choice((forced, written, self._source.randint(forced, max(forced, written)))))

    def _around(self, call: Callable[..., int]) -> Callable[..., int]:
        def wrapped(*arguments: object) -> int:
            self.cut()
            result = call(*arguments)
            self.cut()
            return result

        return wrapped

    def _syncing(self, call: Callable[[int], None]) -> Callable[[int], None]:
        def wrapped(descriptor: int) -> None:
            self.cut()
            call(descriptor)
            self._force_all()
            self.cut()

        return wrapped

    def _force_all(self) -> None:
        self._forced = {pack.name: pack.stat().st_size for pack in (self.directory / "packs").iterdir()}


def save_and_prune(ledger: Ledger, source: Path) -> Revision:
    """Everything that writes: a file, a revision, the pruning of the old one, with a pack that is written anew."""
    data = source.read_bytes()
    source.write_bytes(os.urandom(CHUNK_BYTES) + data[-CHUNK_BYTES - 7 :])
    revision = commit(ledger, 3, {"show": ledger.packs.store_file(source)})
    ledger.prune(Retention(1, 0, 0))
    return revision


def test_a_power_cut_before_or_after_any_write_leaves_the_old_or_the_new_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Z-28: no chunk is in the index before it is on the disk; the head moves last; packs go when nobody names them."""
    for ledger in old_and_new(tmp_path / "ledger"):
        cuts = PowerCuts(ledger.directory, tmp_path / "cuts", monkeypatch)
        ledger._database._connection.set_trace_callback(cuts.cut)
        save_and_prune(ledger, tmp_path / "show")
        ledger._database._connection.set_trace_callback(None)
        monkeypatch.undo()
        cuts.cut()
    numbers = [head_number(path) for path in sorted((tmp_path / "cuts").iterdir())]
    assert cuts.count > 30
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-1]) == (2, 3)


def test_a_power_cut_while_the_ledger_is_made_leaves_nothing_that_stands_in_the_way(tmp_path: Path) -> None:
    """The first start of a unit, cut off: the next one begins again."""
    with Ledger(tmp_path / "ledger") as ledger:
        made = copy(ledger.directory, tmp_path / "copy")
    size = (made / "ledger.db-wal").stat().st_size
    for place in (0, 31, *range(32, size + 1, FRAME)):
        trial = tmp_path / f"trial{place}"
        shutil.copytree(made, trial)
        cut_off("ledger.db-wal", place, trial)
        with Ledger(trial) as ledger:
            verify(ledger, commit(ledger, 1))
