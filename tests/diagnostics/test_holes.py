"""Records with holes: whatever is missing, what is left replays identically, and what is missing is counted."""

from __future__ import annotations

import pickle
import socket
from random import Random

import pytest

from agent.core import recorder_queue
from agent.core.channel import Client
from agent.core.recorder_health import RecorderHealth
from agent.core.recorder_port import Heard, Noted, RecorderPort
from agent.diagnostics.header import Made
from agent.diagnostics.notes import Note, packed, whole_notes
from agent.diagnostics.replay import Outcome, Replay, replay
from agent.diagnostics.state import StateError, packed_state, restored
from agent.engine.effects import Effect
from agent.engine.events import Event, PacketReceived, SendFailed, Sent, Tick
from agent.wire.codec import encode
from tests.diagnostics.recorded import record_plan
from tests.sim.history import build
from tests.sim.plan import Plan, make_plan
from tests.sim.unit import SimUnit
from tests.sim.world import World

PATIENCE = 30
"""Events between two things that befall the recorder."""


class Recorder:
    """One unit's core with a recorder that comes, reads now and then, and goes; `notes` is what it would have written."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._rng, self._boot = world, Random(seed), 0
        self.notes: list[Note] = []
        self.comings = 0
        self._socket: socket.socket | None = None
        self._client: Client | None = None

    def take(self, unit: SimUnit, event: Event, effects: list[Effect]) -> None:
        """As core does after each event."""
        assert unit.engine is not None
        if unit.boot != self._boot:
            self._boot = unit.boot
            made = Made(unit.engine.unit.identity, unit.rules, [unit.saved])
            self._port = RecorderPort(unit.engine, made, {}, now_ns=unit.now_ns)
            self._go()
            self._come()
        raw = encode(event.message, self._world.lan.keyring) if isinstance(event, PacketReceived | Sent | SendFailed) else b""
        if isinstance(event, Sent | SendFailed):
            self._port.sent.append(raw)
        self._port.note([Noted(event, unit.now_ns(), effects)], Heard(raw))
        if self._rng.randrange(PATIENCE) == 0:
            self._rng.choice([self._read, self._go, self._come, self._fall_behind])()

    def _come(self) -> None:
        self.comings += 1
        self._fall_behind()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, theirs):
            end.setblocking(False)
        self._client = Client(theirs)
        self._port.connect(self._client, {"hello": "recorder"})

    def _read(self) -> None:
        """All that has been sent."""
        try:
            while self._socket is not None and (data := self._socket.recv(1 << 20)):
                self.notes += whole_notes(data)[0]
        except BlockingIOError:
            return

    def _fall_behind(self) -> None:
        """What it has not read is lost with its connection; core does not know how much that was."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _go(self) -> None:
        self._read()
        self._fall_behind()
        if self._client is not None:
            self._port.forget(self._client)

    def end(self) -> None:
        """Of the history."""
        self._read()
        self._fall_behind()


class HoledWorld(World):
    """A world whose units have such recorders."""

    recorders: dict[int, Recorder]

    def stepped(self, unit: SimUnit, event: Event, effects: list[Effect]) -> None:
        """As ever, and noted."""
        super().stepped(unit, event, effects)
        if unit.engine is not None:
            self.recorders.setdefault(unit.index, Recorder(self, unit.index)).take(unit, event, effects)


def record_with_holes(plan: Plan) -> list[Recorder]:
    """Run a history of the simulator; the recorders of its units."""
    world = build(plan)
    world.__class__ = HoledWorld
    assert isinstance(world, HoledWorld)
    world.recorders = {}
    world.run_until(plan.ends_ns)
    for one in world.recorders.values():
        one.end()
    return list(world.recorders.values())


