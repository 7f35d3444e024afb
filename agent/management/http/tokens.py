"""Bearer tokens: the file has their SHA-256 alone, so that who reads it can show none.

    [[token]]
    name = "noc"            # who it is, in the audit
    role = "operator"       # viewer | operator | admin
    sha256 = "…64 hex…"     # understudy token FILE NAME --role ROLE makes both

A token has 256 random bits, so one round of SHA-256 is enough; there is nothing to guess.
"""

import hashlib
import hmac
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.model.answers import Role
from agent.settings.regular import read_regular

MAX_TOKENS = 256
MAX_BYTES = 128 * 1024
MAX_TOKEN_CHARACTERS = 256
_MAX_NAME = 64


class BadTokens(Exception):  # noqa: N818 (a person's mistake)
    """The file cannot be used; str() says why and what to do."""


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the file."""

    name: str
    role: Role
    digest: bytes


def read_tokens(path: Path) -> tuple[Token, ...]:
    """BadTokens, and OSError when it cannot be read. Nobody but its owner may write or read it."""
    found = read_regular(path, MAX_BYTES)
    if found.mode & 0o077:
        raise BadTokens(f"{path} can be read or written by others: chmod 600 {path}")
    if len(found.data) > MAX_BYTES:
        raise BadTokens(f"{path} has more than {MAX_BYTES // 1024} KiB")
    return _parse(path, found.data)


def _parse(path: Path, data: bytes) -> tuple[Token, ...]:
    try:
        content = tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        raise BadTokens(f"{path} is not TOML; its tables are [[token]] with name, role and sha256") from None
    entries = content.get("token", [])
    if not isinstance(entries, list) or len(entries) > MAX_TOKENS or set(content) - {"token"}:
        raise BadTokens(f"{path} may have up to {MAX_TOKENS} tables [[token]] and nothing else")
    tokens = tuple(_token(path, number, entry) for number, entry in enumerate(entries, 1))
    if len({token.digest for token in tokens}) < len(tokens):
        raise BadTokens(f"{path} has one token twice: who used it could not be told")
    return tokens


def _token(path: Path, number: int, entry: object) -> Token:
    """What is wrong is named by its number; a digest is not repeated."""
    where = f"{path}, token {number}"
    if not isinstance(entry, dict) or set(entry) != {"name", "role", "sha256"}:
        raise BadTokens(f"{where}: give name, role and sha256, and nothing else")
    name, role, digest = entry["name"], entry["role"], entry["sha256"]
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise BadTokens(f"{where}: name must be 1..{_MAX_NAME} printable characters")
    if role not in ("viewer", "operator", "admin"):
        raise BadTokens(f"{where}: role must be viewer, operator or admin")
    if not isinstance(digest, str) or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise BadTokens(f"{where}: sha256 must be 64 small hex digits")
    return Token(name, Role[role.upper()], bytes.fromhex(digest))


class Tokens:
    """The file as it is now: read again when it has changed; one that cannot be used lets nobody in, and is told once."""

    def __init__(self, path: Path | None, tell: Callable[[str], None]) -> None:
        self._path, self._tell = path, tell
        self._seen: tuple[int, ...] | None = None
        self._tokens: tuple[Token, ...] = ()
        if path is not None:
            self._read_again(path)

    def holder(self, shown: str) -> Token | None:
        """Whose token this is; None: nobody's. As long for each token of the file, whichever it is."""
        if self._path is None or len(shown) > MAX_TOKEN_CHARACTERS:
            return None
        self._read_again(self._path)
        digest = hashlib.sha256(shown.encode()).digest()
        found = [token for token in self._tokens if hmac.compare_digest(token.digest, digest)]
        return found[0] if found else None

    def _read_again(self, path: Path) -> None:
        try:
            now = path.stat()
            seen = (now.st_mtime_ns, now.st_ino, now.st_size, now.st_mode)
            if seen == self._seen:
                return
            self._seen, self._tokens = seen, ()
            self._tokens = read_tokens(path)
        except OSError as error:
            self._lose((error.errno or 0,), f"{path} cannot be read: {error.strerror}")
        except BadTokens as error:
            self._tell(f"http: {error}. Until it is mended no token is accepted")

    def _lose(self, seen: tuple[int, ...], text: str) -> None:
        if seen != self._seen:
            self._tell(f"http: {text}. Until it is back no token is accepted")
        self._seen, self._tokens = seen, ()
