"""Giving back the room of chunks that no content names: packs without live chunks go, packs mostly dead are written anew.

A cut at any moment is harmless: the copy of a chunk is on the disk before the index points to it, and a pack goes after the
index has let go of it. What is left lying then, a pack that the index does not know, goes the next time.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from agent.ledger.errors import LedgerError
from agent.ledger.retention import live_chunks
from agent.ledger.writer import SEGMENT_BYTES, store_segment

if TYPE_CHECKING:
    from agent.ledger.packs import Packs

_LIVE_SHARE: Final = 0.5  # a pack with less than this of live bytes is written anew


def reclaim(packs: "Packs", grace_s: float) -> int:
    """Bytes of pack files that were freed. LedgerError: the disk is full; what was live is live."""
    _forget_dead(packs, grace_s)
    with packs.claimed() as numbers:
        sparse = [number for number in numbers if _is_sparse(packs, number)]
        for number in sparse:
            _move_live(packs, number)
        freed = sum(_remove(packs, number) for number in sparse)
        return freed + sum(_remove(packs, number) for number in packs.strangers())


def _forget_dead(packs: "Packs", grace_s: float) -> None:
    """Take out of the index what no content names, unless it is young or somebody has asked for it lately."""
    now_s = time.time()
    with packs.database.transaction() as connection:
        counted_on = packs.noted_since(time.monotonic() - grace_s)
        live = live_chunks(connection)
        dead = [
            (digest,)
            for digest, stored_at_s in connection.execute("SELECT digest, stored_at_s FROM chunk")
            if digest not in live and digest not in counted_on and abs(now_s - stored_at_s) >= grace_s
        ]
        connection.executemany("DELETE FROM chunk WHERE digest = ?", dead)


def _is_sparse(packs: "Packs", number: int) -> bool:
    live, size = packs.database.row(
        "SELECT (SELECT total(size) FROM chunk WHERE pack = number), size FROM pack WHERE number = ?", number
    ) or (0, 0)
    return bool(live < _LIVE_SHARE * size) or live == 0


def _move_live(packs: "Packs", number: int) -> None:
    """Store the live chunks of a pack again, elsewhere. A chunk that is damaged stays in the index, and so does the pack."""
    rows = packs.database.rows("SELECT digest FROM chunk WHERE pack = ? ORDER BY place", number)
    for segment in _segments(packs, [digest for (digest,) in rows]):
        store_segment(packs, segment)


def _segments(packs: "Packs", digests: list[bytes]) -> Iterator[dict[bytes, bytes]]:
    segment: dict[bytes, bytes] = {}
    for digest in digests:
        with suppress(LedgerError):
            segment[digest] = packs.read(digest)
        if sum(map(len, segment.values())) >= SEGMENT_BYTES:
            yield segment
            segment = {}
    if segment:
        yield segment


def _remove(packs: "Packs", number: int) -> int:
    """The pack goes, unless a chunk is still in it; bytes freed."""
    with packs.database.transaction() as connection:
        if connection.execute("SELECT 1 FROM chunk WHERE pack = ?", (number,)).fetchone():
            return 0
        connection.execute("DELETE FROM pack WHERE number = ?", (number,))
    return packs.remove(number)
