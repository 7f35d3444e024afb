"""What the face keeps itself, by a clock that the test moves: claim, watchdog; and what it does when core does not answer."""

import asyncio
import time
from dataclasses import dataclass, replace

import pytest

from agent.management.freshness import PATIENCE_S
from agent.management.modbus.claim import CLAIM_S, Claim
from agent.management.modbus.client import Client
from agent.management.modbus.codes import Code, Refused, code_of
from agent.management.modbus.commands import Asked, Commands
from agent.management.modbus.desk import Desk
from agent.management.modbus.renderer import Renderer
from agent.management.modbus.watchdog import EXPIRED, NEVER, OFF, RUNNING, Watchdog
from agent.model.answers import Answer, Denial, Phase, Principal, Role, Verb
from agent.model.view import View
from agent.settings.faces import ModbusSettings
from tests.modbus.face import Face, group, read, words
from tests.model.fake import FakeModel
from tests.model.sample import with_row


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def client(address: str = "10.0.0.1") -> Client:
    return Client(Principal(address, "modbus", address, Role.OPERATOR))


def test_a_claim_ends_ten_seconds_after_its_holders_last_write() -> None:
    """A controller that dies with it strands nobody."""
    clock, holder, other = Clock(), client(), client("10.0.0.2")
    claim = Claim(clock)
    claim.write(7, holder)
    clock.now_s += CLAIM_S - 1
    claim.demand(holder)
    clock.now_s += CLAIM_S - 1
    assert (claim.number, claim.left_s()) == (7, 1)
    with pytest.raises(Refused) as refused:
        claim.demand(other)
    assert refused.value.code is Code.BUSY
    clock.now_s += 1
    assert (claim.number, claim.left_s()) == (0, 0)
    claim.demand(other)
    claim.write(9, other)
    assert claim.number == 9


def test_another_machine_does_not_get_a_claim_by_knowing_its_number() -> None:
    """The same connection, or the same address with the same number."""
    claim = Claim(Clock())
    claim.write(7, client())
    for stranger, number in ((client("10.0.0.2"), 7), (client(), 8)):
        with pytest.raises(Refused):
            claim.write(number, stranger)
    claim.write(7, client())


def test_a_watchdog_expires_once_and_stays_so_until_it_is_kicked() -> None:
    """A write keeps it running, and does not wake it."""
    clock = Clock()
    watchdog = Watchdog(0, clock)
    assert (watchdog.state(), watchdog.left_s()) == (OFF, NEVER)
    watchdog.set_timeout(5)
    clock.now_s += 4.5
    assert (watchdog.state(), watchdog.left_s()) == (RUNNING, 1)
    watchdog.written()
    clock.now_s += 4.5
    assert watchdog.state() == RUNNING
    clock.now_s += 0.5
    assert (watchdog.state(), watchdog.left_s()) == (EXPIRED, 0)
    watchdog.written()
    assert watchdog.state() == EXPIRED
    watchdog.kick()
    assert watchdog.state() == RUNNING


class SilentCore(FakeModel):
    """Core does not answer: a question for a fresh view never ends. `view` is as old as the test wants."""

    async def fresh(self, max_age_s: float = 1.0) -> View:  # noqa: ARG002
        self.questions += 1
        await asyncio.Event().wait()
        return self.current


def test_a_core_that_does_not_answer_delays_a_read_by_a_third_of_a_second_at_most() -> None:
    """C-18: a PLC that polls gives up after half a second; what it gets is the last known."""
    model = SilentCore()
    with Face(model) as face, face.raw() as raw:
        began_s = time.monotonic()
        assert words(raw.ask(read(group(7, 2), 1))) == [254]
        assert PATIENCE_S * 0.9 < time.monotonic() - began_s < 5


def test_nobody_waits_for_a_core_that_is_known_to_be_away() -> None:
    """C-18: the header says `stale`; a hundred reads take no hundred patiences."""
    model = SilentCore()
    model.current = replace(with_row(model.current, "unit", (), stale=True), is_stale=True)
    with Face(model) as face, face.raw() as raw:
        began_s = time.monotonic()
        assert [words(raw.ask(read(6, 1, 4))) for _ in range(100)] == [[1]] * 100
        assert time.monotonic() - began_s < 100 * PATIENCE_S / 4
        assert model.questions == 1


def test_a_command_that_a_later_one_has_overtaken_is_not_called_done() -> None:
    """Nobody can say how it ended: 3."""

    async def scenario() -> int:
        model, renderer = FakeModel(phase=Phase.RUNNING), Renderer()
        commands = Commands(model, renderer)
        await commands.give(Asked(7, Verb.SET_BACKUP), client())
        assert renderer.extra("command_result") == 0
        commands.follow(with_row(model.current, "member", (7,), operation_id=2, operation_phase=int(Phase.DONE)))
        return renderer.extra("command_result")

    assert asyncio.run(scenario()) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(None, "done"), None),
        (Answer(None, "goes on", Phase.RUNNING), None),
        (Answer(None, "refused by core", Phase.REFUSED), Code.FAILURE),
        (Answer(None, "failed in core", Phase.FAILED), Code.FAILURE),
        (Answer(Denial.BUSY, "busy"), Code.BUSY),
    ],
)
def test_what_was_accepted_and_then_went_wrong_is_no_success(answer: Answer, code: Code | None) -> None:
    """C-17: within the 0.3 s that a coil waits."""
    assert code_of(answer) is code


class LookedAt(FakeModel):
    """Counts how often somebody wants the view."""

    looks = 0

    def view(self) -> View:
        self.looks += 1
        return super().view()


def test_a_face_that_nobody_reads_has_no_view_made_for_it() -> None:
    """Issue 4, CPU at rest: asked once a second, a view of 255 groups costs 30 ms; the seconds themselves are counted."""
    model = LookedAt()
    desk = Desk(model, ModbusSettings(), print)
    for _ in range(3):
        desk.look()
    assert model.looks == 0
