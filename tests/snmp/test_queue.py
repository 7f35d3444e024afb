"""The queue of notifications on the disk: order, restarts, bounds, and a disk that fails (agent.management.snmp.queue)."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.management.snmp.queue import MAX_ENTRIES, Queue
from agent.management.snmp.queue_safe import SafeQueue


def add(queue: Queue, *bodies: str, told: str = "") -> int:
    return queue.add({"told": told}, bodies, "boot", 5)


def drained(queue: Queue, target: str) -> list[str]:
    """What this target gets, in order."""
    found = []
    while entry := queue.head(target):
        found.append(entry.body)
        queue.done(target, entry.number, "sent")
    return found


def test_each_target_gets_everything_in_order_whatever_the_others_do(tmp_path: Path) -> None:
    """An entry leaves when all have it."""
    queue = Queue(tmp_path / "queue.db")
    queue.aim(["a", "b"])
    add(queue, "1", "2", told="x")
    add(queue, "3")
    assert drained(queue, "a") == ["1", "2", "3"]
    assert len(queue) == 3
    assert drained(queue, "b") == ["1", "2", "3"]
    assert (len(queue), queue.counted("sent")) == (0, 6)


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    """Entries, cursors, states, numbers: none is used twice, so ids stay unique."""
    queue = Queue(tmp_path / "queue.db")
    queue.aim(["a", "b"])
    add(queue, "1", "2", told="both")
    first = queue.head("a")
    assert first is not None
    queue.done("a", first.number, "sent")
    again = Queue(tmp_path / "queue.db")  # the other was not closed: as after a kill
    assert again.state("told") == "both"
    assert drained(again, "a") == ["2"]
    assert drained(again, "b") == ["1", "2"]
    add(again, "3")
    last = again.head("a")
    assert last is not None
    assert last.number == first.number + 2


def test_a_new_target_gets_what_happens_from_now_on(tmp_path: Path) -> None:
    """Not last year's; one that is not named any more keeps nothing back."""
    queue = Queue(tmp_path / "queue.db")
    queue.aim(["a"])
    add(queue, "1")
    queue.aim(["b"])
    assert len(queue) == 0
    add(queue, "2")
    assert drained(queue, "b") == ["2"]


def test_a_full_queue_drops_the_oldest_and_counts(tmp_path: Path) -> None:
    """MAX_ENTRIES; also without anybody to send to nothing grows."""
    queue = Queue(tmp_path / "queue.db")
    add(queue, "nobody")
    assert len(queue) == 0
    queue.aim(["a"])
    assert add(queue, *(str(number) for number in range(MAX_ENTRIES))) == 0
    assert add(queue, "last", "very last") == 2
    assert (len(queue), queue.counted("dropped")) == (MAX_ENTRIES, 2)
    head = queue.head("a")
    assert head is not None
    assert head.body == "2"


def test_entry_and_state_are_one(tmp_path: Path) -> None:
    """Killed between the two, an event would be told twice or never: a transaction that fails leaves both as they were."""
    queue = Queue(tmp_path / "queue.db")
    queue.aim(["a"])
    add(queue, "1", told="before")

    def broken() -> object:
        yield "2"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        queue.add({"told": "after"}, broken(), "boot", 5)  # type: ignore[arg-type]
    assert queue.state("told") == "before"
    assert drained(queue, "a") == ["1"]


_CHILD = """
import os, sys
from pathlib import Path
from agent.management.snmp.queue import Queue
queue = Queue(Path(sys.argv[1]))
queue.aim(["a"])
number = int(queue.state("told") or 0)
while True:
    number += 1
    queue.add({"told": str(number)}, [str(number)], "boot", 5)
    entry = queue.head("a") if number % 3 == 0 else None
    if entry:
        queue.done("a", entry.number, "sent")
        os.write(1, entry.body.encode() + b"\\n")
"""


def test_killed_in_the_middle_it_is_whole(tmp_path: Path) -> None:
    """SIGKILL again and again: what was told and what is queued always fit, with no number missing and none twice."""
    path, sent = tmp_path / "queue.db", []
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", _CHILD, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        for _ in range(20):
            sent.append(int(child.stdout.readline()))
        child.send_signal(signal.SIGKILL)
        sent += [int(line) for line in child.stdout.read().split()]
        child.wait()
    queue = Queue(path)
    rest = [int(body) for body in drained(queue, "a")]
    assert rest[-1] == int(queue.state("told"))
    missing = set(range(1, rest[-1] + 1)) - set(sent) - set(rest)
    assert len(missing) <= 4, "at most one a kill: moved, and killed before the pipe heard of it"
    assert sorted(set(sent)) == sent
    assert set(sent).isdisjoint(rest)


def safely(path: Path, told: list[str], script: Callable[[SafeQueue], Awaitable[None]], try_again_s: float = 60.0) -> None:
    """Run with a SafeQueue."""

    async def run() -> None:
        queue = SafeQueue(path, told.append, try_again_s)
        try:
            await script(queue)
        finally:
            queue.close()

    asyncio.run(run())


