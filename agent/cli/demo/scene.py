"""What is known at a moment, for whoever shows it: values only."""

from dataclasses import dataclass, field

from agent.cli.demo.figures import Figure
from agent.cli.demo.ground import PARTS

GONE = "gone"
MAX_EVENTS = 1000


@dataclass(frozen=True, order=True)
class Happening:
    """`at_ns` wall clock. `who`: demo, LAN, output, or a unit about itself."""

    at_ns: int
    who: str
    text: str


@dataclass
class UnitScene:
    """One unit. `role` is its own word (or GONE: its processes were killed); times and rates were observed from outside."""

    role: str = "starting"
    reason: str = ""
    alarms: tuple[str, ...] = ()
    is_real_time: bool | None = None
    left_ns: int | None = None
    whole_ns: int = 1
    rate: int = 0
    is_able: bool = False


@dataclass
class OutputScene:
    """The common output. `silent_ns`: since its last datagram; None: none came yet."""

    rate: int = 0
    datagrams: int = 0
    continuity_errors: int = 0
    silent_ns: int | None = None


@dataclass(frozen=True)
class Observed:
    """One question to Prometheus, with its answer before the failover and after it."""

    name: str
    query: str
    before: str
    after: str


@dataclass
class Scene:
    """Everything on the screen. `observed`, `sentence`: with --observe, shown at the end."""

    title: str = "starting"
    units: dict[str, UnitScene] = field(default_factory=lambda: {part.name: UnitScene() for part in PARTS})
    output: OutputScene = field(default_factory=OutputScene)
    figures: list[Figure] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)
    sentence: str = ""
    hint: str = "Ctrl-C ends it and removes everything"

    def tell(self, happening: Happening) -> None:
        """In the order of time, though the units' own words come a moment later."""
        self.happenings = sorted([*self.happenings, happening], key=lambda known: known.at_ns)[-MAX_EVENTS:]
