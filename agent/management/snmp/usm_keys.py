"""From a passphrase to the key of one engine (RFC 3414, 2.6; RFC 7860; draft-blumenthal-aes-usm-04 where a key is too short).

Nothing here is an algorithm of ours: SHA-2 and HMAC are the library's.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

_STRETCHED: Final = 1024 * 1024
"""Octets of repeated passphrase that are digested."""
MIN_PASSPHRASE: Final = 8
"""Characters: RFC 3414, 11.2."""


@dataclass(frozen=True, slots=True)
class Auth:
    """`name` as people write it and `hash_name` as hashlib does; `mac_bytes`: of the digest, so many go over the wire."""

    name: str
    hash_name: str
    mac_bytes: int


@dataclass(frozen=True, slots=True)
class Priv:
    """`key_bytes` of AES in 128-bit cipher feedback."""

    name: str
    key_bytes: int


AUTHS: Final = {
    auth.name: auth
    for auth in (
        Auth("SHA-224", "sha224", 16),
        Auth("SHA-256", "sha256", 24),
        Auth("SHA-384", "sha384", 32),
        Auth("SHA-512", "sha512", 48),
    )
}
PRIVS: Final = {priv.name: priv for priv in (Priv("AES", 16), Priv("AES-256", 32))}


@dataclass(frozen=True, slots=True)
class Keys:
    """Of one user at one engine."""

    auth: bytes = field(repr=False)
    priv: bytes = field(repr=False)


def master_key(auth: Auth, passphrase: bytes) -> bytes:
    """Ku: the digest of 1 MiB of the passphrase again and again. A few ms: make it once."""
    digest = hashlib.new(auth.hash_name)
    whole = passphrase * (_STRETCHED // len(passphrase) + 1)
    digest.update(whole[:_STRETCHED])
    return digest.digest()


def localised(auth: Auth, master: bytes, engine_id: bytes) -> bytes:
    """Kul: good at this engine alone, so a key stolen from one unit opens no other."""
    return hashlib.new(auth.hash_name, master + engine_id + master).digest()


def privacy_key(auth: Auth, priv: Priv, local: bytes) -> bytes:
    """Its first octets; with the digest of all so far put behind it where that is too few (net-snmp does the same)."""
    while len(local) < priv.key_bytes:
        local += hashlib.new(auth.hash_name, local).digest()
    return local[: priv.key_bytes]
