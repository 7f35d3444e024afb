"""Message security of SNMPv3, our own (RFC 3414, with SHA-2 of RFC 7860 and AES of RFC 3826).

What comes in is checked in the order of RFC 3414, 3.2: engine, user, level, mac, time window; only then it is decrypted. What is
wrong is counted and said by a report, so that honest managers find the engine id and the time; it says its counter and no more.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.management.snmp.ber import OCTETS, BerError, enter
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import MAX_BOOTS, Engine
from agent.management.snmp.message import (
    AUTH_FLAG,
    PRIV_FLAG,
    Authority,
    Envelope,
    Scoped,
    envelope_bytes,
    octets,
    parameters_bytes,
    take_scoped,
)
from agent.management.snmp.users import Level, User, keys_of
from agent.management.snmp.usm_crypto import SALT_BYTES, decrypted, encrypted, is_signed, mac, new_salt
from agent.management.snmp.usm_keys import Auth, Keys

WINDOW_S: Final = 150
"""RFC 3414, 2.2.3: a message may be so much younger or older than the engine's own time."""
_FLAGS: Final = {Level.NO_AUTH_NO_PRIV: 0, Level.AUTH_NO_PRIV: AUTH_FLAG, Level.AUTH_PRIV: AUTH_FLAG | PRIV_FLAG}


class Refused(Exception):  # noqa: N818 (an answer of the protocol, no failure of ours)
    """`counter`: the field of Counters, already counted up, whose object the report carries. `user`: sign it with his key."""

    def __init__(self, counter: str, user: User | None = None, level: Level = Level.NO_AUTH_NO_PRIV) -> None:
        super().__init__(counter)
        self.counter, self.user, self.level = counter, user, level


@dataclass(slots=True)
class Opened:
    """A message that is what it says it is."""

    user: User
    level: Level
    scoped: Scoped


class MessageSecurity:
    """Of one engine and its users."""

    def __init__(self, engine: Engine, users: dict[bytes, User], counters: Counters) -> None:
        self._engine, self._users, self._counters = engine, users, counters
        self._keys: dict[bytes, Keys] = {}

    def open(self, envelope: Envelope, data: bytes) -> Opened:
        """Refused, or BerError for a scoped PDU that is none."""
        level = Level.AUTH_PRIV if envelope.flags & PRIV_FLAG else Level(1 + (envelope.flags & AUTH_FLAG))
        if envelope.engine_id != self._engine.engine_id:
            raise self._refused("unknown_engines")
        user = self._users.get(envelope.user)
        if user is None:
            raise self._refused("unknown_users")
        if level > user.best:
            raise self._refused("unsupported_levels")
        if level > Level.NO_AUTH_NO_PRIV:
            self._authenticate(envelope, data, user)
        if level < Level.AUTH_PRIV:
            return Opened(user, level, take_scoped(data, envelope.scoped_at, len(data)))
        return Opened(user, level, self._decrypt(envelope, data, user))

    def _refused(self, counter: str, user: User | None = None) -> Refused:
        setattr(self._counters, counter, getattr(self._counters, counter) + 1)
        return Refused(counter, user, Level.AUTH_NO_PRIV if user else Level.NO_AUTH_NO_PRIV)

    def _authenticate(self, envelope: Envelope, data: bytes, user: User) -> None:
        assert user.auth
        if len(envelope.mac) != user.auth.mac_bytes or not is_signed(user.auth, self._key(user).auth, data, envelope.mac_at):
            raise self._refused("wrong_digests")
        engine = self._engine
        is_close = abs(engine.engine_time() - envelope.seconds) <= WINDOW_S
        if engine.boots == MAX_BOOTS or envelope.boots != engine.boots or not is_close:
            raise self._refused("outside_windows", user)

    def _decrypt(self, envelope: Envelope, data: bytes, user: User) -> Scoped:
        """What another privacy key encrypted is no scoped PDU; that it is the key is what its owner should hear."""
        try:
            start, end = enter(data, envelope.scoped_at, len(data), OCTETS)
            if len(envelope.salt) != SALT_BYTES:
                raise BerError("the salt has another length")
            clear = decrypted(self._key(user).priv, envelope, envelope.salt, data[start:end])
            return take_scoped(clear, 0, len(clear))
        except BerError:
            raise self._refused("decryption_errors") from None

    def _key(self, user: User) -> Keys:
        name = user.name.encode()
        found = self._keys.get(name)
        if found is None:
            found = self._keys[name] = keys_of(user, self._engine.engine_id)
        return found

    def seal(self, message_id: int, user: User | None, level: Level, scoped: bytes) -> bytes:
        """A response or a report of this engine. `user` None: there is nobody to name, and no key."""
        engine = self._engine
        authority = Authority(engine.engine_id, engine.boots, engine.engine_time())
        sender = Sender(user.name.encode(), user.auth, self._key(user)) if user else NOBODY
        return sealed(Outgoing(message_id, _FLAGS[level], scoped), authority, sender)


class Sender(NamedTuple):
    """In whose name. `keys`: of this user at the engine that is the authority."""

    name: bytes
    auth: Auth | None
    keys: Keys


class Outgoing(NamedTuple):
    """`flags`: AUTH_FLAG, PRIV_FLAG, REPORTABLE. `scoped`: with its header, in clear."""

    message_id: int
    flags: int
    scoped: bytes


NOBODY: Final = Sender(b"", None, Keys(b"", b""))


def sealed(message: Outgoing, authority: Authority, sender: Sender) -> bytes:
    """The message, encrypted and signed as its flags say."""
    scoped, salt = message.scoped, b""
    if message.flags & PRIV_FLAG:
        salt = new_salt()
        scoped = octets(encrypted(sender.keys.priv, authority, salt, scoped))
    auth = sender.auth if message.flags & AUTH_FLAG else None
    parameters = parameters_bytes(authority, sender.name, auth.mac_bytes if auth else 0, salt)
    whole = envelope_bytes(message.message_id, message.flags, parameters, scoped)
    if auth is None:
        return whole
    end = len(whole) - len(scoped) - 2 - len(salt)
    return b"%b%b%b" % (whole[: end - auth.mac_bytes], mac(auth, sender.keys.auth, whole), whole[end:])
