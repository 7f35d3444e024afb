"""The users of SNMPv3: a TOML file that nobody but its owner can read.

    [[user]]
    name = "nms"
    auth = "SHA-256"                  # or SHA-384, SHA-512
    auth_passphrase = "at least eight characters"
    priv = "AES"                      # or AES-256
    priv_passphrase = "at least eight characters"
    role = "operator"                 # viewer (reads), operator (sets and commands), admin
    level = "authPriv"                # the least that is served; authNoPriv, noAuthNoPriv: only for viewers

`auth_key` and `priv_key` (hex of the master key, RFC 3414's Ku) stand in for the passphrases. No message made here holds one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from agent.management.snmp.private_file import SecretsError, read_secrets
from agent.management.snmp.usm_keys import AUTHS, MIN_PASSPHRASE, PRIVS, Auth, Keys, Priv, localised, master_key, privacy_key
from agent.model.answers import Role

MAX_USERS: Final = 64
MAX_NAME_BYTES: Final = 32
_MUST: Final = frozenset({"name"})
_MAY: Final = frozenset(
    {"auth", "auth_passphrase", "auth_key", "priv", "priv_passphrase", "priv_key", "role", "level", "allow_sha_224"}
)


class Level(IntEnum):
    """Of message security; each is worth more than those below."""

    NO_AUTH_NO_PRIV = 1
    AUTH_NO_PRIV = 2
    AUTH_PRIV = 3


_LEVELS: Final = {"noAuthNoPriv": Level.NO_AUTH_NO_PRIV, "authNoPriv": Level.AUTH_NO_PRIV, "authPriv": Level.AUTH_PRIV}
_REFUSED: Final = frozenset({"MD5", "SHA", "SHA-1", "SHA1"})


@dataclass(frozen=True, slots=True)
class User:
    """`best`: the most that this user's keys are good for; `least`: what is served at all. Master keys, not passphrases."""

    name: str
    role: Role
    auth: Auth | None = None
    auth_master: bytes = field(default=b"", repr=False)
    priv: Priv | None = None
    priv_master: bytes = field(default=b"", repr=False)
    least: Level = Level.AUTH_PRIV

    @property
    def best(self) -> Level:
        """noAuthNoPriv without keys."""
        if self.auth is None:
            return Level.NO_AUTH_NO_PRIV
        return Level.AUTH_NO_PRIV if self.priv is None else Level.AUTH_PRIV


@lru_cache(maxsize=4 * MAX_USERS)
def keys_of(user: User, engine_id: bytes) -> Keys:
    """Localised; empty where the user has none."""
    if user.auth is None:
        return Keys(b"", b"")
    auth = localised(user.auth, user.auth_master, engine_id)
    if user.priv is None:
        return Keys(auth, b"")
    return Keys(auth, privacy_key(user.auth, user.priv, localised(user.auth, user.priv_master, engine_id)))


def load_users(path: Path) -> dict[bytes, User]:
    """By name in UTF-8. SecretsError when the file cannot be used, with every reason in words."""
    try:
        table = tomllib.loads(read_secrets(path))
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition("(")[2].rstrip(")")
        raise SecretsError(path, f"it is not TOML ({where})") from None
    entries = table.get("user", [])
    if set(table) - {"user"} or not isinstance(entries, list) or not 0 < len(entries) <= MAX_USERS:
        raise SecretsError(path, f"it must hold 1 to {MAX_USERS} tables [[user]] and nothing else")
    users = [_user(path, number, entry) for number, entry in enumerate(entries, 1)]
    found = {user.name.encode(): user for user in users}
    if len(found) < len(users):
        raise SecretsError(path, "two users have the same name")
    return found


def _user(path: Path, number: int, entry: object) -> User:
    if not isinstance(entry, dict) or not _MUST <= set(entry) <= _MUST | _MAY:
        known = ", ".join(sorted(_MUST | _MAY))
        raise SecretsError(path, f"user {number} must have a name, and has one of these keys at most: {known}")
    name = entry["name"]
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= MAX_NAME_BYTES or not name.isprintable():
        raise SecretsError(path, f"the name of user {number} must be 1 to {MAX_NAME_BYTES} bytes of printable text")
    try:
        return _checked(name, entry)
    except ValueError as error:
        raise SecretsError(path, f"user {name}: {error}") from None


def _checked(name: str, entry: Mapping[str, object]) -> User:
    """ValueError: what is wrong, without the secrets."""
    auth, auth_master = _auth(entry)
    priv, priv_master = _priv(entry, auth)
    least = _LEVELS.get(str(entry.get("level", "authPriv")))
    role = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN}.get(str(entry.get("role", "viewer")))
    if least is None or role is None:
        raise ValueError(f"level must be one of {', '.join(_LEVELS)}, and role viewer, operator or admin")
    user = User(name, role, auth, auth_master, priv, priv_master, least)
    if user.best < least:
        raise ValueError(f"level {_word(least)} needs auth{' and priv' if least is Level.AUTH_PRIV else ''}")
    if role > Role.VIEWER and least < Level.AUTH_NO_PRIV:
        raise ValueError("who may change something must be authenticated: level authNoPriv at least")
    return user


def _word(level: Level) -> str:
    return next(word for word, value in _LEVELS.items() if value is level)


def _auth(entry: Mapping[str, object]) -> tuple[Auth | None, bytes]:
    word = entry.get("auth")
    if word is None:
        return None, b""
    if str(word).upper() in _REFUSED:
        raise ValueError(f"{word} is broken or nearly so; use SHA-256 or better")
    if word == "SHA-224" and entry.get("allow_sha_224") is not True:
        raise ValueError("SHA-224 is refused unless allow_sha_224 = true; use SHA-256 or better")
    auth = AUTHS.get(str(word))
    if auth is None:
        raise ValueError("auth must be SHA-256, SHA-384 or SHA-512")
    return auth, _master(entry, "auth", auth)


def _priv(entry: Mapping[str, object], auth: Auth | None) -> tuple[Priv | None, bytes]:
    word = entry.get("priv")
    if word is None:
        return None, b""
    priv = PRIVS.get(str(word))
    if priv is None:
        raise ValueError("priv must be AES or AES-256; DES is refused")
    if auth is None:
        raise ValueError("priv without auth is no security at all, and SNMPv3 knows no such level")
    return priv, _master(entry, "priv", auth)


def _master(entry: Mapping[str, object], what: str, auth: Auth) -> bytes:
    passphrase, key = entry.get(f"{what}_passphrase"), entry.get(f"{what}_key")
    if (passphrase is None) == (key is None):
        raise ValueError(f"there must be either {what}_passphrase or {what}_key")
    if passphrase is None:
        return _key(key, what, auth)
    if not isinstance(passphrase, str) or len(passphrase) < MIN_PASSPHRASE:
        raise ValueError(f"{what}_passphrase must be at least {MIN_PASSPHRASE} characters")
    return master_key(auth, passphrase.encode())


def _key(key: object, what: str, auth: Auth) -> bytes:
    size = len(master_key(auth, b"size"))
    try:
        found = bytes.fromhex(str(key).removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != size:
        raise ValueError(f"{what}_key must be {2 * size} hex digits for {auth.name}")
    return found
