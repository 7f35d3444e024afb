"""SNMPv3 with our own message security: from the envelope to the PDU and back (RFC 3412, 7.2)."""

import time
from typing import Final

from agent.management.snmp.agent import Peer
from agent.management.snmp.ber import integer, object_id, wrap
from agent.management.snmp.blocks import bind
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine
from agent.management.snmp.message import MAX_SIZE, REPORTABLE, USM, Envelope, scoped_pdu, take_envelope
from agent.management.snmp.pdu import REPORT, SET, Status, bad_response, decode_pdu
from agent.management.snmp.service import Service
from agent.management.snmp.standard import COUNTER_OIDS, counter_value
from agent.management.snmp.users import User
from agent.management.snmp.usm import MessageSecurity, Opened, Refused
from agent.model.answers import Principal

_OVERHEAD: Final = 224
"""Of a v3 message around its PDU: heads, two engine ids, user, mac and salt at their longest."""
REPORTS_A_SECOND: Final = 200
"""A report goes to whoever writes his address on a datagram: no more of them than that."""


class OwnVersion3:
    """Of one engine and its users."""

    def __init__(self, service: Service, engine: Engine, users: dict[bytes, User], counters: Counters) -> None:
        self._service, self._engine, self._counters = service, engine, counters
        self._security = MessageSecurity(engine, users, counters)
        self._reports, self._reports_since_s = 0, 0.0

    def take(self, data: bytes, at: int, end: int, peer: Peer) -> bytes | None:
        """As of agent.Version3."""
        envelope = take_envelope(data, at, end)
        if envelope.security_model != USM:
            self._counters.unknown_security_models += 1
            return None
        try:
            opened = self._security.open(envelope, data)
            self._check_context(opened)
        except Refused as refused:
            return self._report(envelope, refused)
        return self._serve(envelope, opened, peer)

    def _check_context(self, opened: Opened) -> None:
        """Refused: we have the objects of one engine in one context."""
        scoped = opened.scoped
        if scoped.context_engine_id != self._engine.engine_id:
            self._counters.unknown_pdu_handlers += 1
            raise Refused("unknown_pdu_handlers", opened.user, opened.level)
        if scoped.context:
            self._counters.unknown_contexts += 1
            raise Refused("unknown_contexts", opened.user, opened.level)

    def _serve(self, envelope: Envelope, opened: Opened, peer: Peer) -> bytes | None:
        user, scoped = opened.user, opened.scoped
        pdu = decode_pdu(scoped.data, scoped.pdu_at, scoped.end)

        def message(response: bytes) -> bytes:
            answer = scoped_pdu(self._engine.engine_id, b"", response)
            return self._security.seal(envelope.message_id, user, opened.level, answer)

        if opened.level < user.least:
            return message(bad_response(pdu, Status.AUTHORIZATION_ERROR))
        if pdu.tag == SET:
            principal = Principal(user.name, "snmp", str(peer.address), user.role)
            key = (peer.host, peer.port, user.name)
            self._service.write(pdu, principal, key, lambda response: peer.send(message(response)), mac=envelope.mac)
            return None
        room = min(envelope.max_size, MAX_SIZE) - _OVERHEAD
        response = self._service.read(pdu, room, lambda later: peer.send(message(later)))
        return None if response is None else message(response)

    def _report(self, envelope: Envelope, refused: Refused) -> bytes | None:
        """None: the sender does not want one, or there have been enough in this second."""
        if not envelope.flags & REPORTABLE or not self._may_report():
            return None
        varbind = bind(object_id((*COUNTER_OIDS[refused.counter], 0)), counter_value(self._counters, refused.counter))
        pdu = wrap(REPORT, integer(0) * 3 + wrap(0x30, varbind))
        scoped = scoped_pdu(self._engine.engine_id, b"", pdu)
        return self._security.seal(envelope.message_id, refused.user, refused.level, scoped)

    def _may_report(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._reports_since_s >= 1:
            self._reports, self._reports_since_s = 0, now_s
        self._reports += 1
        return self._reports <= REPORTS_A_SECOND
