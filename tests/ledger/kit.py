"""What the tests of the ledger share: an author, documents, files, and a thorough look at everything that is held."""

import hashlib
import os
import subprocess
from pathlib import Path

from agent.documents.canonical import FileEntry, canonical
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author, Revision

AUTHOR = Author("root", "cli", "rx-a")
OTHER = Author("anna", "cli", "rx-b")
GROUP = 7
MIB = 1 << 20


def document(number: int, size: int = 100) -> bytes:
    """The canonical bytes of a document that is another one for every number."""
    return canonical({"number": number, "text": f"{number:08}" * (size // 8)})


def commit(ledger: Ledger, number: int, files: dict[str, FileEntry] | None = None, group: int = GROUP) -> Revision:
    return ledger.commit(group, document(number), files or {}, AUTHOR, "edit")


def line(ledger: Ledger, count: int, group: int = GROUP) -> list[Revision]:
    """`count` revisions one after another."""
    with ledger.transaction():
        return [commit(ledger, number, group=group) for number in range(1, count + 1)]


def random_file(path: Path, size: int) -> Path:
    path.write_bytes(os.urandom(size))
    return path


def file_digest(ledger: Ledger, entry: FileEntry) -> bytes:
    whole = hashlib.sha256()
    for data in ledger.packs.open_file(entry):
        whole.update(data)
    return whole.digest()


def verify(ledger: Ledger, revision: Revision) -> None:
    """Document and files of this revision are there, byte for byte."""
    content = ledger.content(revision.id)
    assert content is not None
    assert ledger.is_complete(revision.id)
    for entry in content.manifest.values():
        assert file_digest(ledger, entry) == entry.digest


def copy(source: Path, target: Path) -> Path:
    """The files as they are now, without the lock and the shared memory (a power cut leaves neither).

    By another process: opening and closing them in this one would drop the locks that SQLite holds on them.
    """
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    for name in ("lock", "ledger.db-shm"):
        (target / name).unlink(missing_ok=True)
    return target


def tree(directory: Path) -> dict[str, bytes]:
    """All files below, by name, with their bytes."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}
