"""SNMPv3 with pysnmp's message security, for `own_message_security = false`: slower, and somebody else's.

Of pysnmp only messages and USM are used. Its access control (which lets writes pass where no view is defined), its objects
(which shows passphrases), its v1 and v2c are out of the way: a request that it has authenticated comes to our own service.
"""

import time
from typing import Any, Final

from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pyasn1.codec.ber import decoder, encoder
from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.proto import rfc1905
from pysnmp.proto.secmod.rfc3826.priv import aes

from agent.management.snmp.agent import Peer
from agent.management.snmp.ber import BerError
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine
from agent.management.snmp.message import MAX_SIZE
from agent.management.snmp.pdu import SET, Pdu, Status, bad_response, decode_pdu
from agent.management.snmp.service import Service
from agent.management.snmp.users import Level, User, keys_of
from agent.model.answers import Principal

_AUTHS: Final = {
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
_PRIVS: Final = {"AES": config.USM_PRIV_CFB128_AES, "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL}
_REQUESTS: Final = (rfc1905.GetRequestPDU, rfc1905.GetNextRequestPDU, rfc1905.SetRequestPDU, rfc1905.GetBulkRequestPDU)
_USM: Final = 3
TICK_S: Final = 1.0
_OVERHEAD: Final = 96
"""Of a scoped PDU around its PDU, and of what pysnmp encodes at greater length than we do."""


class _Way(tuple[str, int]):
    """An address as pysnmp wants it, which knows the way back."""

    peer: Peer


class _Transport:
    """All that the engine asks of a transport dispatcher: where its answers leave."""

    def send_message(self, message: bytes, _domain: object, address: _Way) -> None:
        """At once."""
        address.peer.send(bytes(message))

    def get_timer_resolution(self) -> float:
        """Seconds between ticks."""
        return TICK_S


class PysnmpVersion3:
    """Of one engine and its users."""

    def __init__(self, service: Service, engine: Engine, users: dict[bytes, User], counters: Counters) -> None:
        self._service, self._users, self._counters = service, users, counters
        self._engine = _make_engine(engine)
        for user in users.values():
            _add(self._engine, user, engine.engine_id)
        kinds = tuple(request.tagSet for request in _REQUESTS)
        self._engine.message_dispatcher.register_context_engine_id(self._engine.snmpEngineID, kinds, self._process)
        self._ticked_s = time.monotonic()

    def take(self, data: bytes, at: int, end: int, peer: Peer) -> None:  # noqa: ARG002
        """As of agent.Version3: the answer leaves through `peer`. BerError for whatever pysnmp cannot read."""
        way = _Way((peer.host, peer.port))
        way.peer = peer
        self._tick()
        try:
            self._engine.message_dispatcher.receive_message(self._engine, DOMAIN_NAME, way, data)
        except BerError:
            raise
        except Exception as error:  # pyasn1 and pysnmp raise many things for hostile bytes
            raise BerError(type(error).__name__) from error

    def _tick(self) -> None:
        """Once a second at most, so that what pysnmp keeps of requests grows old."""
        now_s = time.monotonic()
        if now_s - self._ticked_s >= TICK_S:
            self._ticked_s = now_s
            for part in (*self._engine.message_processing_subsystems.values(), *self._engine.security_models.values()):
                part.receive_timer_tick(self._engine, now_s)

    def _process(self, *request: Any) -> None:
        """Called by pysnmp with what it has authenticated and decrypted."""
        _engine, model, security, name, level, context_engine, context, version, pdu, room, state = request

        def finish(response: bytes) -> None:
            answer, _ = decoder.decode(response, asn1Spec=rfc1905.ResponsePDU())
            whole: tuple[Any, ...] = (model, security, name, level, context_engine, context, version, answer, room, state, {})
            self._engine.message_dispatcher.return_response_pdu(self._engine, *whole)

        user = self._users.get(bytes(name))
        ours = decode_pdu(data := encoder.encode(pdu), 0, len(data))
        if security != _USM or user is None or bytes(context) or int(level) < user.least:
            finish(bad_response(ours, Status.AUTHORIZATION_ERROR))
            return
        way: _Way = self._engine.message_dispatcher.get_transport_info(state)[1]
        self._serve(ours, user, way.peer, min(int(room), MAX_SIZE) - _OVERHEAD, finish)

    def _serve(self, pdu: Pdu, user: User, peer: Peer, room: int, finish: Any) -> None:
        if pdu.tag == SET:
            principal = Principal(user.name, "snmp", str(peer.address), user.role)
            self._service.write(pdu, principal, (peer.host, peer.port, user.name), finish)
            return
        response = self._service.read(pdu, room, finish)
        if response is not None:
            finish(response)


def _make_engine(engine: Engine) -> SnmpEngine:
    """With our id and boots; without v1 and v2c."""
    _lend_aes()
    made = SnmpEngine()  # given an id, it would keep boots of its own in /tmp
    engine_id, boots = made.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID", "snmpEngineBoots")
    made.snmpEngineID = engine_id.syntax = engine_id.syntax.clone(engine.engine_id)
    boots.syntax = boots.syntax.clone(engine.boots)
    made.message_processing_subsystems = {3: made.message_processing_subsystems[3]}
    made.security_models = {_USM: made.security_models[_USM]}
    made.transport_dispatcher = _Transport()
    return made


def _lend_aes() -> None:
    """pysnmp 7.1.30 looks for CFB where cryptography has it from 47 on; before that it calls every message undecipherable."""
    if aes.PysnmpCryptoError:
        aes.CFB, aes.Cipher, aes.algorithms = modes.CFB, Cipher, algorithms
        aes.default_backend, aes.PysnmpCryptoError = default_backend, False


def _add(made: SnmpEngine, user: User, engine_id: bytes) -> None:
    """By localised keys: pysnmp never sees a passphrase."""
    keys = keys_of(user, engine_id)
    auth = _AUTHS[user.auth.name] if user.auth else config.USM_AUTH_NONE
    priv = _PRIVS[user.priv.name] if user.priv and user.best is Level.AUTH_PRIV else config.USM_PRIV_NONE
    config.add_v3_user(
        made,
        user.name,
        auth,
        keys.auth or None,
        priv,
        keys.priv or None,
        authKeyType=config.USM_KEY_TYPE_LOCALIZED,
        privKeyType=config.USM_KEY_TYPE_LOCALIZED,
    )
