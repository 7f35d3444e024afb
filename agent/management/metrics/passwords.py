"""Basic authentication: bcrypt in a thread, one at a time, and what it said remembered. Nothing of a password is kept."""

import asyncio
import base64
import hashlib
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Mapping

import bcrypt

MAX_REMEMBERED = 256
MAX_WAITING = 8
"""More than so many who wait for bcrypt are turned away: it is slow by design."""
GUESS_SHARE = 4
"""Looking at wrong passwords takes at most a quarter of the time."""
MAX_PASSWORD_BYTES = 72
"""bcrypt looks at no more, and takes no longer one."""
_LIKE_NO_OTHER = b"." * 53
"""In place of a salt and hash."""


class TooMany(Exception):  # noqa: N818 (an answer, not a fault)
    """So many wait already."""


class Passwords:
    """Of one web.yml. Whoever is right is remembered apart from those who are not: guessing drives nobody out."""

    def __init__(self, users: Mapping[str, bytes]) -> None:
        self._users, self._key = users, os.urandom(32)
        cost = max((hashed[4:6] for hashed in users.values()), default=b"10")
        self._nobody = b"$2b$%b$%b" % (cost, _LIKE_NO_OTHER)  # a user that there is none of: the answer takes as long
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._lock, self._waiting = asyncio.Lock(), 0

    async def is_right(self, authorization: str) -> bool:
        """The header as it came. TooMany."""
        found = _read(authorization)
        if found is None:
            return False
        user, password = found
        mark = hmac.digest(self._key, b"%d:%b%b" % (len(user), user, password), hashlib.sha256)
        if mark in self._right:
            self._right.move_to_end(mark)
            return True
        return mark not in self._wrong and await self._asked(user.decode("utf-8", "replace"), password, mark)

    async def _asked(self, user: str, password: bytes, mark: bytes) -> bool:
        if self._waiting >= MAX_WAITING:
            raise TooMany
        self._waiting += 1
        try:
            async with self._lock:
                is_right = await self._looked_at(user, password)
        finally:
            self._waiting -= 1
        remembered = self._right if is_right else self._wrong
        remembered[mark] = None
        if len(remembered) > MAX_REMEMBERED:
            remembered.popitem(last=False)
        return is_right

    async def _looked_at(self, user: str, password: bytes) -> bool:
        """Who guesses is kept to a share of one core, and has that long to wait."""
        started_s = time.monotonic()
        hashed = self._users.get(user)
        fits = await asyncio.to_thread(_fits, password, hashed or self._nobody)
        is_right = fits and hashed is not None
        if not is_right:
            await asyncio.sleep((time.monotonic() - started_s) * (GUESS_SHARE - 1))
        return is_right


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
