"""A full disk: said in words, nothing changed, and on it goes when there is space again."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agent.ledger.errors import NoSpace
from agent.ledger.ledger import Ledger
from agent.ledger.reader import LedgerReader
from agent.ledger.retention import Retention
from tests.ledger.kit import AUTHOR, GROUP, MIB, commit, document, random_file, verify

FULL = r"no space is left. Nothing was changed. Free some space there, or choose another data_dir, and try again"


@contextmanager
def filled(disk: Path, left: int = 0) -> Iterator[None]:
    """While the block runs, `left` bytes are free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)) == 4096:
                pass
        except OSError:
            file.truncate(max(0, file.tell() - left) // 4096 * 4096)
    yield
    ballast.unlink()


def test_a_file_that_does_not_fit_changes_nothing(small_disk: Path, tmp_path: Path) -> None:
    """Z-28: what was saved stays; the pack ends where it ended."""
    with Ledger(small_disk / "ledger") as ledger:
        head = commit(ledger, 1, {"show": ledger.packs.store_file(random_file(tmp_path / "a", MIB))})
        packs = {path: path.stat().st_size for path in (ledger.directory / "packs").iterdir()}
        with pytest.raises(NoSpace, match=FULL):
            ledger.packs.store_file(random_file(tmp_path / "b", 20 * MIB))
        assert {path: path.stat().st_size for path in packs} == packs
        verify(ledger, head)
        after = commit(ledger, 2, {"show": ledger.packs.store_file(random_file(tmp_path / "c", 2 * MIB))})
    with Ledger(small_disk / "ledger") as ledger:
        verify(ledger, head)
        verify(ledger, after)


def test_a_revision_that_does_not_fit_changes_nothing(small_disk: Path) -> None:
    """Whatever the step at which the space ends; the reader sees the old head all the time."""
    with Ledger(small_disk / "ledger") as ledger:
        commit(ledger, 1)
        number = 1
        for left in (0, 4096, 8192, 20_480, 65_536):
            with filled(small_disk, left):
                number = commit_until_full(ledger, number)
                found = LedgerReader(ledger.directory).head_content(GROUP)
                assert found is not None
                assert found.number == number
                head = ledger.head(GROUP)
                assert head is not None
                verify(ledger, head)
            number += 1
            verify(ledger, commit(ledger, number))
    with Ledger(small_disk / "ledger") as ledger:
        assert len(ledger.history(GROUP, 1000)) == number


def commit_until_full(ledger: Ledger, number: int) -> int:
    """The number of the last revision that there was space for."""
    with pytest.raises(NoSpace, match=FULL):
        commit_many(ledger, number + 1)
    newest = ledger.history(GROUP, 1)[0].number
    assert newest >= number
    return newest


def commit_many(ledger: Ledger, number: int) -> None:
    for more in range(100):
        ledger.commit(GROUP, document(number + more, 30_000), {}, AUTHOR, "edit")


def test_a_transaction_that_does_not_fit_changes_nothing(small_disk: Path) -> None:
    """Not even its first half."""
    with Ledger(small_disk / "ledger") as ledger:
        one = commit(ledger, 1)
        with pytest.raises(NoSpace), ledger.transaction():
            _save_much(ledger)
        assert ledger.head(GROUP) == one
        assert ledger.get_state("decision") is None
        assert len(ledger.history(GROUP, 10)) == 1


def _save_much(ledger: Ledger) -> None:
    ledger.set_state("decision", b"open")
    for number in range(2, 1000):
        ledger.commit(GROUP, document(number, 50_000), {}, AUTHOR, "edit")


def test_pruning_frees_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    with Ledger(small_disk / "ledger") as ledger:
        commit(ledger, 1, {"show": ledger.packs.store_file(random_file(tmp_path / "a", 4 * MIB))})
        commit(ledger, 2)
        with pytest.raises(NoSpace):
            ledger.packs.store_file(random_file(tmp_path / "b", 5 * MIB))
        assert ledger.prune(Retention(1, 0, 0)).freed_bytes > 4 * MIB
        verify(ledger, commit(ledger, 3, {"show": ledger.packs.store_file(tmp_path / "b")}))


def test_a_ledger_on_a_full_disk_opens_and_is_read_or_says_why_not(small_disk: Path) -> None:
    with Ledger(small_disk / "ledger") as ledger:
        head = commit(ledger, 1)
    with filled(small_disk):
        with suppress(NoSpace), Ledger(small_disk / "ledger") as ledger:
            assert ledger.head(GROUP) == head
        with pytest.raises(NoSpace, match=FULL):
            Ledger(small_disk / "another")
        found = LedgerReader(small_disk / "ledger").head_content(GROUP)
        assert found is not None
        assert found.number == 1
    with Ledger(small_disk / "ledger") as ledger:
        assert ledger.head(GROUP) == head
    Ledger(small_disk / "another").close()


LIMITED = """
import resource, sys
from pathlib import Path
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from tests.ledger.kit import GROUP, commit, verify
ledger = Ledger(Path(sys.argv[1]))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
try:
    ledger.packs.store_file(Path(sys.argv[2]))
except LedgerError as error:
    print(error)
assert all(path.stat().st_size == 0 for path in (ledger.directory / "packs").iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
verify(ledger, commit(ledger, 1, {"show": ledger.packs.store_file(Path(sys.argv[2]))}))
print("done")
"""


def test_a_limit_on_file_sizes_is_said_too(tmp_path: Path) -> None:
    """Needs no root: the kernel refuses the write in the middle of a segment."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own choice
    assert resource.RLIMIT_FSIZE
    arguments = [sys.executable, "-c", LIMITED, str(tmp_path / "ledger"), str(random_file(tmp_path / "show", 3 * MIB))]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    refusal, end = done.stdout.splitlines()
    assert "the limit on file sizes is reached. Nothing was changed." in refusal
    assert end == "done"
