"""Hostile bytes: no exception comes out, nothing is written, and what is kept of strangers is bounded."""

import asyncio
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.management.snmp.agent import Agent, Peer
from agent.management.snmp.ber import BerError, header, integer, object_id, oid_content, oid_of, wrap
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine
from agent.management.snmp.message import AUTH_FLAG, PRIV_FLAG, REPORTABLE, Authority, scoped_pdu
from agent.management.snmp.own_v3 import REPORTS_A_SECOND
from agent.management.snmp.serve import build
from agent.management.snmp.users import User, keys_of, load_users
from agent.management.snmp.usm import Outgoing, Sender, sealed
from agent.model.smi import DEFAULT_ROOT
from tests.model.fake import FakeModel
from tests.model.sample import sample_view
from tests.snmp.site import USERS, private, settings_in

MEMBER = (*DEFAULT_ROOT, 1, 2, 1)
ENGINE_ID = bytes.fromhex("80001f880501020304")
ROUNDS = 4_000


class Target:
    """An agent without a socket, its model, and good messages to spoil."""

    def __init__(self, directory: Path) -> None:
        self.model = FakeModel(replace(sample_view(), made_at_ns=2**62))
        self.told: list[str] = []
        self.counters = Counters()
        self.user: User = load_users(private(directory / "u", USERS))[b"ops"]
        engine = Engine(ENGINE_ID, 1)
        _, self.agent = build(self.model, settings_in(directory), engine, self.counters, self.told.append)

    def take(self, data: bytes) -> bytes | None:
        return take(self.agent, data)

    def secure(self, pdu: bytes) -> bytes:
        """As the user ops, signed and encrypted."""
        sender = Sender(b"ops", self.user.auth, keys_of(self.user, ENGINE_ID))
        flags = AUTH_FLAG | PRIV_FLAG | REPORTABLE
        return sealed(Outgoing(1, flags, scoped_pdu(ENGINE_ID, b"", pdu)), Authority(ENGINE_ID, 1, 0), sender)


def take(agent: Agent, data: bytes) -> bytes | None:
    return agent.take(data, Peer("127.0.0.1", 5000, lambda _: None))


def request(tag: int, *columns: int, first: int = 0, second: int = 0) -> bytes:
    varbinds = b"".join(wrap(0x30, object_id((*MEMBER, column, 7)) + b"\x05\x00") for column in columns)
    return wrap(tag, integer(9) + integer(first) + integer(second) + wrap(0x30, varbinds))


def plain(pdu: bytes) -> bytes:
    return wrap(0x30, integer(1) + wrap(4, b"public") + pdu)


def spoiled(data: bytes, dice: random.Random) -> bytes:
    """One to four bytes changed, cut or doubled."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(found) or 1)
        match dice.randrange(4):
            case 0:
                found[place : place + 1] = bytes((dice.randrange(256),))
            case 1:
                del found[place : place + dice.randrange(4)]
            case 2:
                found[place:place] = dice.randbytes(dice.randrange(4))
            case _:
                found[place : place + 1] = bytes((dice.choice((0, 0x7F, 0x80, 0x81, 0x84, 0xFF, 0x30, 0x06)),))
    return bytes(found)


def test_spoiled_messages_raise_nothing_and_leave_nothing(tmp_path: Path) -> None:
    """Seeded: v2c and v3 requests of every kind. No genErr, no memory; nobody who may not write has written."""

    async def run() -> None:
        target, dice = Target(tmp_path), random.Random(7421)
        pdus = [request(0xA0, 11, 12), request(0xA1, 11), request(0xA5, 11, 13, first=1, second=20), request(0xA3, 11)]
        good = [plain(pdu) for pdu in pdus] + [target.secure(pdu) for pdu in pdus[:3]]
        for message in good[:3] + good[4:]:
            assert target.take(message) is not None
        memory = 0
        tracemalloc.start()
        for number in range(ROUNDS):
            answer = target.take(spoiled(dice.choice(good), dice))
            assert answer is None or len(answer) <= 65_507
            if number == ROUNDS // 4:
                memory = tracemalloc.get_traced_memory()[0]
        assert tracemalloc.get_traced_memory()[0] - memory < 2_000_000
        tracemalloc.stop()
        await asyncio.sleep(0)
        assert target.told == []
        assert target.model.changed == []
        assert target.counters.parse_errors > ROUNDS // 10

    asyncio.run(run())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    """BerError, nothing else; what decodes can be encoded again."""
    for attempt in (lambda: header(data, 0, len(data)), lambda: oid_content(oid_of(data))):
        try:
            attempt()
        except BerError:
            continue


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=20), st.integers(0, 2), st.integers(0, 39))
def test_names_go_round(arcs: list[int], first: int, second: int) -> None:
    """Every OID."""
    oid = (first, second, *arcs)
    assert oid_of(oid_content(oid)) == oid


def test_reports_to_strangers_are_bounded(tmp_path: Path) -> None:
    """Whoever forges a sender's address gets him no more than so many datagrams a second; and all are counted."""
    target = Target(tmp_path)
    scoped = scoped_pdu(b"", b"", request(0xA0, 11))
    head = wrap(0x30, integer(1) + integer(65507) + wrap(4, b"\x04") + integer(3))
    discovery = wrap(0x30, integer(3) + head + wrap(4, wrap(0x30, wrap(4, b"") + integer(0) * 2 + wrap(4, b"") * 3)) + scoped)
    answers = sum(target.take(discovery) is not None for _ in range(5 * REPORTS_A_SECOND))
    assert REPORTS_A_SECOND <= answers < 4 * REPORTS_A_SECOND
    assert target.counters.unknown_engines == 5 * REPORTS_A_SECOND


def test_a_recorded_command_that_is_played_back_does_nothing(tmp_path: Path) -> None:
    """From any address, within the time window: known by its mac, not answered, not done."""

    async def run() -> None:
        target = Target(tmp_path)
        varbinds = wrap(0x30, wrap(0x30, object_id((*MEMBER, 90, 7)) + integer(2)))
        message = target.secure(wrap(0xA3, integer(9) + integer(0) * 2 + varbinds))
        sent: asyncio.Queue[bytes] = asyncio.Queue()
        target.agent.take(message, Peer("127.0.0.1", 5000, sent.put_nowait))
        first = await sent.get()
        target.agent.take(message, Peer("127.0.0.1", 5000, sent.put_nowait))  # its answer was lost
        assert len(await sent.get()) == len(first)
        for port in (5000, 5001):
            target.agent.take(message, Peer("127.0.0.9", port, sent.put_nowait))
        target.agent.take(target.secure(request(0xA3, 11)), Peer("127.0.0.1", 5000, sent.put_nowait))
        await sent.get()  # of the last: those before it would have come before it
        assert sent.empty()
        assert len(target.model.orders) == 1
        assert target.counters.silent_drops == 2

    asyncio.run(run())


def test_too_many_varbinds_are_too_big(tmp_path: Path) -> None:
    """4,000 names of nothing in one datagram."""
    target = Target(tmp_path)
    varbinds = wrap(0x30, (wrap(0x30, object_id((1, 3)) + b"\x05\x00")) * 4000)
    answer = target.take(plain(wrap(0xA1, integer(9) + integer(0) * 2 + varbinds)))
    assert answer is not None
    assert len(answer) < 60
    assert b"\x02\x01\x01\x02\x01\x00\x30\x00" in answer
