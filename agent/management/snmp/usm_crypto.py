"""Signing and encrypting SNMPv3 messages (RFC 3414, 7860, 3826): HMAC-SHA-2 and AES in cipher feedback, both the library's."""

import hmac
import secrets
from itertools import count
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from agent.management.snmp.message import Authority, Envelope
from agent.management.snmp.usm_keys import Auth

SALT_BYTES: Final = 8
Clock = Authority | Envelope
_salts = count(secrets.randbits(63))
"""RFC 3826, 3.1.2.1: never the same one twice with one key; random at start, then counted."""


def mac(auth: Auth, key: bytes, message: bytes) -> bytes:
    """Of the whole message with zeros where the mac will stand."""
    return hmac.digest(key, message, auth.hash_name)[: auth.mac_bytes]


def is_signed(auth: Auth, key: bytes, message: bytes, at: int) -> bool:
    """Is the mac at this place of the message the right one? Compared in constant time."""
    end = at + auth.mac_bytes
    unsigned = b"%b%b%b" % (message[:at], bytes(auth.mac_bytes), message[end:])
    return hmac.compare_digest(mac(auth, key, unsigned), message[at:end])


def new_salt() -> bytes:
    """Eight octets that go with the message."""
    return (next(_salts) & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(SALT_BYTES, "big")


def encrypted(key: bytes, authority: Clock, salt: bytes, data: bytes) -> bytes:
    """As long as `data`."""
    context = Cipher(algorithms.AES(key), modes.CFB(_vector(authority, salt))).encryptor()
    return context.update(data) + context.finalize()


def decrypted(key: bytes, authority: Clock, salt: bytes, data: bytes) -> bytes:
    """What it says; anything at all with a wrong key, so the mac is checked first."""
    context = Cipher(algorithms.AES(key), modes.CFB(_vector(authority, salt))).decryptor()
    return context.update(data) + context.finalize()


def _vector(authority: Clock, salt: bytes) -> bytes:
    return authority.boots.to_bytes(4, "big") + authority.seconds.to_bytes(4, "big") + salt
