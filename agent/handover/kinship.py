"""How revisions are related, remembered: a walk over ten thousand of them takes 25 ms, and every announcement asks again."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from agent.ledger.ledger import Ledger

MOST: Final = 1024
"""Answers; in 256 groups with several questions each. Beyond that all are found again."""
T = TypeVar("T")


class Kinship:
    """Thread-safe. A pair of revisions is related as it is for ever, unless links between them were not held: so what was
    found holds as long as no revision has come."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._lock = threading.Lock()
        self._newest: bytes | None = None
        self._known: dict[Hashable, Any] = {}

    def remembered(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` gave for this key, or gives now. `key`: what is asked, and the two revisions."""
        newest = self.ledger.newest_kept()
        with self._lock:
            if newest != self._newest or len(self._known) >= MOST:
                self._newest, self._known = newest, {}
            known, is_known = self._known, key in self._known
        if not is_known:
            known[key] = find()  # into those of this state: another thread may have begun with the next ones
        answer: T = known[key]
        return answer

    def is_ancestor(self, older: bytes, newer: bytes) -> bool:
        """As the ledger's."""
        return self.remembered(("ancestor", older, newer), lambda: self.ledger.is_ancestor(older, newer))

    def common_ancestor(self, one: bytes, other: bytes) -> bytes | None:
        """As the ledger's."""
        return self.remembered(("common", one, other), lambda: self.ledger.common_ancestor(one, other))
