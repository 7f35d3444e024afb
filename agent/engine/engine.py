"""The engine: handle(event, now_ns) → [effect], next_deadline_ns(), snapshot(now_ns). It is told the time; it never asks.

Here an event becomes a signal for one member; what the signal does is in table.py and rules_*.py.
"""

from collections.abc import Callable, Iterable

from agent.engine.agenda import Agenda, Timer
from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.effects import Effect
from agent.engine.events import (
    Command,
    DeviceReport,
    DeviceReported,
    Event,
    LinkChanged,
    PacketReceived,
    PacketRejected,
    SendFailed,
    Sent,
    Stalled,
    Start,
    Tick,
    Verb,
)
from agent.engine.member import Member, Operation, Turn, Unit
from agent.engine.peers import Peer, Peers
from agent.engine.reasons import State
from agent.engine.signals import is_from_tracked, signal_of
from agent.engine.snapshot import member_snapshot, unit_snapshot
from agent.engine.speech import say
from agent.engine.table import TABLE, Signal
from agent.wire.errors import Rejection
from agent.wire.message import Kind, Message

_DUE = {
    Timer.LEASE: Signal.LEASE_DUE,
    Timer.ADVERT: Signal.ADVERT_DUE,
    Timer.REPEAT: Signal.REPEAT_DUE,
    Timer.TAKEOVER: Signal.TAKEOVER_DUE,
    Timer.REQUEST: Signal.REQUEST_DUE,
    Timer.BEACON: Signal.BEACON_DUE,
    Timer.LIMIT: Signal.LIMIT_DUE,
}
_VERBS = {Verb.SET_MASTER: Signal.SET_MASTER, Verb.SET_BACKUP: Signal.SET_BACKUP, Verb.STOP: Signal.STOP}
_REPORTS = {
    DeviceReport.LOADED: Signal.LOADED,
    DeviceReport.OPENED: Signal.OPENED,
    DeviceReport.MUTED: Signal.MUTED,
}
_LEASE_SIGNALS = (Signal.LEASE_DUE, Signal.SENT)

_FAREWELLS = (Kind.GIVE_UP, Kind.HANDOVER)


