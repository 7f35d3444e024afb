"""`python -m tests.ledger.killer DIRECTORY ROUNDS SEED`: kills a process that saves, at random moments, and looks.

A child stores files, commits, prunes, as fast as it can, and says so when a call has returned. After the kill the ledger is
opened: what was said is there, or the one after it, whole. Prints a line of counts; a failed assertion ends it.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from agent.documents.canonical import CHUNK_BYTES
from agent.ledger.ledger import Ledger
from agent.ledger.retention import Retention
from tests.ledger.kit import GROUP, commit, document, verify

COMMIT_BYTES = 8  # an announcement: the number, in as many digits


def save_for_ever(directory: Path, seed: int, told: int) -> None:
    """Every commit is announced on `told` when it has returned."""
    source = random.Random(seed)
    with Ledger(directory) as ledger:
        head = ledger.head(GROUP)
        number = head.number if head else 0
        while True:
            number += 1
            files = {}
            if source.random() < 0.7:
                files["show"] = ledger.packs.store_file(show(directory, source))
            os.write(told, b"%0*d" % (COMMIT_BYTES, commit(ledger, number, files).number))
            if source.random() < 0.2:
                ledger.prune(Retention(max_revisions=5, max_bytes=3 << 20, grace_s=0))


def show(directory: Path, source: random.Random) -> Path:
    """A show file of some chunks, some of which earlier ones had too."""
    path = directory.parent / "show"
    chunks = (random.Random(source.randrange(12)).randbytes(CHUNK_BYTES) for _ in range(source.randrange(1, 5)))
    path.write_bytes(b"".join(chunks))
    return path


def kill_once(directory: Path, source: random.Random) -> int:
    """The last commit that the child has announced; 0: none."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            save_for_ever(directory, source.randrange(1 << 30), writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        # Counted in commits, so that a busy machine does not make every kill one that comes before the first.
        said = b"".join(pipe.read(COMMIT_BYTES) for _ in range(source.randrange(4)))
        time.sleep(source.expovariate(1 / source.choice((0.0002, 0.002, 0.006))))
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        said += pipe.readall()
    return int(said[-COMMIT_BYTES:] or 0)


def look(directory: Path, before: int, announced: int) -> int:
    """The number of the head: what was announced, or one more; whole in any case."""
    with Ledger(directory) as ledger:
        head = ledger.head(GROUP)
        found = head.number if head else 0
        last = max(before, announced)
        assert last <= found <= last + 1, f"announced {last}, found {found}"
        if head:
            content = ledger.content(head.id)
            assert content is not None
            assert content.shared == document(found)
            verify(ledger, head)
        assert len(ledger.history(GROUP, 1 << 20)) == found
        for revision in ledger.history(GROUP, 6):
            if ledger.content(revision.id):
                verify(ledger, revision)
    return found


def main() -> None:
    directory, source = Path(sys.argv[1]), random.Random(int(sys.argv[3]))
    seen: Counter[str] = Counter()
    number = 0
    for _ in range(int(sys.argv[2])):
        announced = kill_once(directory, source)
        found = look(directory, number, announced)
        seen["commits"] += found - number
        seen["unannounced"] += found > max(number, announced)
        seen["kills"] += 1
        number = found
    print(" ".join(f"{name}={count}" for name, count in sorted(seen.items())))


if __name__ == "__main__":
    main()
