"""What a peer may store here: what fits the settings, so much that is in no revision yet, and never the last of the disk.

Chunks that no revision names stay for an hour, so that a transfer is resumed and not repeated; they count against their peer
as long as that.
"""

import os
import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from agent.handover import limits
from agent.handover.refusals import RefusalReason, Refused
from agent.ledger.retention import GRACE_S

MIB = 1 << 20


class Room:
    """Of one ledger. Thread-safe. `max_bytes`: as in the settings."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        self._directory, self._max_bytes = directory, max_bytes
        self._lock = threading.Lock()
        self._loose: dict[str, dict[bytes, tuple[int, float]]] = {}  # by unit: chunk, bytes, and since when (monotonic s)

    def announced(self, unit: str, document_bytes: int, chunks: Mapping[bytes, int], missing: Collection[bytes]) -> None:
        """A content is to come: its document, its chunks, of which some are not here. Refused: it may not."""
        total_bytes = document_bytes + sum(chunks.values())
        if total_bytes > self._max_bytes:
            size, most = shown(total_bytes), shown(self._max_bytes)
            raise _no_room(f"a configuration of {size} is more than this unit keeps (max_bytes: {most}). Raise max_bytes there")
        with self._lock:
            self._refuse_too_much(unit, {digest: chunks[digest] for digest in missing})
        refuse_unless_free(self._directory, document_bytes + sum(chunks[digest] for digest in missing))

    def take(self, unit: str, chunks: Mapping[bytes, int]) -> None:
        """They are going to be stored. Refused: nothing may be."""
        refuse_unless_free(self._directory, sum(chunks.values()))
        with self._lock:
            self._refuse_too_much(unit, chunks)
            now_s = time.monotonic()
            self._loose.setdefault(unit, {}).update({digest: (charge(size), now_s) for digest, size in chunks.items()})

    def settle(self, chunks: Collection[bytes]) -> None:
        """They are part of a revision now, whoever brought them."""
        with self._lock:
            for loose in self._loose.values():
                for digest in loose.keys() & chunks:
                    del loose[digest]
            self._loose = {unit: loose for unit, loose in self._loose.items() if loose}

    def _refuse_too_much(self, unit: str, chunks: Mapping[bytes, int]) -> None:
        """What has been pruned by now counts no more."""
        start_s = time.monotonic() - GRACE_S
        loose = {digest: one for digest, one in self._loose.get(unit, {}).items() if one[1] > start_s}
        self._loose[unit] = loose
        held = sum(size for size, _ in loose.values())
        if held + sum(charge(size) for digest, size in chunks.items() if digest not in loose) > limits.MAX_LOOSE_BYTES:
            text = f"{unit} has brought {shown(held)} that are part of no revision yet, and a unit may bring"
            raise _no_room(f"{text} {shown(limits.MAX_LOOSE_BYTES)}. They go after an hour; end what was begun, or wait")


def charge(size: int) -> int:
    """Small chunks cost records, too."""
    return max(size, limits.LEAST_CHARGE_BYTES)


def refuse_unless_free(directory: Path, size: int) -> None:
    """Refused: after so many bytes of a peer too little would be left for this unit itself, its logs and its edits."""
    state = os.statvfs(directory)
    free = state.f_bavail * state.f_frsize
    floor = min(int(state.f_blocks * state.f_frsize * limits.MIN_FREE_SHARE), limits.MIN_FREE_BYTES)
    if size and free - size < floor:
        text = f"{shown(size)} are not taken: the disk of {directory} has {shown(free)} left"
        raise _no_room(f"{text}, and {shown(floor)} stay free. Free space there, or choose another data_dir")


def shown(size: int) -> str:
    """`12 MiB`, rounded up."""
    return f"{-(-size // MIB)} MiB"


def _no_room(text: str) -> Refused:
    return Refused(RefusalReason.NO_ROOM, text, is_whole=True)
