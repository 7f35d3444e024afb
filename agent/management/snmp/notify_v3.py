"""SNMPv3 to one receiver: traps under our own engine, informs under its (RFC 3414, 4: discovery and time synchronisation)."""

from dataclasses import dataclass
from typing import Final

from agent.management.snmp.ber import OCTETS, SEQUENCE, BerError, enter, take_integer
from agent.management.snmp.engine import MAX_TIME_S, Engine
from agent.management.snmp.message import (
    AUTH_FLAG,
    PRIV_FLAG,
    REPORTABLE,
    Authority,
    Envelope,
    Scoped,
    scoped_pdu,
    take_envelope,
    take_scoped,
)
from agent.management.snmp.notify_message import NOTHING, Heard, Sense, answer, new_message_id, notification_pdu, report_of
from agent.management.snmp.pdu import GET
from agent.management.snmp.users import Level, User, keys_of
from agent.management.snmp.usm import NOBODY, Outgoing, Sender, sealed
from agent.management.snmp.usm_crypto import SALT_BYTES, decrypted, is_signed

_USM_STATS: Final = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_NOT_IN_TIME, _UNKNOWN_ENGINE = 2, 4
_REFUSALS: Final = {
    1: "it does not serve this security level",
    3: "it does not know user {user}",
    5: "its passphrase for user {user} is another (authentication)",
    6: "its passphrase for user {user} is another (privacy)",
}
_FLAGS: Final = {Level.NO_AUTH_NO_PRIV: 0, Level.AUTH_NO_PRIV: AUTH_FLAG, Level.AUTH_PRIV: AUTH_FLAG | PRIV_FLAG}


@dataclass(slots=True)
class _Peer:
    """The receiver's engine. `seconds` was its time at `at_s` of our clock."""

    engine_id: bytes
    boots: int
    seconds: int
    at_s: float

    def now(self, now_s: float) -> Authority:
        return Authority(self.engine_id, self.boots, min(self.seconds + int(now_s - self.at_s), MAX_TIME_S))


class UserSpeech:
    """`user` at the best level that his keys are good for."""

    def __init__(self, user: User, engine: Engine) -> None:
        self._user, self._engine = user, engine
        self._flags = _FLAGS[user.best]
        self._peer: _Peer | None = None
        self._message_id = 0

    def trap(self, pdu: bytes) -> bytes:
        """Facts rows 12, 13: engine id and boots are those of the agent, which outlast restarts."""
        engine = self._engine
        authority = Authority(engine.engine_id, engine.boots, engine.engine_time())
        return self._sealed(new_message_id(), authority, 0, pdu)

    def inform(self, pdu: bytes, now_s: float) -> bytes:
        """The question for its engine while that is not known."""
        self._message_id, peer = new_message_id(), self._peer
        if peer is None:
            question = scoped_pdu(b"", b"", notification_pdu(GET, self._message_id, []))
            return sealed(Outgoing(self._message_id, REPORTABLE, question), Authority(b"", 0, 0), NOBODY)
        return self._sealed(self._message_id, peer.now(now_s), REPORTABLE, pdu)

    def _sealed(self, message_id: int, authority: Authority, flags: int, pdu: bytes) -> bytes:
        user, scoped = self._user, scoped_pdu(authority.engine_id, b"", pdu)
        sender = Sender(user.name.encode(), user.auth, keys_of(user, authority.engine_id))
        return sealed(Outgoing(message_id, self._flags | flags, scoped), authority, sender)

    def hear(self, data: bytes, now_s: float) -> Heard:
        """Only what answers our last message is looked at; an acknowledgement counts if it is as secure as the inform."""
        try:
            at, end = enter(data, 0, len(data), SEQUENCE)
            version, at = take_integer(data, at, end)
            envelope = take_envelope(data, at, end)
            if version != 3 or envelope.message_id != self._message_id or not self._message_id:
                return NOTHING
            return self._hear(envelope, data, now_s)
        except BerError:
            return NOTHING

    def _hear(self, envelope: Envelope, data: bytes, now_s: float) -> Heard:
        is_authentic = self._is_authentic(envelope, data)
        if envelope.flags & AUTH_FLAG and not is_authentic:
            return NOTHING
        scoped = self._scoped(envelope, data)
        counter = report_of(scoped.data, scoped.pdu_at, scoped.end)
        if counter is not None:
            return self._hear_report(counter, envelope, is_authentic, now_s)
        is_as_secure = envelope.flags & self._flags == self._flags
        return answer(scoped.data, scoped.pdu_at, scoped.end) if is_as_secure else NOTHING

    def _is_authentic(self, envelope: Envelope, data: bytes) -> bool:
        auth, peer = self._user.auth, self._peer
        if not envelope.flags & AUTH_FLAG or auth is None or len(envelope.mac) != auth.mac_bytes:
            return False
        if peer is None or envelope.engine_id != peer.engine_id or envelope.user != self._user.name.encode():
            return False
        return is_signed(auth, keys_of(self._user, peer.engine_id).auth, data, envelope.mac_at)

    def _scoped(self, envelope: Envelope, data: bytes) -> Scoped:
        """BerError, as `decrypted` of what is not ours gives anything at all."""
        if not envelope.flags & PRIV_FLAG:
            return take_scoped(data, envelope.scoped_at, len(data))
        start, end = enter(data, envelope.scoped_at, len(data), OCTETS)
        if self._peer is None or self._user.priv is None or len(envelope.salt) != SALT_BYTES:
            raise BerError("nothing that could be decrypted")
        key = keys_of(self._user, self._peer.engine_id).priv
        clear = decrypted(key, envelope, envelope.salt, data[start:end])
        return take_scoped(clear, 0, len(clear))

    def _hear_report(self, counter: tuple[int, ...], envelope: Envelope, is_authentic: bool, now_s: float) -> Heard:
        """Its id may be said by anybody; the time only under its key, unless it is the first thing said."""
        number = counter[len(_USM_STATS)] if counter[: len(_USM_STATS)] == _USM_STATS and len(counter) > len(_USM_STATS) else 0
        is_new = self._peer is None or self._peer.engine_id != envelope.engine_id
        is_learned = (number == _UNKNOWN_ENGINE and is_new) or (number == _NOT_IN_TIME and is_authentic)
        if is_learned and 5 <= len(envelope.engine_id) <= 32:
            self._peer = _Peer(envelope.engine_id, envelope.boots, envelope.seconds, now_s)
            return Heard(Sense.LEARNED)
        if number in _REFUSALS:
            return Heard(Sense.REFUSED, text=_REFUSALS[number].format(user=self._user.name))
        return NOTHING