class Engine:
    """All members of one unit. The same events at the same times always give the same effects."""

    def __init__(self, identity: Identity, rules: LanRules, members: Iterable[MemberConfig]) -> None:
        peers = Peers(rules.is_authenticated, identity.nonce_seed)
        self.members = {config.group: Member(config) for config in members}
        self.unit = Unit(identity, rules, peers, Agenda(), len(self.members))
        self._types = frozenset(member.config.device_type for member in self.members.values())
        self._handlers: dict[type, Callable[[Turn, object], None]] = {
            Start: self._start,
            PacketReceived: self._packet,
            PacketRejected: self._rejected,
            Tick: self._tick,
            Stalled: self._stalled,
            Sent: self._sent,
            SendFailed: self._send_failed,
            LinkChanged: self._link,
            DeviceReported: self._device,
            Command: self._command,
        }

    def handle(self, event: Event, now_ns: int) -> list[Effect]:
        """Decide. Carry out all effects, in order, before the next event. Time never runs backwards."""
        turn = Turn(self.unit, now_ns)
        self._handlers[type(event)](turn, event)
        return turn.effects

    def next_deadline_ns(self) -> int | None:
        """When to call with Tick, if nothing else happens."""
        return self.unit.agenda.next_ns()

    def is_takeover_next(self) -> bool:
        """Is the next deadline one at which a silent master loses its group?"""
        return self.unit.agenda.next_timer() is Timer.TAKEOVER

    def snapshot(self, now_ns: int) -> dict[str, object]:
        """The state of everything, as plain data (docs/architecture.md)."""
        members = [member_snapshot(member, self.unit, now_ns) for member in self.members.values()]
        return {"unit": unit_snapshot(self.unit, now_ns), "members": members}

    def is_off(self) -> bool:
        """Every member is off, and has said its farewell."""
        at_ns = self.unit.agenda.at_ns
        return all(member.state is State.OFF and (group, Timer.REPEAT) not in at_ns for group, member in self.members.items())

    def _signal(self, member: Member, turn: Turn, signal: Signal) -> None:
        if member.state is State.MASTER and turn.now_ns >= member.lease_until_ns and signal not in _LEASE_SIGNALS:
            self._signal(member, turn, Signal.LEASE_DUE)  # mute first, then hear and speak (C-02)
        cell = TABLE[signal][member.state]
        if cell.action is not None:
            turn.goals = cell.goals
            cell.action(member, turn)

    def _everybody(self, turn: Turn, signal: Signal) -> None:
        for member in self.members.values():
            self._signal(member, turn, signal)

    def _start(self, turn: Turn, _event: object) -> None:
        for member in self.members.values():
            member.backup_since_ns = turn.now_ns

    def _tick(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Tick)
        agenda, urgent_only = self.unit.agenda, not event.is_drained
        while (due := agenda.pop_due(turn.now_ns, urgent_only)) is not None:
            group, timer, turn.due_ns = due
            self._signal(self.members[group], turn, _DUE[timer])

    def _stalled(self, turn: Turn, _event: object) -> None:
        self._everybody(turn, Signal.STALLED)

    def _rejected(self, _turn: Turn, event: object) -> None:
        assert isinstance(event, PacketRejected)
        _count(self.unit.rejected, event.reason.value)

    def _sent(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Sent)
        member = self.members[event.group]
        turn.message, turn.received_at_ns = event.message, event.sent_at_ns
        member.sent[event.message.kind] = member.sent.get(event.message.kind, 0) + 1
        self._signal(member, turn, Signal.SENT)

    def _send_failed(self, turn: Turn, event: object) -> None:
        assert isinstance(event, SendFailed)
        member = self.members[event.group]
        member.send_failures += 1
        self._signal(member, turn, Signal.NOT_SENT)

    def _link(self, turn: Turn, event: object) -> None:
        assert isinstance(event, LinkChanged)
        was_up, self.unit.is_link_up, self.unit.link_detail = self.unit.is_link_up, event.is_up, event.detail
        if was_up and not event.is_up:
            self._everybody(turn, Signal.LINK_LOST)
        elif event.is_up and not was_up:
            self._tell_the_able(turn, None)

    def _tell_the_able(self, turn: Turn, device: str | None) -> None:
        for member in self.members.values():
            if device in (None, member.config.device) and self.unit.can_serve(member):
                self._signal(member, turn, Signal.CAN_SERVE)

    def _device(self, turn: Turn, event: object) -> None:
        assert isinstance(event, DeviceReported)
        if event.report is DeviceReport.READY:
            self.unit.ready_devices.add(event.device)
            self.unit.device_errors.pop(event.device, None)
            self._tell_the_able(turn, event.device)
        elif event.report is DeviceReport.FAILED:
            self._device_failed(turn, event)
        else:
            for member in self.members.values():
                if member.config.device == event.device and member.order == event.order:
                    self._signal(member, turn, _REPORTS[event.report])

    def _device_failed(self, turn: Turn, event: DeviceReported) -> None:
        self.unit.ready_devices.discard(event.device)
        self.unit.device_errors[event.device] = turn.error = event.error
        for member in self.members.values():
            if member.config.device == event.device:
                self._signal(member, turn, Signal.DEVICE_LOST)

    def _command(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Command)
        self.unit.operations += 1
        turn.command = Operation(
            self.unit.operations, event.verb, event.command_id, turn.now_ns, event.is_forced, event.author, event.is_override
        )
        self._signal(self.members[event.group], turn, _VERBS[event.verb])

    def _packet(self, turn: Turn, event: object) -> None:
        assert isinstance(event, PacketReceived)
        message = event.message
        if message.unit_id == self.unit.identity.unit_id:
            self._hear_itself(message)
            return
        member = self.members.get(message.group)
        if member is None or message.device_type != member.config.device_type:
            is_type = message.device_type in self._types and member is None
            _count(self.unit.rejected, Rejection.OTHER_GROUP if is_type else Rejection.OTHER_TYPE)
            return
        turn.message, turn.address = message, event.address
        turn.received_at_ns = min(event.received_at_ns, turn.now_ns)
        self._hear(member, turn)

    def _hear_itself(self, message: Message) -> None:
        identity = self.unit.identity
        if message.boot != identity.boot or message.sequence > self.unit.sequence:
            _count(self.unit.rejected, Rejection.OWN_UNIT_ID)

    def _hear(self, member: Member, turn: Turn) -> None:
        message = turn.packet
        peer, reason = self.unit.peers.admit(message, turn.received_at_ns, turn.address)
        if message.kind is Kind.QUESTION and peer is not None and reason in (None, Rejection.UNPROVEN):
            self._question(member, turn, peer)
        if peer is not None and reason in (Rejection.UNPROVEN, Rejection.REPLAYED):
            self._challenge(member, turn, peer)
        if reason is None:
            reason = self._take_note(member, turn)
        if reason is not None:
            _count(member.rejected, reason.value)

    def _question(self, member: Member, turn: Turn, peer: Peer) -> None:
        target = turn.packet.target
        if target in (0, self.unit.identity.unit_id) and self.unit.peers.may_answer(peer, bool(target), turn.now_ns):
            self._signal(member, turn, Signal.QUESTION)

    def _challenge(self, member: Member, turn: Turn, peer: Peer) -> None:
        """A unit or a boot that has not proven itself: ask it to (docs/protocol.md, Authentication)."""
        if peer.is_proven and peer.boot == turn.packet.boot:
            return  # a plain repetition of what a living unit said
        if self.unit.peers.may_challenge(peer, turn.packet.boot, turn.now_ns):
            peer.nonce = self.unit.peers.fresh_nonce()
            say(member, turn, Kind.QUESTION, target=peer.unit_id, nonce=peer.nonce)

    def _take_note(self, member: Member, turn: Turn) -> Rejection | None:
        """A fresh packet of a proven peer, in our group and of our type."""
        message = turn.packet
        if message.kind in _FAREWELLS and not is_from_tracked(member, message):
            return Rejection.NOT_FROM_MASTER
        member.received[message.kind] = member.received.get(message.kind, 0) + 1
        signal = signal_of(member, turn)
        if signal is not None:
            self._signal(member, turn, signal)
        return None


def _count(counters: dict[str, int], name: str) -> None:
    counters[name] = counters.get(name, 0) + 1
