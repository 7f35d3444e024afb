"""What may go when there is too much: the content of the oldest revisions. Who saved what when stays for ever.

Never the content of a head, of a pinned revision (the sides and the base of a decision), nor the own part in force. Branches,
which came from a peer and were never in force here, go before anything else, in the order in which they came: their numbers are
the peer's, and say nothing. (What is made here is put in force at once.)
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agent.ledger.content import split_digests

GRACE_S: Final = 3600


class Retention(NamedTuple):
    """`max_revisions` with content, a group (of own parts too); `max_bytes` of documents and chunks, all groups together.

    `grace_s`: chunks that no revision names are kept this long after they were stored or asked for, for what is under way.
    """

    max_revisions: int = 10_000
    max_bytes: int = 8 << 30
    grace_s: float = GRACE_S


class Pruned(NamedTuple):
    """Revisions and own parts without content now; `freed_bytes` of pack files; `kept_bytes` of documents and chunks."""

    revisions: int
    own_parts: int
    freed_bytes: int
    kept_bytes: int


_RANKED: Final = "WITH ranked AS (SELECT *, id IN (SELECT new FROM head_move) AS was_head FROM revision)"

# Contents that only revisions have which are not among the first of their group to be kept.
_BEYOND: Final = (
    f"{_RANKED} SELECT seq FROM (SELECT content.seq, row_number() OVER (PARTITION BY grp"
    " ORDER BY was_head DESC, CASE WHEN was_head THEN number ELSE ranked.seq END DESC, id) AS place"
    " FROM ranked JOIN content USING (digest)) GROUP BY seq HAVING min(place) > ?"
)


class Held(NamedTuple):
    """A content that may go, and how many revisions have it."""

    seq: int
    revisions: int


# Age: how many numbers it is behind its group's newest that was in force. A content is as young as the youngest revision that
# has it, in whatever group, and it was in force if one of them was.
_HELD: Final = (
    f"{_RANKED} SELECT content.seq, count(*) FROM content JOIN ranked USING (digest)"
    " LEFT JOIN (SELECT grp, max(number) AS number FROM ranked WHERE was_head GROUP BY grp) AS newest USING (grp)"
    " WHERE digest NOT IN (SELECT digest FROM revision WHERE id IN (SELECT revision FROM head UNION SELECT revision FROM pin))"
    " GROUP BY content.seq"
    " ORDER BY max(was_head), min(CASE WHEN was_head THEN newest.number - ranked.number END) DESC, max(ranked.seq), content.seq"
)


def drop_by_count(connection: sqlite3.Connection, most: int) -> int:
    """Drop contents until no group has more than `most` revisions with content, as far as allowed; how many revisions."""
    gone = {seq for (seq,) in connection.execute(_BEYOND, (most,))}
    return _drop(connection, (held for held in _held(connection) if held.seq in gone))


def drop_by_size(connection: sqlite3.Connection, most: int) -> int:
    """Drop the contents that are furthest behind their group's newest until all take `most` bytes; how many revisions."""
    excess = kept_bytes(connection) - most
    if excess <= 0:
        return 0
    return _drop(connection, _until_freed(connection, excess))


def kept_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of documents, own parts and chunks that some content names (each once)."""
    documents = connection.execute("SELECT (SELECT total(length(shared)) FROM content) + (SELECT total(length(part)) FROM own)")
    sizes = connection.execute("SELECT digest, size FROM chunk")
    live = live_chunks(connection)
    chunks = sum(int(size) for digest, size in sizes if digest in live)
    return int(documents.fetchone()[0]) + chunks


def live_chunks(connection: sqlite3.Connection) -> set[bytes]:
    """The chunks that some content names."""
    live: set[bytes] = set()
    for (chunks,) in connection.execute("SELECT chunks FROM file WHERE seq IN (SELECT file FROM content_file)"):
        live.update(split_digests(chunks))
    return live


def _held(connection: sqlite3.Connection) -> list[Held]:
    """All contents that may go: branches as they came, then what was in force, the oldest first."""
    return [Held(*row) for row in connection.execute(_HELD)]


def _until_freed(connection: sqlite3.Connection, excess: int) -> Iterator[Held]:
    """The oldest contents that have to go so that `excess` bytes are freed."""
    uses = Counter(file for (file,) in connection.execute("SELECT file FROM content_file"))
    chunk_uses: Counter[bytes] = Counter()
    for file in uses:
        chunk_uses.update(_chunks_of(connection, file))
    for held in _held(connection):
        if excess <= 0:
            return
        excess -= _freed_by(connection, held.seq, uses, chunk_uses)
        yield held


def _freed_by(connection: sqlite3.Connection, content: int, uses: Counter[int], chunk_uses: Counter[bytes]) -> int:
    freed = int(connection.execute("SELECT length(shared) FROM content WHERE seq = ?", (content,)).fetchone()[0])
    files = connection.execute("SELECT file FROM content_file WHERE content = ?", (content,)).fetchall()
    for (file,) in files:
        uses[file] -= 1
        chunks = set() if uses[file] else _chunks_of(connection, file)
        chunk_uses.subtract(chunks)
        freed += sum(_size_of(connection, chunk) for chunk in chunks if not chunk_uses[chunk])
    return freed


def _chunks_of(connection: sqlite3.Connection, file: int) -> set[bytes]:
    return set(split_digests(connection.execute("SELECT chunks FROM file WHERE seq = ?", (file,)).fetchone()[0]))


def _size_of(connection: sqlite3.Connection, chunk: bytes) -> int:
    row = connection.execute("SELECT size FROM chunk WHERE digest = ?", (chunk,)).fetchone()
    return int(row[0]) if row else 0


def _drop(connection: sqlite3.Connection, contents: Iterable[Held]) -> int:
    """Every one of them; how many revisions had one."""
    revisions = 0
    for held in list(contents):
        connection.execute("DELETE FROM content WHERE seq = ?", (held.seq,))
        revisions += held.revisions
    return revisions


def drop_unnamed_files(connection: sqlite3.Connection) -> None:
    """Lists of chunks that no content names any more."""
    connection.execute("DELETE FROM file WHERE seq NOT IN (SELECT file FROM content_file)")
