"""SNMPv3 notifications with pysnmp's message security, for `own_message_security = false`: otherwise as notify_v3.py.

Of pysnmp only messages and USM are used; what it would send is caught, and leaves through our own socket.
"""

import time
from typing import Any, Final

from pyasn1.codec.ber import decoder
from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME
from pysnmp.entity import config
from pysnmp.proto import errind, rfc1905
from pysnmp.proto.rfc1902 import OctetString

from agent.management.snmp.engine import Engine
from agent.management.snmp.notify_message import NOTHING, Heard, Sense
from agent.management.snmp.pysnmp_v3 import _AUTHS, _PRIVS, TICK_S, _make_engine
from agent.management.snmp.users import Level, User, keys_of

_WAY: Final = ("receiver", 0)
"""There is one receiver an engine, so pysnmp need not know where."""
_VERSION_3: Final = 3
_USM: Final = 3
_LIFE_TICKS: Final = 100
_LEARN: Final = (errind.unknownEngineID, errind.notInTimeWindow)


class _Caught:
    """A transport that keeps the last message."""

    message = b""

    def send_message(self, message: bytes, _domain: object, _address: object) -> None:
        """Nothing leaves here."""
        self.message = bytes(message)

    def get_timer_resolution(self) -> float:
        """Seconds between ticks."""
        return TICK_S

    def get_timer_ticks(self) -> int:
        """Seconds."""
        return int(time.monotonic())


class PysnmpSpeech:
    """notify_message.Speech of one receiver."""

    def __init__(self, user: User, engine: Engine) -> None:
        self._user, self._caught, self._known = user, _Caught(), {engine.engine_id}
        self._engine = _make_engine(engine)
        self._engine.transport_dispatcher = self._caught
        self._heard = NOTHING
        self._add(engine.engine_id)

    def _add(self, engine_id: bytes) -> None:
        """The user at that engine, by localised keys."""
        user, keys = self._user, keys_of(self._user, engine_id)
        auth = _AUTHS[user.auth.name] if user.auth else config.USM_AUTH_NONE
        priv = _PRIVS[user.priv.name] if user.priv and user.best is Level.AUTH_PRIV else config.USM_PRIV_NONE
        localised = config.USM_KEY_TYPE_LOCALIZED
        types = {"authKeyType": localised, "privKeyType": localised, "securityEngineId": OctetString(engine_id)}
        config.add_v3_user(self._engine, user.name, auth, keys.auth or None, priv, keys.priv or None, **types)

    def trap(self, pdu: bytes) -> bytes:
        """The datagram."""
        return self._send(pdu, rfc1905.SNMPv2TrapPDU(), is_confirmed=False)

    def inform(self, pdu: bytes, now_s: float) -> bytes:  # noqa: ARG002
        """The datagram; or pysnmp's question for the receiver's engine."""
        return self._send(pdu, rfc1905.InformRequestPDU(), is_confirmed=True)

    def _send(self, pdu: bytes, spec: Any, *, is_confirmed: bool) -> bytes:
        self._forget()
        decoded, _ = decoder.decode(pdu, asn1Spec=spec)
        whom: tuple[Any, ...] = (DOMAIN_NAME, _WAY, _VERSION_3, _USM, OctetString(self._user.name), int(self._user.best))
        what: tuple[Any, ...] = (None, OctetString(b""), 1, decoded, is_confirmed, _LIFE_TICKS, self._answered)
        self._engine.message_dispatcher.send_pdu(self._engine, *whom, *what)
        return self._caught.message

    def _forget(self) -> None:
        """What pysnmp keeps of informs that nobody has acknowledged."""
        engine, ticks = self._engine, self._caught.get_timer_ticks()
        for part in (engine.message_dispatcher, *engine.message_processing_subsystems.values(), *engine.security_models.values()):
            part.receive_timer_tick(engine, ticks)

    def hear(self, data: bytes, now_s: float) -> Heard:  # noqa: ARG002
        """Whatever came."""
        self._heard = NOTHING
        try:
            self._engine.message_dispatcher.receive_message(self._engine, DOMAIN_NAME, _WAY, data)
        except Exception:  # pyasn1 and pysnmp raise many things for hostile bytes
            return NOTHING
        peer, _, _ = self._engine.message_processing_subsystems[_VERSION_3].get_peer_engine_info(DOMAIN_NAME, _WAY)
        if peer is not None and bytes(peer) not in self._known:
            self._known.add(bytes(peer))
            self._add(bytes(peer))
        return self._heard

    def _answered(self, *answer: Any) -> None:
        """Called by pysnmp."""
        pdu, status = answer[8], answer[9]
        indication = status.get("errorIndication") if status else None
        if indication in _LEARN:
            self._heard = Heard(Sense.LEARNED)
        elif indication is not None:
            self._heard = Heard(Sense.REFUSED, text=str(indication))
        elif pdu is not None:
            self._heard = Heard(Sense.ACKNOWLEDGED, int(pdu["request-id"]))
