"""What scenes for the alert rules are made of: what units show from when on, which alerts have to ring, and by when.

Times in seconds of the scene. `by`: at the latest then the alert fires; `over`: at the latest then it has ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.dashboards.shown import MAIN, RESERVE, Showing
from tests.dashboards.tape import Tape

FAULT_S = 120.0
"""When the fault of a scene begins."""
GONE_S = 600.0
"""When it is mended."""
LENGTH_S = 1050


@dataclass(frozen=True)
class Ring:
    """One alert. `labels`: beside alertname, job and alertstate. `after_s`: at the latest so long after FAULT_S it fires."""

    alert: str
    severity: str
    labels: dict[str, str] = field(default_factory=lambda: {"group": "7"})
    after_s: float = 215
    over_s: float = GONE_S + 420


@dataclass(frozen=True)
class Scene:
    """`tell` fills the tape; `rings`: all that may ever fire."""

    name: str
    tell: Callable[[Tape], None]
    rings: tuple[Ring, ...] = ()
    length_s: int = LENGTH_S


SCENES: list[Scene] = []


def scene(*rings: Ring, length_s: int = LENGTH_S) -> Callable[[Callable[[Tape], None]], Callable[[Tape], None]]:
    """Put it on the list."""

    def decorate(tell: Callable[[Tape], None]) -> Callable[[Tape], None]:
        SCENES.append(Scene(tell.__name__, tell, rings, length_s))
        return tell

    return decorate


def critical(alert: str, after_s: float = 215, **labels: str) -> Ring:
    return Ring(alert, "critical", labels or {"group": "7"}, after_s)


def warning(alert: str, after_s: float = 215, **labels: str) -> Ring:
    return Ring(alert, "warning", labels or {"group": "7"}, after_s)


def told(after_s: float = 125) -> Ring:
    """A failover, for the record: within two scrapes."""
    return Ring("UnderstudyFailover", "info", after_s=after_s)


def show(tape: Tape, second: float, *units: Showing) -> None:
    """Each under its own name as instance."""
    for unit in units:
        tape.at(second, unit.name, unit.metrics())


def fault(tape: Tape, *units: Showing, also: tuple[Showing, ...] = (MAIN, RESERVE)) -> None:
    """A healthy pair, the fault at one unit or both, and healthy again."""
    show(tape, 0, *also)
    show(tape, FAULT_S, *units)
    show(tape, GONE_S, *(one for one in also if one.name in {unit.name for unit in units}))
