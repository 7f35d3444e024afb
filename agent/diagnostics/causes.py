"""The closed list of causes: why a role changed."""

from dataclasses import dataclass, field
from enum import StrEnum


class Cause(StrEnum):
    """One word each; the sentence that goes with it is made in findings.py and verdict.py."""

    CRASH = "crash"
    STALL = "stall"
    LOSS = "loss"
    DELAY = "delay"
    PARTITION = "partition"
    WRONG_KEY = "wrong key"
    TIE = "tie"
    LINK_LOST = "link lost"
    COMMAND = "command"
    FORCED = "forced"
    PREEMPTION = "preemption"
    RETURN = "return"
    GIVE_UP = "give-up"
    STOP = "stop"
    DEVICE_FAULT = "device fault"
    SUCCESSOR_SILENT = "successor silent"
    FLAP = "flap"
    START = "start"
    RIVAL = "rival"
    CONTESTED_CLAIM = "contested claim"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`because`: half a sentence. `unknown`: what could not be known from this record, and who would know."""

    cause: Cause
    because: str
    unknown: tuple[str, ...] = ()
    facts: dict[str, float] = field(default_factory=dict)
    """Numbers, ms: margin, silence, T and so on."""


def counted(count: int, one: str, many: str) -> str:
    """`1 packet was`, `2 packets were`."""
    return f"{count} {one if count == 1 else many}"
