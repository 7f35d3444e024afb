"""What the engine is told at its making; of a member's configuration the controls may change later."""

from dataclasses import dataclass
from enum import StrEnum

from agent.wire.message import Designation


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this unit is. `boot` exceeds that of every earlier start; `nonce_seed` is 16 random bytes of this start."""

    unit_id: int
    boot: int
    name: str
    software: str
    nonce_seed: bytes


@dataclass(frozen=True, slots=True)
class LanRules:
    """`is_authenticated`: the LAN has a key, so freshness must be proven and the master's interval may be believed (C-21)."""

    is_authenticated: bool = False
    has_beacons: bool = True
    holds_on_carrier_loss: bool = False
    """A master whose own link lost carrier keeps its output open (a crossover cable; docs/architecture.md)."""


class Seat(StrEnum):
    """What a member is in N:M (S-19, S-22)."""

    ORDINARY = "ordinary"
    """1:1, or a master of its own group."""
    POOLED = "pooled"
    """An N:M backup's seat in a group that it protects; it takes a free device of the pool when it claims."""
    RESTING = "resting"
    """An N:M backup's own group: it says there that it lives, and never claims."""


@dataclass(frozen=True, slots=True)
class MemberConfig:
    """One seat in one group. Ranges as in the settings file; `device` names the device that holds the output."""

    group: int
    device_type: int
    priority: int
    interval_ms: int
    device: str
    designation: Designation = Designation.MAIN
    is_preempting: bool = False
    preempt_delay_ns: int = 0
    """Only before preempting, never when there is no master (C-22)."""
    is_incumbent_healing: bool = False
    """Heal policy `incumbent` (C-02)."""
    seat: Seat = Seat.ORDINARY
    is_n_to_m: bool = False
    """The site has N:M enabled (S-18)."""
    return_hold_ns: int | None = None
    """Return policy of a repaired master: None manual, else it asks for its group after so long without a break (C-10)."""
    is_attended: bool = False
    """A person orders every takeover (D-40): the deadline raises an alarm, and set-master then acts at once."""
    is_in_maintenance: bool = False
    """Nothing automatic (C-13): neither takeover nor preemption nor return; what a person orders is done."""
    maintenance_until_ns: int | None = None
    """Maintenance ends by itself then (monotonic), even if nobody is there to end it; None: it does not."""
    is_locked: bool = False
    """Refuses what a person orders at another unit (C-13, D-49)."""
    is_off: bool = False
    """Switched off by a person, who must switch it on again (D-12, C-12)."""


@dataclass(frozen=True, slots=True)
class Controls:
    """The part of a MemberConfig that can be changed at run time, whole; its names and ranges. `is_off`: by OFF and ON alone."""

    priority: int
    is_preempting: bool
    interval_ms: int
    return_hold_ns: int | None = None
    is_attended: bool = False
    is_in_maintenance: bool = False
    maintenance_until_ns: int | None = None
    is_locked: bool = False
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class PoolRules:
    """What the reserve seats of one unit share.

    `is_exclusive`: one of them at a time (D-36), else as many as there are devices. `devices`: those that pooled seats take.
    `template`: a pooled seat, for groups that are met on the LAN; None: only listed ones.
    """

    is_exclusive: bool = False
    devices: tuple[str, ...] = ()
    home_group: int | None = None
    """The N:M backup's own group, whose configuration is parked while a device airs another."""
    template: MemberConfig | None = None
