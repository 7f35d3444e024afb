"""How many may be connected, who has to leave, and when. No sockets in here: connections are told to close."""

from collections.abc import Hashable
from typing import Protocol

EVICT_IDLE_S = 5
"""In a full room the connection that has been silent longest makes place for a new one, after so long a silence."""


class Guest(Protocol):
    """One connection, from before its TLS handshake."""

    seen_s: int
    """`Room.now_s` when its last whole request was answered, or when it came."""
    address: Hashable
    """Whence it came: one address has at most half of the places, so that no host keeps all others out."""

    def leave(self) -> None:
        """Close at once; what was not read is lost."""


class Room:
    """Counts seconds itself, as `sweep` is called once a second: a request costs no look at the clock."""

    def __init__(self, limit: int, idle_limit_s: float) -> None:
        self.now_s = 0
        self.refused = 0
        self.closed_idle = 0
        self._limit, self._idle_limit_s = limit, idle_limit_s
        self._guests: dict[Guest, None] = {}

    def __len__(self) -> int:
        return len(self._guests)

    def has_place(self, address: Hashable) -> bool:
        """For one more from there: perhaps by closing the one that has been silent longest. Refusals are counted."""
        own = [guest for guest in self._guests if guest.address == address]
        is_its_share_full = len(own) >= max(1, self._limit // 2)
        if not is_its_share_full and len(self._guests) < self._limit:
            return True
        leaving = own if is_its_share_full else list(self._guests)
        idlest = min(leaving, key=lambda guest: guest.seen_s, default=None)
        if idlest is None or self.now_s - idlest.seen_s < EVICT_IDLE_S:
            self.refused += 1
            return False
        self._dismiss(idlest)
        return True

    def enter(self, guest: Guest) -> None:
        guest.seen_s = self.now_s
        self._guests[guest] = None

    def left(self, guest: Guest) -> None:
        self._guests.pop(guest, None)

    def sweep(self) -> None:
        """Once a second. Who asked nothing whole for the idle limit leaves: half a request and unread answers do not count."""
        self.now_s += 1
        for guest in [guest for guest in self._guests if self.now_s - guest.seen_s > self._idle_limit_s]:
            self._dismiss(guest)

    def clear(self) -> None:
        for guest in list(self._guests):
            self.left(guest)
            guest.leave()

    def _dismiss(self, guest: Guest) -> None:
        self.closed_idle += 1
        self.left(guest)
        guest.leave()