def test_whatever_is_missing_the_rest_replays_identically(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: recorders that come, go and fall behind in every way; the queue is small, so that core drops notes as well."""
    monkeypatch.setattr(recorder_queue, "MAX_WAITING", 40)
    found = [one for seed in range(1, 41) for one in record_with_holes(make_plan(seed))]
    outcomes = [replay(one.notes) for one in found]
    assert [(outcome.difference, outcome.problems) for outcome in outcomes if outcome.difference or outcome.problems] == []
    assert sum(one.comings for one in found) > 150
    assert sum(outcome.skipped for outcome in outcomes) > 1000
    assert sum(outcome.lost for outcome in outcomes) > 1000
    assert sum(outcome.events for outcome in outcomes) > 3_000


@pytest.fixture(scope="module", name="notes")
def _notes() -> list[Note]:
    """Of one boot."""
    notes = max((notes for seed in range(1, 13) for notes in record_plan(make_plan(seed))), key=len)
    boots = [number for number, note in enumerate(notes) if note.text["event"] == "header"]
    return notes[boots[-1] :]


def state_after(notes: list[Note]) -> Note:
    """What core notes there."""
    half = Replay()
    half.run(notes)
    assert half.engine is not None
    text = {"event": "state", "at": notes[-1].text["at"], "number": len(notes) - 1}
    return Note(text, packed_state(half.engine))


def test_a_hole_that_nobody_noted_ends_at_the_next_state(notes: list[Note]) -> None:
    """Issue 5: a torn or a lost file leaves no gap; the state's number tells, and the replay goes on from there."""
    cut = len(notes) // 2
    outcome = replay([*notes[: cut - 20], state_after(notes[:cut]), *notes[cut:]])
    assert (outcome.difference, outcome.lost) == (None, 20)
    assert outcome.is_identical, outcome.problems
    assert outcome.events == len(notes) - 1 - 20


def test_a_state_in_an_unbroken_record_changes_nothing(notes: list[Note]) -> None:
    """Issue 5: what was replayed until there is surer than what was saved."""
    cut = len(notes) // 2
    wrong = state_after(notes[:cut])._replace(raw=b"never read")
    outcome = replay([*notes[:cut], wrong, *notes[cut:]])
    assert outcome.is_identical, outcome.problems
    assert outcome.lost == 0


def of_another_version(state: bytes) -> bytes:
    """Made by software whose members have one more field, before all others."""
    shapes = pickle.loads(state)
    size = len(pickle.dumps(shapes, protocol=5))
    shapes["agent.engine.member.Member"] = ("added", *shapes["agent.engine.member.Member"])
    return pickle.dumps(shapes, protocol=5) + state[size:]


def test_a_state_of_another_version_is_refused_in_words(notes: list[Note]) -> None:
    """Issue 5: a field more would shift all the others, and the replay would differ at the first lease for no reason."""
    cut = len(notes) // 2
    state = state_after(notes[:cut])
    assert restored(notes[0].text, state.raw)
    with pytest.raises(StateError, match="Member has other fields"):
        restored(notes[0].text, of_another_version(state.raw))
    outcome: Outcome = replay([notes[0], state._replace(raw=of_another_version(state.raw)), *notes[cut:]])
    assert outcome.difference is None
    assert outcome.events == 0
    assert len(outcome.problems) == 1


def port(is_enabled: bool = True) -> RecorderPort:
    """Of a core at rest."""
    plan = make_plan(1)
    unit = build(plan).units[0]
    unit.start()
    assert unit.engine is not None
    made = Made(unit.engine.unit.identity, unit.rules, [unit.saved])
    return RecorderPort(unit.engine, made, {}, is_enabled, unit.now_ns)


def test_switched_off_nothing_is_noted_and_nothing_piles_up() -> None:
    """Issue 5: [recorder] enabled = false; what is sent is forgotten at once, and it is no fault."""
    off = port(is_enabled=False)
    for _ in range(3):
        off.sent.append(b"datagram")
        off.note([Noted(Tick(), 1, [])], Heard())
    assert not off.sent
    assert off.health.as_json() == {
        "enabled": False, "up": False, "fault": "", "notes": 0, "dropped": 0, "bytes": 0, "oldest_ns": 0
    }  # fmt: skip


def test_a_fault_of_ours_ends_the_record_and_not_core() -> None:
    """Issue 5: the recorder must not disturb core; the fault is said, and nothing piles up behind it."""
    broken = port()
    broken.note([Noted(None, 1, [])], Heard())  # type: ignore[arg-type]
    assert "nothing is recorded until core starts again" in str(broken.health.as_json()["fault"])
    broken.sent.append(b"datagram")
    broken.note([Noted(Tick(), 2, [])], Heard())
    assert not broken.sent
    assert broken.health.notes <= 1


def test_what_the_recorder_says_of_itself_is_taken_with_care() -> None:
    """Issue 5: another version, or one that is mad; a word that is missing changes nothing."""
    health = RecorderHealth(is_enabled=True)
    health.connected({"hello": "recorder", "fault": "The disk is full."})
    health.hear({"bytes": 5, "oldest": 7})
    assert (health.fault, health.is_up, health.bytes_on_disk, health.oldest_ns) == ("The disk is full.", False, 5, 7)
    health.hear({"fault": 3, "bytes": "many", "oldest": None})
    assert (health.fault, health.bytes_on_disk) == ("The disk is full.", 5)
    health.hear({"fault": "x" * 1000})
    assert len(health.fault) == 200
    health.hear({"fault": ""})
    assert health.is_up


def test_a_long_note_goes_in_pieces_that_any_kernel_takes() -> None:
    """Issue 5: the state of 256 seats is half a megabyte; a packet of that size is refused where wmem_max is as shipped."""
    long, short = packed('{"event":"state"}', bytes(range(256)) * 2000), packed('{"event":"tick"}')
    queue = recorder_queue.NoteQueue(short)
    queue.add_state(long)
    queue.add(short)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with theirs, ours:
        client, found, rest = Client(ours), list[Note](), b""
        queue.flush(client)
        while len(found) < 3:
            client.flush()
            packet = theirs.recv(1 << 20)
            assert len(packet) <= recorder_queue.MAX_PACKET_BYTES
            notes, rest = whole_notes(rest + packet)
            found += notes
    assert [note.text["event"] for note in found] == ["tick", "state", "tick"]
    assert found[1].raw == bytes(range(256)) * 2000
