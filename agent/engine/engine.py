"""The engine: handle(event, now_ns) → [effect], next_deadline_ns(), snapshot(now_ns). It is told the time; it never asks.

Here an event becomes a signal for one member; what the signal does is in table.py and rules_*.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from agent.engine.adjusting import adjust, end_maintenance
from agent.engine.agenda import Agenda, Timer
from agent.engine.cells import Signal
from agent.engine.config import Controls, Identity, LanRules, MemberConfig, PoolRules
from agent.engine.controls import objection, with_controls
from agent.engine.device_news import device_reported, link_changed
from agent.engine.dispatch import count, signal_everybody, signal_member
from agent.engine.effects import Effect
from agent.engine.events import (
    Adjusted,
    Command,
    ConfigChanged,
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
from agent.engine.hearing import Hearing
from agent.engine.member import Configuration, Member, Operation
from agent.engine.peers import Peers
from agent.engine.pool import Pool
from agent.engine.reasons import State
from agent.engine.rules_maintenance import note_maintenance
from agent.engine.rules_margin import end_warning
from agent.engine.rules_proof import UNIT, challenge_again
from agent.engine.rules_stranger import forget_strangers, note_stranger
from agent.engine.rules_watch import watch
from agent.engine.snapshot import member_snapshot, unit_snapshot
from agent.engine.timing import POOL_NEWS_NS, START_LIMIT_NS
from agent.engine.turn import Turn
from agent.engine.unit import Unit

_DUE = {
    Timer.LEASE: Signal.LEASE_DUE,
    Timer.ADVERT: Signal.ADVERT_DUE,
    Timer.REPEAT: Signal.REPEAT_DUE,
    Timer.TAKEOVER: Signal.TAKEOVER_DUE,
    Timer.REQUEST: Signal.REQUEST_DUE,
    Timer.BEACON: Signal.BEACON_DUE,
    Timer.LIMIT: Signal.LIMIT_DUE,
    Timer.SETTLE: Signal.SETTLE_DUE,
    Timer.HOLD: Signal.HOLD_DUE,
}
_VERBS = {
    Verb.SET_MASTER: Signal.SET_MASTER,
    Verb.SET_BACKUP: Signal.SET_BACKUP,
    Verb.OFF: Signal.SWITCH_OFF,
    Verb.ON: Signal.SWITCH_ON,
    Verb.ACKNOWLEDGE: Signal.ACKNOWLEDGE,
    Verb.STOP: Signal.STOP,
}


class Engine:
    """All members of one unit. The same events at the same times always give the same effects."""

    def __init__(
        self,
        identity: Identity,
        rules: LanRules,
        members: Iterable[MemberConfig],
        pool: PoolRules | None = None,
        controls: Mapping[int, Controls] | None = None,
    ) -> None:
        """`pool`: what the reserve seats share; None: no reserve is exclusive and there is no N:M backup.

        `controls`: by group, what was set at run time in an earlier life; also of seats that are yet to come.
        """
        peers = Peers(rules.is_authenticated, identity.nonce_seed)
        self._controls = controls or {}
        self.members = {config.group: self._member(config) for config in members}
        self.unit = Unit(identity, rules, peers, Agenda(), Pool(pool or PoolRules()), self.members)
        self._hearing = Hearing(self.unit, self.members, self._seat_for)

    def _member(self, config: MemberConfig) -> Member:
        """What an earlier life refused was never in force; a file that has changed since may refuse it now."""
        controls = self._controls.get(config.group)
        if controls is not None and not objection(config, controls):
            config = with_controls(config, controls)
        return Member(config, config.device, State.OFF if config.is_off else State.INIT)

    def handle(self, event: Event, now_ns: int) -> list[Effect]:
        """Decide. Carry out all effects, in order, before the next event. Time never runs backwards."""
        turn = Turn(self.unit, now_ns)
        _HANDLERS[type(event)](self, turn, event)
        if self.unit.pool.is_changed:
            self._tell_the_pool(turn)
        return turn.effects

    def _tell_the_pool(self, turn: Turn) -> None:
        """All seats look at what is free; at most every 100 ms: a worker that comes and goes shall not flood the LAN."""
        pool, agenda = self.unit.pool, self.unit.agenda
        pool.is_changed = False
        if turn.now_ns - pool.told_at_ns < POOL_NEWS_NS:
            agenda.arm(UNIT, Timer.POOL_NEWS, pool.told_at_ns + POOL_NEWS_NS)
            return
        agenda.disarm(UNIT, Timer.POOL_NEWS)
        pool.told_at_ns = turn.now_ns
        signal_everybody(turn, Signal.POOL_CHANGED)

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

    def member_snapshot(self, group: int, now_ns: int) -> dict[str, object]:
        """One member's part of it."""
        return member_snapshot(self.members[group], self.unit, now_ns)

    def unit_snapshot(self, now_ns: int) -> dict[str, object]:
        """What all members share."""
        return unit_snapshot(self.unit, now_ns)

    def is_off(self) -> bool:
        """Every member is off, whoever switched it off, and has said its farewell."""
        at_ns = self.unit.agenda.at_ns
        return all(member.state is State.OFF and (group, Timer.REPEAT) not in at_ns for group, member in self.members.items())

    def _start(self, turn: Turn, _event: object) -> None:
        self.unit.started_at_ns = turn.now_ns
        for group in self.members:
            self.unit.agenda.arm(group, Timer.LIMIT, turn.now_ns + START_LIMIT_NS)
            note_maintenance(self.members[group], turn)

    def _packet(self, turn: Turn, event: object) -> None:
        self._hearing.hear(turn, event)

    def _tick(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Tick)
        agenda, urgent_only = self.unit.agenda, not event.is_drained
        while (due := agenda.pop_due(turn.now_ns, urgent_only)) is not None:
            group, timer, turn.due_ns = due
            if timer is Timer.STRANGERS:
                forget_strangers(self.members.values(), turn)
            elif timer is Timer.CHALLENGE:
                challenge_again(turn)
            elif timer is Timer.POOL_NEWS:
                self.unit.pool.is_changed = True
            elif timer is Timer.MAINTENANCE:
                end_maintenance(self.members[group], turn)
            elif timer is Timer.THIN:
                end_warning(self.members[group], turn)
            elif timer is Timer.POOL_WATCH:
                watch(self.members[group], turn)
            else:
                signal_member(self.members[group], turn, _DUE[timer])

    def _stalled(self, turn: Turn, _event: object) -> None:
        signal_everybody(turn, Signal.STALLED)

    def _rejected(self, turn: Turn, event: object) -> None:
        assert isinstance(event, PacketRejected)
        count(self.unit.rejected, event.reason.value)
        note_stranger(self.members.values(), turn, event.reason)

    def _sent(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Sent)
        member = self.members[event.group]
        turn.message, turn.received_at_ns = event.message, event.sent_at_ns
        member.sent[event.message.kind] = member.sent.get(event.message.kind, 0) + 1
        signal_member(member, turn, Signal.SENT)

    def _send_failed(self, turn: Turn, event: object) -> None:
        assert isinstance(event, SendFailed)
        member = self.members[event.group]
        member.send_failures += 1
        signal_member(member, turn, Signal.NOT_SENT)

    def _link(self, turn: Turn, event: object) -> None:
        assert isinstance(event, LinkChanged)
        link_changed(turn, event)

    def _device(self, turn: Turn, event: object) -> None:
        assert isinstance(event, DeviceReported)
        device_reported(turn, event)

    def _config(self, turn: Turn, event: object) -> None:
        assert isinstance(event, ConfigChanged)
        member = self.members.get(event.group)
        if member is None:
            template = self.unit.pool.rules.template
            member = self._seat_for(turn, event.group, template.device_type) if template else None
        news = Configuration(
            event.revision, event.digest, event.is_held, event.readiness, event.rank, event.capacity, event.reasons
        )
        if member is not None and member.configuration != news:
            member.configuration = news
            signal_member(member, turn, Signal.CONFIGURED)

    def _adjusted(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Adjusted)
        adjust(self.members.get(event.group), turn, event)

    def _seat_for(self, turn: Turn, group: int, device_type: int) -> Member | None:
        """An N:M backup that protects all masters of its type takes a seat in a group that it hears of for the first time."""
        template = self.unit.pool.rules.template
        if template is None or device_type != template.device_type or self.unit.is_stopping:
            return None
        member = self.members[group] = self._member(replace(template, group=group))
        note_maintenance(member, turn)
        if self.unit.can_serve(member):
            signal_member(member, turn, Signal.CAN_SERVE)
        return member

    def _command(self, turn: Turn, event: object) -> None:
        assert isinstance(event, Command)
        self.unit.operations += 1
        self.unit.is_stopping = self.unit.is_stopping or event.verb is Verb.STOP
        turn.command = Operation(
            self.unit.operations, event.verb, event.command_id, turn.now_ns, event.is_forced, event.author, event.is_override
        )
        signal_member(self.members[event.group], turn, _VERBS[event.verb])


# Functions and not bound methods: those would make a cycle, and core runs without a collector.
_HANDLERS: dict[type, Callable[[Engine, Turn, object], None]] = {
    Start: Engine._start,
    PacketReceived: Engine._packet,
    PacketRejected: Engine._rejected,
    Tick: Engine._tick,
    Stalled: Engine._stalled,
    Sent: Engine._sent,
    SendFailed: Engine._send_failed,
    LinkChanged: Engine._link,
    DeviceReported: Engine._device,
    ConfigChanged: Engine._config,
    Adjusted: Engine._adjusted,
    Command: Engine._command,
}
