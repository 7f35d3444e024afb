"""Between a request and its answer: fresh views, one question for all who wait, nobody left waiting."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.management.snmp.agent import Agent, Communities, Peer
from agent.management.snmp.ber import integer, object_id, wrap
from agent.management.snmp.counters import Counters
from agent.management.snmp.service import MAX_WAITING, Service
from agent.management.snmp.tree import Tree
from agent.model.smi import DEFAULT_ROOT
from agent.model.view import View
from tests.model.fake import FakeModel
from tests.model.sample import sample_view, with_row

PRIORITY = (*DEFAULT_ROOT, 1, 2, 1, 11, 7)


def get(request_id: int = 1, name: tuple[int, ...] = PRIORITY) -> bytes:
    """One object by v2c."""
    varbinds = wrap(0x30, wrap(0x30, object_id(name) + b"\x05\x00"))
    return wrap(0x30, integer(1) + wrap(4, b"public") + wrap(0xA0, integer(request_id) + integer(0) * 2 + varbinds))


@dataclass
class AgingModel(FakeModel):
    """Its view is as old as it says; a fresh one comes when the test lets it."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def fresh(self, max_age_s: float = 1.0) -> View:  # noqa: ARG002
        self.questions += 1
        await self.gate.wait()
        view = with_row(self.current, "member", (7,), priority=99)
        self.advance(replace(view, made_at_ns=time.monotonic_ns()))
        return self.current


class Desk:
    """An agent without a socket. `later`: what it sent when it could."""

    def __init__(self, model: FakeModel) -> None:
        self.counters, self.told = Counters(), list[str]()
        self.later: asyncio.Queue[bytes] = asyncio.Queue()
        self.service = Service(model, Tree(), self.counters, self.told.append)
        self.agent = Agent(self.service, Communities({b"public": "all"}), None, self.counters)

    def take(self, data: bytes) -> bytes | None:
        return self.agent.take(data, Peer("127.0.0.1", 5000, self.later.put_nowait))


def with_desk(model: FakeModel, body: Callable[[Desk], object]) -> None:
    """In an event loop."""

    async def run() -> None:
        desk = Desk(model)
        found = body(desk)
        if asyncio.iscoroutine(found):
            await found
        desk.service.stop()

    asyncio.run(run())


def old_view() -> View:
    return replace(sample_view(), made_at_ns=time.monotonic_ns() - 5_000_000_000)


def test_a_view_of_this_second_is_answered_at_once() -> None:
    """Without asking core."""
    model = AgingModel(replace(sample_view(), made_at_ns=time.monotonic_ns()))

    def body(desk: Desk) -> None:
        answer = desk.take(get())
        assert answer is not None
        assert answer.endswith(b"\x42\x02\x00\xfe")
        assert model.questions == 0

    with_desk(model, body)


def test_all_who_wait_for_a_fresh_view_share_one_question() -> None:
    """C-18: nobody is shown what is older than a second when something newer can be had."""
    model = AgingModel(old_view())

    async def body(desk: Desk) -> None:
        assert [desk.take(get(number)) for number in range(50)] == [None] * 50
        await asyncio.sleep(0)
        model.gate.set()
        for _ in range(50):
            assert (await desk.later.get()).endswith(b"\x42\x01\x63")
        assert model.questions == 1

    with_desk(model, body)


def test_a_core_that_is_silent_keeps_nobody_waiting() -> None:
    """The last known after PATIENCE_S, and then at once for a second; managers ask again after one."""
    model = AgingModel(old_view())

    async def body(desk: Desk) -> None:
        assert desk.take(get()) is None
        assert (await desk.later.get()).endswith(b"\x42\x02\x00\xfe")
        assert not model.gate.is_set()
        assert desk.take(get(2)) is not None

    with_desk(model, body)


def test_those_who_wait_are_bounded() -> None:
    """Beyond that the last known is answered at once."""
    model = AgingModel(old_view())

    async def body(desk: Desk) -> None:
        answers = [desk.take(get(number)) for number in range(MAX_WAITING + 10)]
        assert sum(answer is not None for answer in answers) == 10

    with_desk(model, body)


def test_one_answer_is_of_one_view() -> None:
    """Every varbind of an answer is from the same state: priority and interval move together, and are never seen apart."""
    model = FakeModel(replace(sample_view(), made_at_ns=2**62))
    pair = wrap(0x30, b"".join(wrap(0x30, object_id((*PRIORITY[:-2], column, 7)) + b"\x05\x00") for column in (11, 13)))
    request = wrap(0x30, integer(1) + wrap(4, b"public") + wrap(0xA0, integer(1) + integer(0) * 2 + pair))

    def body(desk: Desk) -> None:
        for number in range(10, 250):
            model.advance(with_row(model.current, "member", (7,), priority=number, advertisement_interval_ms=number))
            answer = desk.take(request)
            assert answer is not None
            assert answer.count(integer(number, 0x42)) == 2

    with_desk(model, body)


class BrokenView(FakeModel):
    """A fault of ours, below everything."""

    def view(self) -> View:
        raise ZeroDivisionError


def test_a_fault_of_ours_takes_nothing_with_it() -> None:
    """No answer, one sentence a minute, and the next datagram is read."""

    def body(desk: Desk) -> None:
        assert [desk.take(get(number)) for number in range(3)] == [None] * 3
        assert desk.told == ["a datagram from 127.0.0.1 could not be handled: ZeroDivisionError: "]
        assert desk.counters.silent_drops == 3

    with_desk(BrokenView(), body)
