"""A member: one unit's seat in one group. Plain data; the rules that change it are in rules_*.py."""

from dataclasses import dataclass, field
from typing import NamedTuple

from agent.engine.agenda import Agenda, Timer
from agent.engine.config import Identity, LanRules, MemberConfig, PoolRules, Seat
from agent.engine.effects import Effect, Transition
from agent.engine.events import Verb
from agent.engine.peers import Peers
from agent.engine.phases import Phases
from agent.engine.reasons import AlarmName, Reason, Severity, State
from agent.engine.timing import MS, takeover_timeout_ns
from agent.wire.errors import Rejection
from agent.wire.message import NO_DIGEST, NOT_ACTING, Designation, Kind, Message, Why


@dataclass(slots=True)
class TrackedMaster:
    """The master that a backup follows. `is_gone`: it gave up or handed over, and its successor is awaited."""

    unit_id: int
    name: str
    address: str
    priority: int
    interval_ms: int
    heard_at_ns: int
    is_gone: bool = False
    is_claiming: bool = False
    """It has claimed, and not been heard as master since."""
    acting_for: int = NOT_ACTING
    """The group that it has taken over as an N:M backup; NOT_ACTING: it is at home there."""
    config: tuple[int, bytes] = (0, NO_DIGEST)
    """Revision and digest that it advertised last."""


@dataclass(slots=True)
class Operation:
    """A changeover under way. `command_id` is empty when it comes from preemption or from another unit."""

    number: int
    verb: Verb
    command_id: str
    started_at_ns: int
    is_forced: bool = False
    author: str = ""
    is_override: bool = False
    why: Why = Why.COMMAND
    """What the request to the master says: an operator, preemption, or the return policy."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """What a master says when it has muted. `target` 0: give-up, anybody may take over; else the named successor."""

    why: Why
    after: State
    reason: Reason
    text: str
    target: int = 0
    yielded_after_ms: int | None = None
    """Yielded to a rival master, after so long as master: there is nobody to call, only to tell."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The group's configuration as this unit holds it; fields as of the event ConfigChanged."""

    revision: int
    digest: bytes
    is_held: bool
    readiness: int
    rank: int
    capacity: int
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Alarm:
    """Raised until cleared."""

    severity: Severity
    text: str
    raised_at_ns: int


