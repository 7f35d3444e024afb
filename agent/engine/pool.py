"""What the reserve seats of one unit have taken. Plain data; the rules are in rules_pool.py and rules_order.py."""

from dataclasses import dataclass, field
from typing import NamedTuple

from agent.engine.config import PoolRules


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
