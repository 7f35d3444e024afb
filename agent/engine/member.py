"""A member: one unit's seat in one group. Plain data; the rules that change it are in rules_*.py."""

from dataclasses import dataclass, field

from agent.engine.arrivals import Arrivals
from agent.engine.config import MemberConfig, Seat
from agent.engine.effects import Transition
from agent.engine.events import Verb
from agent.engine.phases import Phases
from agent.engine.reasons import AlarmName, Reason, Severity, State
from agent.wire.message import NO_DIGEST, NOT_ACTING, Designation, Kind, Why


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
    arrivals: Arrivals = field(default_factory=Arrivals)
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
    doubted: int = 0
    """While its output is left on the air: the unit that has claimed and not proven yet that it lives; 0: none."""
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