@dataclass(slots=True)
class Member:
    """All that a unit knows about one of its groups."""

    config: MemberConfig
    device: str = ""
    """Holds the output: the config's, or the one that a pooled seat has taken."""
    state: State = State.INIT
    configuration: Configuration | None = None
    """None: nothing keeps or tracks one."""
    phases: Phases | None = None
    """Of the last takeover."""
    said: tuple[int, int] = (0, NOT_ACTING)
    """Readiness and acting for of its last beacon."""
    is_waiting: bool = False
    """It let a deadline pass because something keeps it from serving; when that is over it listens anew."""
    master: TrackedMaster | None = None
    awaiting: Reason = Reason.NO_MASTER_AT_START
    """Why it would take over if the deadline passed now."""
    operation: Operation | None = None
    farewell: Farewell | None = None
    repeats_left: int = 0
    order: int = 0
    """Number of the order that the device has yet to answer; answers to older ones are ignored."""
    is_loaded: bool = False
    is_named: bool = False
    """Claims because its predecessor said so: it waits for nobody."""
    settled_at_ns: int | None = None
    """When the claim will have been on the LAN for long enough to open; None: it has not left yet."""
    is_parked: bool = False
    """Left by command: no preemption until a person says so."""
    lease_until_ns: int = 0
    pace_ms: int = 0
    """Of a claimer or master: the interval of its beat and of its lease; shorter than the config's while that is being raised."""
    beats_to_raise: int = 0
    """How many more adverts say the longer interval before it counts."""
    master_since_ns: int | None = None
    backup_since_ns: int = 0
    preempt_after_ns: int = 0
    asserted_at_ns: int = -(1 << 62)
    """When it last spoke against a rival; bounds the answer to a flood of claims."""
    rival_until_ns: int = -(1 << 62)
    split_brains: int = 0
    overlap_ns: int = 0
    transitions: int = 0
    last: Transition | None = None
    alarms: dict[AlarmName, Alarm] = field(default_factory=dict)
    sent: dict[Kind, int] = field(default_factory=dict)
    received: dict[Kind, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    send_failures: int = 0

    @property
    def group(self) -> int:
        """The identity that is protected, 0..255."""
        return self.config.group

    @property
    def is_pooled(self) -> bool:
        """An N:M backup's seat in a group that it protects."""
        return self.config.seat is Seat.POOLED

    @property
    def is_returned(self) -> bool:
        """A repaired master that finds its group aired by an N:M backup, and waits (C-09)."""
        is_home = self.config.designation is Designation.MAIN and self.state is State.BACKUP
        return is_home and self.master is not None and self.master.acting_for != NOT_ACTING


class Suspect(NamedTuple):
    """`group`: in which it is asked. `repeats_left`: how often still."""

    group: int
    repeats_left: int


class Heard(NamedTuple):
    """A master's last word, and when it came."""

    message: Message
    address: str
    at_ns: int


@dataclass(slots=True)
class Engagement:
    """A reserve seat that is on the air, or about to be."""

    device: str
    since_ns: int


class Deferral(NamedTuple):
    """A seat that lets a better-ranked group go first: due since `first_ns`, it looks again at `until_ns`."""

    first_ns: int
    until_ns: int


@dataclass(slots=True)
class Pool:
    """The reserve seats of one unit, and what they have taken. The rules are in rules_pool.py."""

    rules: PoolRules
    engaged: dict[int, Engagement] = field(default_factory=dict)
    """By group: claiming, master or leaving."""
    deferred: dict[int, Deferral] = field(default_factory=dict)
    """Groups that are due, and wait for a better-ranked one."""
    awaited: set[int] = field(default_factory=set)
    """The better-ranked ones."""
    doubtful: str = ""
    """The device that did not open in time last: the others are taken first."""
    is_changed: bool = False
    """A device was taken, freed, lost or found since the seats were told."""
    told_at_ns: int = -(1 << 62)
    """When they were: bounds how often all of them speak at once."""


@dataclass(slots=True)
class Unit:
    """What the members of one unit share."""

    identity: Identity
    rules: LanRules
    peers: Peers
    agenda: Agenda
    pool: Pool
    members: dict[int, Member]
    beat_ns: dict[int, int] = field(default_factory=dict)
    """By interval (ms): the last beat of the adverts. Groups of one interval share it: one waking for all of them."""
    sequence: int = 0
    orders: int = 0
    operations: int = 0
    revision: int = 0
    """Counts transitions, alarms and changes of controls: two snapshots of one revision agree."""
    beacon_turn: int = 0
    """Counts beacons said out of turn, so that the next ones of many seats do not come all at once."""
    is_link_up: bool = False
    link_detail: str = "not seen yet"
    ready_devices: set[str] = field(default_factory=set)
    device_errors: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    neighbours: dict[tuple[int, int], Heard] = field(default_factory=dict)
    """By group and unit id: the masters heard on this LAN, whatever their group; for people who choose one (Z-18)."""
    suspects: dict[int, Suspect] = field(default_factory=dict)
    """By unit id: who must prove itself, and has not answered yet. Who was asked last comes last."""
    asked_why_late_ns: int = -(1 << 62)
    strangers_ns: dict[Rejection, int] = field(default_factory=dict)
    """When a packet was last refused for a reason that a person must know of."""

    def uses(self, member: Member, device: str) -> bool:
        """Does this seat depend on that device? One of the pool that is not engaged could take any."""
        if member.config.seat is Seat.ORDINARY or member.group in self.pool.engaged:
            return member.device == device
        return device in self.pool.rules.devices

    def can_serve(self, member: Member) -> bool:
        """Link and device are there."""
        if not self.is_link_up:
            return False
        if member.config.seat is Seat.ORDINARY:
            return member.device in self.ready_devices
        return any(self.uses(member, device) for device in self.ready_devices)

    def could_serve_again(self, member: Member) -> bool:
        """After it has left the air: with any device of the pool."""
        if member.config.seat is Seat.ORDINARY:
            return self.can_serve(member)
        return self.is_link_up and not self.ready_devices.isdisjoint(self.pool.rules.devices)

    def next_beat_ns(self, interval_ms: int, now_ns: int) -> int:
        """When a group that opens now is to advertise again: on the common beat, within one interval."""
        interval_ns = interval_ms * MS
        beat_ns = self.beat_ns.get(interval_ms, 0)
        if not now_ns - interval_ns < beat_ns <= now_ns:
            beat_ns = self.beat_ns[interval_ms] = now_ns
        return beat_ns + interval_ns

    def why_unable(self, member: Member) -> tuple[Reason, str]:
        """What `can_serve` lacks, for people."""
        if not self.is_link_up:
            return Reason.LINK_LOST, f"LAN link lost: {self.link_detail}"
        device = member.device
        return Reason.DEVICE_FAILED, f"device {device}: {self.device_errors.get(device, 'not ready')}"

    def timeout_ns(self, member: Member) -> int:
        """T with the larger of the own and the master's interval, if that can be believed (C-21)."""
        interval_ms = member.config.interval_ms
        if self.rules.is_authenticated and member.master is not None:
            interval_ms = max(interval_ms, member.master.interval_ms)
        return takeover_timeout_ns(interval_ms, member.config.priority)


class Before(NamedTuple):
    """What a member's controls were until this event, and its T."""

    config: MemberConfig
    timeout_ns: int


class Turn:
    """One event being handled: the time, the event's own data, and the effects so far."""

    before: Before
    """Of an Adjusted, and of nothing else."""

    __slots__ = ("address", "before", "command", "due_ns", "effects", "goals", "message", "now_ns", "received_at_ns", "unit")

    def __init__(self, unit: Unit, now_ns: int) -> None:
        self.unit = unit
        self.now_ns = now_ns
        self.effects: list[Effect] = []
        self.goals: tuple[State, ...] = ()
        """The states into which the running cell of the table may lead."""
        self.message: Message | None = None
        self.received_at_ns = now_ns
        """When the packet arrived; of one that left, when it was sent."""
        self.due_ns = now_ns
        """When the deadline was due that this event is about."""
        self.address = ""
        self.command: Operation | None = None

    @property
    def packet(self) -> Message:
        """The packet of this event."""
        assert self.message is not None
        return self.message

    def arm(self, member: Member, timer: Timer, at_ns: int) -> None:
        """Set a deadline of a member."""
        self.unit.agenda.arm(member.config.group, timer, at_ns)

    def disarm(self, member: Member, *timers: Timer) -> None:
        """Forget deadlines of a member."""
        self.unit.agenda.disarm(member.config.group, *timers)
