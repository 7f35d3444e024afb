"""The configuration ledger: 10,000 revisions of 10 kB, and how fast a large file is stored."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from agent.documents.canonical import canonical
from agent.ledger.ledger import Ledger
from agent.ledger.reader import LedgerReader
from agent.ledger.revision import Author
from bench.figure import Figure, Options, Row, spread

REVISIONS = 10_000
DOCUMENT_BYTES = 10_000
FILE_BYTES = 100_000_000
SHOWN = 50
RUNS = 20
AUTHOR = Author("root", "cli", "rx-a")


class Times(NamedTuple):
    """Milliseconds each; `stored_mb_s`: 10**6 bytes a second of a new file, down to the disk."""

    commit: list[float]
    history: list[float]
    opening: list[float]
    reading: list[float]
    ancestry: list[float]
    stored_mb_s: list[float]


def document(number: int) -> bytes:
    """About 10 kB, different for every number."""
    return canonical({"number": number, "text": os.urandom((DOCUMENT_BYTES - 40) // 2).hex()})


def measure(revisions: int, runs: int) -> Times:
    # In the working directory: /tmp may be memory, and a ledger is about disks.
    folder = Path(tempfile.mkdtemp(prefix="bench-ledger-", dir=Path.cwd()))
    try:
        return _measure(folder / "ledger", revisions, runs)
    finally:
        shutil.rmtree(folder)


def _measure(directory: Path, revisions: int, runs: int) -> Times:
    times = Times([], [], [], [], [], [])
    with Ledger(directory) as ledger:
        first = ledger.commit(7, document(0), {}, AUTHOR, "first")
        for number in range(1, revisions):
            times.commit.append(_ms(partial(ledger.commit, 7, document(number), {}, AUTHOR, "edit")))
    for _ in range(runs):
        _look(directory, first.id, times)
    for _ in range(max(2, runs // 5)):
        _store(directory, times)
    return times


def _look(directory: Path, oldest: bytes, times: Times) -> None:
    """All in a process where nothing of the ledger is in memory but what the system keeps of its files."""
    opened: list[Ledger] = []
    times.opening.append(_ms(lambda: opened.append(Ledger(directory))))
    with opened[0] as ledger:
        head = ledger.head(7)
        times.history.append(_ms(lambda: ledger.history(7, SHOWN)))
        times.reading.append(_ms(lambda: LedgerReader(directory).head_content(7)))
        times.ancestry.append(_ms(lambda: ledger.is_ancestor(oldest, head.id if head else b"")))


def _store(directory: Path, times: Times) -> None:
    source = directory.parent / "show.bin"
    source.write_bytes(os.urandom(FILE_BYTES))
    with Ledger(directory) as ledger:
        times.stored_mb_s.append(FILE_BYTES / 1e3 / _ms(lambda: ledger.packs.store_file(source)))


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def run(options: Options) -> list[Row]:
    count = options.runs(REVISIONS)
    times = options.measure("ours", f"ledger of {count} revisions", lambda: measure(count, options.runs(RUNS)))
    if times is None:
        return []
    name = f"ledger, {count} revisions of 10 kB"
    rates = sorted(times.stored_mb_s)
    return [
        Row(f"{name}: history of {SHOWN}", spread(times.history), "< 100 ms", "-", max(times.history) < 100),
        Row(f"{name}: start-up", spread(times.opening), "< 300 ms", "-", max(times.opening) < 300),
        Row(f"{name}: one more, on the disk", spread(times.commit), "-", "-", None),
        Row(f"{name}: oldest an ancestor of the head?", spread(times.ancestry), "-", "-", None),
        Row(f"{name}: a worker reads the head", spread(times.reading), "< 5 ms", "-", max(times.reading) < 5),
        Row("ledger: a new file of 100 MB", f"{rates[0]:.0f} to {rates[-1]:.0f} MB/s (n={len(rates)})", "-", "-", None),
    ]


FIGURE = Figure("ledger", "history and start-up of a ledger of 10,000 revisions; storing 100 MB", run)
