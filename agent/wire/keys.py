"""Keys of the redundancy LAN: the first signs, all are accepted, so that a key is rotated without an outage."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

KEY_BYTES = 32
MAX_KEYS = 8


class Key(NamedTuple):
    """A 32-byte secret and its 4-byte id (the first four bytes of its SHA-256)."""

    key_id: bytes
    secret: bytes

    def __repr__(self) -> str:  # a traceback or a log line never shows the secret
        return f"Key({self.key_id.hex()})"


def make_key(secret: bytes) -> Key:
    """Give a secret its id. ValueError when it is not 32 bytes."""
    if len(secret) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(secret)}")
    return Key(hashlib.sha256(secret).digest()[:4], secret)


class Keyring:
    """No key at all (an unauthenticated LAN), or up to 8 of which the first signs."""

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        if len(keys) > MAX_KEYS:
            raise ValueError(f"at most {MAX_KEYS} keys, not {len(keys)}")
        self.signing = keys[0] if keys else None
        self._by_id = {key.key_id: key.secret for key in keys}

    def __bool__(self) -> bool:
        return self.signing is not None

    def sign(self, data: bytes) -> bytes:
        """The trailer (36 bytes) for `data`; `data` itself does not have it yet."""
        assert self.signing is not None
        signed = data + self.signing.key_id
        return self.signing.key_id + hmac.digest(self.signing.secret, signed, "sha256")

    def verify(self, datagram: bytes) -> bool | None:
        """True: genuine. False: forged or altered. None: the key is not known here."""
        secret = self._by_id.get(datagram[-36:-32])
        if secret is None:
            return None
        return hmac.compare_digest(hmac.digest(secret, datagram[:-32], "sha256"), datagram[-32:])
