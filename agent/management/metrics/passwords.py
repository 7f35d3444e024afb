"""Basic authentication: bcrypt in a thread, one at a time, and what it said remembered. Nothing of a password is kept."""

import asyncio
import base64
import hashlib
import hmac
import os
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TypeVar

import bcrypt

MAX_REMEMBERED = 256
MAX_WAITING = 8
"""More than so many who wait for bcrypt are turned away: it is slow by design."""
MAX_EACH = 2
"""Of one address."""
MAX_SUSPECTS = 1024
GUESS_SHARE = 4
"""Looking at wrong passwords takes at most a quarter of the time of their line."""
MAX_PASSWORD_BYTES = 72
"""bcrypt looks at no more, and takes no longer one."""
_LIKE_NO_OTHER = b"." * 53
"""In place of a salt and hash."""


_K = TypeVar("_K")
_V = TypeVar("_V")


class TooMany(Exception):  # noqa: N818 (an answer, not a fault)
    """So many wait already."""


class Passwords:
    """Of one web.yml. Whoever is right is remembered apart from those who are not: guessing drives nobody out."""

    def __init__(self, users: Mapping[str, bytes], before: "Passwords | None" = None) -> None:
        """`before`: what it has found right stays right where the hash is the same."""
        self._users = users
        self._key: bytes = before._key if before else os.urandom(32)
        cost = max((hashed[4:6] for hashed in users.values()), default=b"10")
        self._nobody = b"$2b$%b$%b" % (cost, _LIKE_NO_OTHER)  # a user that there is none of: the answer takes as long
        known: Mapping[bytes, tuple[str, bytes]] = before._right if before else {}
        self._right: OrderedDict[bytes, tuple[str, bytes]] = OrderedDict(
            (mark, one) for mark, one in known.items() if users.get(one[0]) == one[1]
        )
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._suspects: OrderedDict[str, None] = OrderedDict()
        self._lock, self._suspected = asyncio.Lock(), asyncio.Lock()
        self._waiting: Counter[tuple[str, bool]] = Counter()

    async def is_right(self, authorization: str, address: str = "") -> bool:
        """The header as it came. TooMany."""
        found = _read(authorization)
        if found is None:
            return False
        user, password = found
        mark = hmac.digest(self._key, b"%d:%b%b" % (len(user), user, password), hashlib.sha256)
        if mark in self._right:
            self._right.move_to_end(mark)
            return True
        return mark not in self._wrong and await self._asked(address, user.decode("utf-8", "replace"), password, mark)

    async def _asked(self, address: str, user: str, password: bytes, mark: bytes) -> bool:
        """Who has been wrong waits among those who have: their places and penalties cost nobody else."""
        place = address, address in self._suspects
        in_lane = sum(number for (_one, is_suspect), number in self._waiting.items() if is_suspect == place[1])
        if in_lane >= MAX_WAITING or self._waiting[address, False] + self._waiting[address, True] >= MAX_EACH:
            raise TooMany
        self._waiting[place] += 1
        try:
            async with self._suspected if place[1] else nullcontext():
                is_right = await self._looked_at(address, user, password)
        finally:
            self._waiting[place] -= 1
            self._waiting += Counter()  # those at 0 go
        if is_right:
            _remember(self._right, mark, (user, self._users[user]), MAX_REMEMBERED)
        else:
            _remember(self._wrong, mark, None, MAX_REMEMBERED)
        return is_right

    async def _looked_at(self, address: str, user: str, password: bytes) -> bool:
        """Who guesses is kept to a share of one core, and has that long to wait."""
        hashed = self._users.get(user)
        async with self._lock:
            started_s = time.monotonic()
            fits = await asyncio.to_thread(_fits, password, hashed or self._nobody)
            took_s = time.monotonic() - started_s
        if fits and hashed is not None:
            self._suspects.pop(address, None)
            return True
        _remember(self._suspects, address, None, MAX_SUSPECTS)
        await asyncio.sleep(took_s * (GUESS_SHARE - 1))
        return False


def _remember(where: OrderedDict[_K, _V], key: _K, what: _V, most: int) -> None:
    where[key] = what
    if len(where) > most:
        where.popitem(last=False)


def _fits(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:  # of a hash that is none after all, or a password with a zero byte
        return False


def _read(authorization: str) -> tuple[bytes, bytes] | None:
    """User and password; None: it says neither."""
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(said.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return (user, password) if colon and len(password) <= MAX_PASSWORD_BYTES else None
