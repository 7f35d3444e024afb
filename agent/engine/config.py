"""What the engine is told once, at its making."""

from dataclasses import dataclass

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
