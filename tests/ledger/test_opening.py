"""Opening a ledger: ours or not, whole or not, and what to do. Nothing is ever deleted."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from tests.ledger.kit import GROUP, commit, copy, line, random_file, tree


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A ledger of three revisions, closed."""
    with Ledger(tmp_path / "ledger") as ledger:
        line(ledger, 3)
    return tmp_path / "ledger"


def run_sql(directory: Path, *statements: str) -> None:
    connection = sqlite3.connect(directory / "ledger.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def refused(directory: Path, match: str) -> None:
    """Opening is refused with this sentence, and no file has changed."""
    before = tree(directory)
    with pytest.raises(LedgerError, match=match):
        Ledger(directory)
    after = tree(directory)
    assert {name: after.get(name) for name in before} == before


def test_what_was_saved_is_there_again_after_a_restart(directory: Path) -> None:
    """Z-28: with the settings of the issue: WAL, FULL."""
    with Ledger(directory) as ledger:
        head = ledger.head(GROUP)
        assert head is not None
        assert head.number == 3
        pragmas = [ledger._database.row(f"PRAGMA {name}")[0] for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert pragmas == ["wal", 2, 1]


def test_a_ledger_of_a_newer_version_is_left_alone(directory: Path) -> None:
    """D-60, C-14: an older software on a newer data directory says so."""
    run_sql(directory, "PRAGMA user_version = 2")
    refused(directory, r"written by a newer Understudy \(ledger version 2; this one knows 1\). Run that version again")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    run_sql(tmp_path / "ledger", "CREATE TABLE birds (name)")
    with pytest.raises(LedgerError, match=r"is the database of another program. Move it away, or choose another data_dir"):
        Ledger(tmp_path / "ledger")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir(mode=0o700)
    (tmp_path / "ledger" / "ledger.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    refused(tmp_path / "ledger", r"is damaged: file is not a database. Nothing was deleted. .*\(mv .*ledger.damaged\)")


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: os.truncate(path, 0)])
def test_an_empty_or_missing_database_beside_a_log_or_packs_is_left_alone(
    directory: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """SQLite would take it for a new one, and throw the log away; the next pruning would take the packs."""
    with Ledger(directory) as ledger:
        commit(ledger, 4)
        with_log = copy(directory, tmp_path / "log")
        commit(ledger, 5, {"show": ledger.packs.store_file(random_file(tmp_path / "show", 1000))})
    for spoiled in (directory, with_log):
        spoil(spoiled / "ledger.db")
        refused(spoiled, r"is damaged: ledger.db is (empty|missing), and what belongs to it is still there")


def test_a_damaged_table_is_found_at_the_start(directory: Path) -> None:
    """Heads and revisions are looked through; contents carry digests, and are looked at when they are read."""
    root = (
        sqlite3.connect(directory / "ledger.db").execute("SELECT rootpage FROM sqlite_master WHERE name = 'head'").fetchone()[0]
    )
    with (directory / "ledger.db").open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 200)
    refused(directory, "is damaged: .*Nothing was deleted")


def test_a_damaged_content_is_found_when_it_is_read(directory: Path) -> None:
    """Z-28: byte for byte, or not at all."""
    run_sql(directory, """UPDATE content SET shared = '{"number":3,"text":"changed"}' WHERE seq = 3""")
    with Ledger(directory) as ledger:
        head = ledger.head(GROUP)
        assert head is not None
        with pytest.raises(LedgerError, match=r"is damaged: it is not what was stored. .* restore another revision"):
            ledger.content(head.id)
        assert ledger.content(head.parents[0]) is not None


def test_a_revision_whose_metadata_the_disk_has_changed_is_found_when_it_is_read(directory: Path) -> None:
    """Z-25: who and when are under the id."""
    run_sql(directory, "UPDATE revision SET author = 'somebody else' WHERE number = 3")
    with Ledger(directory) as ledger, pytest.raises(LedgerError, match=r"the record of revision .* is damaged"):
        ledger.head(GROUP)


def test_one_process_writes(directory: Path) -> None:
    """Two writers could each believe in their own head."""
    with Ledger(directory), pytest.raises(LedgerError, match=r"in use by another process: a ledger has one writer. Stop that"):
        Ledger(directory)
    with Ledger(directory) as ledger:
        commit(ledger, 4)


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"Not a directory. Mend the disk or its permissions"):
        Ledger(tmp_path / "file" / "ledger")


def test_a_creation_that_was_cut_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "ledger.db").touch(mode=0o600)
    with Ledger(tmp_path / "ledger") as ledger:
        commit(ledger, 1)


def test_the_lock_is_not_left_behind_by_a_process_that_died(directory: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from agent.ledger.ledger import Ledger
ledger = Ledger(Path({str(directory)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2], env={**os.environ})
    assert done.returncode == -9
    with Ledger(directory) as ledger:
        assert ledger.groups() == [GROUP]
