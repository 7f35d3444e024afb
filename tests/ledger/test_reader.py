"""What a device worker sees: the head, whole, at once, and without disturbing anybody."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.documents.canonical import canonical
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from agent.ledger.reader import LedgerReader
from tests.ledger.kit import AUTHOR, GROUP, MIB, commit, copy, document, random_file, tree

WRITER = """
import sys
from pathlib import Path
from agent.ledger.ledger import Ledger
from tests.ledger.kit import AUTHOR, GROUP, document
from agent.documents.canonical import canonical
with Ledger(Path(sys.argv[1])) as ledger:
    print("ready", flush=True)
    for number in range(1, int(sys.argv[2]) + 1):
        with ledger.transaction():
            ledger.commit(GROUP, document(number, 50_000), {}, AUTHOR, "edit")
            ledger.commit_own(GROUP, canonical({"number": number}), AUTHOR)
"""


def writer(directory: Path, commits: int) -> "subprocess.Popen[str]":
    """Another process that commits; it has the ledger open when this returns."""
    arguments = [sys.executable, "-c", WRITER, str(directory), str(commits)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_the_head_comes_with_the_own_part_and_the_files(ledger: Ledger, tmp_path: Path) -> None:
    """S-29: what a worker loads is what the ledger says, digest and all."""
    source = random_file(tmp_path / "show", 600_000)
    revision = commit(ledger, 1, {"show.bin": ledger.packs.store_file(source)})
    ledger.commit_own(GROUP, b'{"address":"10.0.0.2/24"}', AUTHOR)
    reader = LedgerReader(ledger.directory)
    head = reader.head_content(GROUP)
    assert head is not None
    assert (head.number, head.digest, head.revision_id) == (1, revision.digest, revision.id)
    assert (head.shared, head.own, list(head.manifest)) == (document(1), b'{"address":"10.0.0.2/24"}', ["show.bin"])
    assert b"".join(reader.file(GROUP, "show.bin")) == source.read_bytes()
    assert reader.head_content(8) is None
    with pytest.raises(LedgerError, match=r"group 7 has no file 'other' in force. Import it"):
        reader.file(GROUP, "other")


def test_a_ledger_that_does_not_exist_yet_is_nothing(tmp_path: Path) -> None:
    """A worker may start before the handover process has made the ledger."""
    reader = LedgerReader(tmp_path / "ledger")
    assert reader.head_content(GROUP) is None
    with pytest.raises(LedgerError, match="has no file"):
        reader.file(GROUP, "show.bin")
    (tmp_path / "ledger").mkdir()
    assert reader.head_content(GROUP) is None
    (tmp_path / "ledger" / "ledger.db").touch()
    assert reader.head_content(GROUP) is None
    with Ledger(tmp_path / "ledger") as ledger:
        assert reader.head_content(GROUP) is None
        commit(ledger, 1)
        assert reader.head_content(GROUP) is not None


@pytest.mark.parametrize("state", ["open", "closed", "killed"])
def test_reading_makes_no_file_and_changes_none(tmp_path: Path, state: str) -> None:
    """Whoever reads must not own a file that the writer needs, nor leave one behind."""
    directory = tmp_path / "ledger"
    process = writer(directory, 3 if state == "closed" else 10**9)
    if state == "closed":
        process.wait(10)
    else:
        time.sleep(0.1)
        process.send_signal(19)  # SIGSTOP: it holds what it holds
    if state == "killed":
        process.kill()
        process.wait(10)
    before = tree(directory)
    found = LedgerReader(directory).head_content(GROUP)
    after = tree(directory)
    process.kill()
    process.wait(10)
    assert found is not None
    # The index in shared memory has the marks of readers in it; nothing else may differ, not even by a file.
    assert set(before) == set(after)
    assert {name for name in before if before[name] != after[name]} <= {"ledger.db-shm"}


def test_every_look_while_the_writer_commits_is_one_revision_with_its_own_part(tmp_path: Path) -> None:
    """S-29: never a mixture. The writer goes on at its own pace meanwhile."""
    directory = tmp_path / "ledger"
    process = writer(directory, 400)
    reader = LedgerReader(directory)
    seen = []
    while process.poll() is None:
        head = reader.head_content(GROUP)
        if head:
            assert (head.shared, head.own) == (document(head.number, 50_000), canonical({"number": head.number}))
            seen.append(head.number)
    assert process.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 20
    last = reader.head_content(GROUP)
    assert last is not None
    assert last.number == 400


def test_looks_while_the_ledger_is_opened_and_closed_again_and_again(tmp_path: Path) -> None:
    """The moments in which log and index come and go."""
    directory = tmp_path / "ledger"
    with Ledger(directory) as ledger:
        commit(ledger, 0)
    program = """
import sys
from pathlib import Path
from agent.ledger.ledger import Ledger
from tests.ledger.kit import commit
for number in range(150):
    with Ledger(Path(sys.argv[1])) as ledger:
        commit(ledger, number)
"""
    process = subprocess.Popen([sys.executable, "-c", program, str(directory)], cwd=Path(__file__).parents[2])
    reader = LedgerReader(directory)
    seen = []
    while process.poll() is None:
        head = reader.head_content(GROUP)
        assert head is not None
        seen.append(head.number)
    assert process.returncode == 0
    assert seen == sorted(seen)


def test_100_kb_are_read_within_5_ms(ledger: Ledger) -> None:
    """The best of several: other users of the machine are not the reader's fault. bench/ledger.py has the figure."""
    ledger.commit(GROUP, document(1, 100_000), {}, AUTHOR, "edit")
    ledger.commit_own(GROUP, document(2, 1000), AUTHOR)
    reader, times = LedgerReader(ledger.directory), []
    for _ in range(10):
        started = time.perf_counter()
        assert reader.head_content(GROUP)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.005


def test_a_log_without_its_index_is_left_to_the_writer(ledger: Ledger, tmp_path: Path) -> None:
    """After a power cut, before the unit has opened its ledger: the file alone may be half of a change."""
    commit(ledger, 1)
    cut = copy(ledger.directory, tmp_path / "cut")
    with pytest.raises(LedgerError, match=r"its unit has to open it first, to bring in its last changes. Start the unit"):
        LedgerReader(cut).head_content(GROUP)
    Ledger(cut).close()
    assert LedgerReader(cut).head_content(GROUP) is not None


def test_a_damaged_or_unreadable_ledger_is_an_error_in_words(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        commit(ledger, 1)
    path = tmp_path / "ledger" / "ledger.db"
    os.truncate(path, 8192)
    with pytest.raises(LedgerError, match=r"is damaged: .* Nothing was deleted. Stop the unit"):
        LedgerReader(tmp_path / "ledger").head_content(GROUP)
    path.write_bytes(b"x" * MIB)
    with pytest.raises(LedgerError, match="is damaged: file is not a database"):
        LedgerReader(tmp_path / "ledger").head_content(GROUP)
    path.unlink()
    path.mkdir()
    with pytest.raises(LedgerError, match="ledger"):
        LedgerReader(tmp_path / "ledger").head_content(GROUP)
