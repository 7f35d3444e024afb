"""How revisions are related, remembered: a walk over ten thousand of them takes 25 ms, and every announcement asks again."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from agent.ledger.ledger import Ledger

MOST: Final = 1024
"""Answers; in 256 groups with several questions each. Beyond that all are found again."""
LONGEST: Final = 20_000
"""Revisions in a line that is remembered."""
T = TypeVar("T")


class Kinship:
    """Thread-safe. A pair of revisions is related as it is for ever, unless links between them were not held: so what was
    found holds as long as no revision has come."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._lock = threading.Lock()
        self._newest: bytes | None = None
        self._known: dict[Hashable, Any] = {}
        self._line: tuple[Hashable, frozenset[bytes] | None] = (None, None)

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
        """As the ledger's. Asked of the same `newer` again, its whole line is read, once for all who ask."""
        return self.remembered(("ancestor", older, newer), lambda: self._is_ancestor(older, newer))

    def _is_ancestor(self, older: bytes, newer: bytes) -> bool:
        if self.remembered(("first of", newer), lambda: older) == older:
            return self.ledger.is_ancestor(older, newer)
        line = self._line_of(newer)
        return self.ledger.is_ancestor(older, newer) if line is None else older in line

    def _line_of(self, newer: bytes) -> frozenset[bytes] | None:
        """Of one revision at a time; None: it is too long to be remembered."""
        key = (self._newest, newer)
        of, line = self._line
        if of != key:
            revision = self.ledger.revision(newer)
            ids = self.ledger.recent_ids(revision.group, newer, LONGEST) if revision else []
            line = frozenset(ids) if len(ids) < LONGEST else None
            self._line = (key, line)
        return line

    def is_via_choice(self, older: bytes, newer: bytes) -> bool:
        """As the ledger's."""
        return self.remembered(("choice", older, newer), lambda: self.ledger.is_via_choice(older, newer))

    def common_ancestor(self, one: bytes, other: bytes) -> bytes | None:
        """As the ledger's."""
        return self.remembered(("common", one, other), lambda: self.ledger.common_ancestor(one, other))
