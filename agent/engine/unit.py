"""A unit: what its members share, and what can be asked about a member with it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from agent.engine.agenda import Agenda
from agent.engine.config import Identity, LanRules, Seat
from agent.engine.member import Member
from agent.engine.peers import Peers
from agent.engine.pool import Pool
from agent.engine.reasons import Reason
from agent.engine.timing import MS, takeover_timeout_ns
from agent.wire.errors import Rejection
from agent.wire.message import Message


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
    started_at_ns: int = 0
    is_stopping: bool = False
    """The agent is; not the same as a member that a person has switched off."""
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
        if self.rules.is_authenticated:
            interval_ms = max(interval_ms, self._master_interval_ms(member))
        return takeover_timeout_ns(interval_ms, member.config.priority)

    def _master_interval_ms(self, member: Member) -> int:
        """Who listens anew follows nobody yet: whoever was master last may be frozen, and its lease runs by its own interval."""
        if member.master is not None:
            return member.master.interval_ms
        return self.peers.longest_of_masters_ms(member.group)