def test_a_full_disk_is_told_and_everything_goes_on_from_memory(tmp_path: Path) -> None:
    """And back to the disk, with all there is, when there is room again. The kernel's own limit stands in for the disk's end."""
    path = tmp_path / "snmp" / "queue.db"
    told: list[str] = []
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    async def script(queue: SafeQueue) -> None:
        await queue.ask(lambda inside: inside.aim(["a"]))
        await queue.ask(lambda inside: add(inside, "1", told="one"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (16384, limits[1]))
        for number in range(2, 40):
            await queue.ask(lambda inside, number=number: add(inside, str(number) + " " * 2000, told=str(number)))  # type: ignore[misc]
        await asyncio.sleep(0)
        assert len(told) == 1
        assert "cannot be used" in told[0]
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        found = await queue.ask(lambda inside: drained(inside, "a"))
        assert [body.strip() for body in found] == [str(number) for number in range(1, 40)]
        await queue.ask(lambda inside: add(inside, "on the disk", told="after"))

    try:
        safely(path, told, script, try_again_s=0.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [text.endswith("can be used again") for text in told] == [False, True]
    queue = Queue(path)
    assert queue.state("told") == "after"
    assert drained(queue, "a") == ["on the disk"]


def test_what_has_left_when_the_disk_fails_is_not_sent_again(tmp_path: Path) -> None:
    """The move is made in memory then."""
    told: list[str] = []
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    async def script(queue: SafeQueue) -> None:
        await queue.ask(lambda inside: inside.aim(["a"]))
        await queue.ask(lambda inside: add(inside, "1", "2"))
        sent: list[int] = []
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        await queue.send("a", 1, lambda: sent.append(1))
        assert sent == [1]
        assert await queue.ask(lambda inside: drained(inside, "a")) == ["2"]

    try:
        safely(tmp_path / "queue.db", told, script)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert len(told) == 1


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    """Told, kept for who wants to look, and a new one begins."""
    path = tmp_path / "queue.db"
    told: list[str] = []
    path.write_bytes(b"no database at all " * 300)

    async def script(queue: SafeQueue) -> None:
        await queue.ask(lambda inside: inside.aim(["a"]))
        await queue.ask(lambda inside: add(inside, "1"))

    safely(path, told, script)
    assert len(told) == 1
    assert "was damaged" in told[0]
    assert (tmp_path / "queue.db.damaged").exists()
    assert drained(Queue(path), "a") == ["1"]


def test_a_directory_that_cannot_be_made_is_told_and_not_fatal(tmp_path: Path) -> None:
    """A file where the directory should be."""
    (tmp_path / "snmp").write_text("in the way")
    told: list[str] = []

    async def script(queue: SafeQueue) -> None:
        await queue.ask(lambda inside: inside.aim(["a"]))
        await queue.ask(lambda inside: add(inside, "1"))
        assert await queue.ask(lambda inside: drained(inside, "a")) == ["1"]
        await asyncio.sleep(0)

    safely(tmp_path / "snmp" / "queue.db", told, script)
    assert len(told) == 1


def test_what_could_not_be_sent_is_not_moved(tmp_path: Path) -> None:
    """And what was sent is moved in the same breath."""
    path = tmp_path / "queue.db"

    def unreachable() -> None:
        raise OSError(101, os.strerror(101))

    async def script(queue: SafeQueue) -> None:
        await queue.ask(lambda inside: inside.aim(["a"]))
        await queue.ask(lambda inside: add(inside, "1", "2"))
        with pytest.raises(OSError, match="unreachable"):
            await queue.send("a", 1, unreachable)
        sent: list[int] = []
        await queue.send("a", 1, lambda: sent.append(1))
        head = await queue.ask(lambda inside: inside.head("a"))
        assert sent == [1]
        assert head is not None
        assert head.body == "2"

    safely(path, [], script)


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    """The directory is the owner's alone."""

    async def script(queue: SafeQueue) -> None:
        await queue.ask(lambda inside: add(inside, "1"))

    safely(tmp_path / "snmp" / "queue.db", [], script)
    assert (tmp_path / "snmp").stat().st_mode & 0o077 == 0


def test_an_error_that_is_no_disk_is_raised(tmp_path: Path) -> None:
    """Our own mistakes are not mistaken for the disk's."""

    async def script(queue: SafeQueue) -> None:
        with pytest.raises(sqlite3.Error):
            await queue.ask(lambda inside: inside._base.execute("no SQL"))

    safely(tmp_path / "queue.db", [], script)


def test_the_queue_and_its_log_are_their_owners_alone(tmp_path: Path) -> None:
    """What is told names groups, people and reasons. One that an earlier version left open to all is closed."""
    path = tmp_path / "queue.db"
    path.touch(0o644)
    path.chmod(0o644)
    queue = Queue(path)
    queue.aim(["nms"])
    modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    queue.close()
    assert modes == {"queue.db": 0o600, "queue.db-wal": 0o600, "queue.db-shm": 0o600}
