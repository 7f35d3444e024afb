"""What happened, counted since management started: from core's journal, and from what is ordered. Pure.

Core tells its last entries again to whoever connects; who calls here leaves out what is known already (Events.note), also from
an earlier life of management. So what happened while management was away is counted, and nothing twice. Transitions are counted
on from life to life: one that began at 0 again and came to the same number would hide a failover from who scrapes once a minute.
"""

from collections.abc import Callable, Iterable, Mapping

from agent.management.exposition.arrivals import Arrivals
from agent.management.exposition.tally import Histogram, Tally
from agent.management.operations import Operation
from agent.management.records import outcome_of
from agent.management.viewer_read import Object
from agent.model.answers import Verb
from agent.model.metrics_counted import CHANGEOVER, COMMANDS, OUTAGE, PHASE, PHASES, TRANSITIONS
from agent.model.words import REASON

USUAL_CAUSES = ("master_silent", "master_gave_up", "named_successor", "forced")
"""Their series are there from the beginning."""
_CHANGEOVERS = frozenset({Verb.SET_MASTER, Verb.SET_BACKUP, Verb.FORCE_MASTER})
HANDED_OVER = frozenset({"named_successor"})
"""The old master was on the air until then: its silence since the last advert is no outage, and nothing was detected."""
MAX_GROUPS = 256
MAX_TIMES = 1 << 53
MAX_COMMANDS = 1024
"""Series of commands: faces, verbs and results are closed lists, so this is never reached."""


class Counts:
    """All families that are counted. `status`: see Arrivals."""

    def __init__(self, status: Callable[[], Object] = dict) -> None:
        self.transitions, self.outage = Tally(TRANSITIONS), Tally(OUTAGE)
        self.phases, self.changeovers = Histogram(PHASE), Histogram(CHANGEOVER)
        self.commands = Tally(COMMANDS)
        self.arrivals = Arrivals(status)
        self.scrapes, self.render_s = 0, 0.0
        self._groups: set[int] = set()
        self._causes: dict[int, str] = {}

    @property
    def families(self) -> tuple[Tally | Histogram, ...]:
        """As they are shown."""
        told = self.arrivals.distances, self.arrivals.margins
        return self.transitions, self.outage, self.phases, self.changeovers, self.commands, *told

    def know(self, groups: Iterable[int]) -> None:
        """Every series of these groups is there from now on, at 0: Prometheus sees a change, not a beginning."""
        self.arrivals.look()
        for group in groups:
            if group not in self._groups and len(self._groups) < MAX_GROUPS:
                self._begin(group)

    def _begin(self, group: int) -> None:
        self._groups.add(group)
        label = str(group)
        for reason in REASON.words:
            if reason != "none":
                self.transitions.add((label, reason), 0)
        for phase in PHASES:
            self.phases.begin((label, phase))
            for cause in USUAL_CAUSES:
                self.outage.add((label, phase, cause), 0)
        self.changeovers.begin((label,))

    def times(self, entry: Mapping[str, object]) -> dict[str, int]:
        """What is kept with a transition that is news: how often it was with this one. `recall` goes on from there."""
        group = entry.get("group")
        if entry.get("what") != "transition" or type(group) is not int:
            return {}
        return {"times": int(self.transitions.values.get((str(group), _reason(entry)), 0)) + 1}

    def recall(self, events: Iterable[Mapping[str, object]]) -> None:
        """What an earlier life has kept, oldest first."""
        for event in events:
            group, times = event.get("group"), event.get("times")
            if type(group) is int and 0 <= group < MAX_GROUPS and type(times) is int and 0 < times < MAX_TIMES:
                self.transitions.values[str(group), _reason(event)] = times

    def journal(self, entry: Mapping[str, object]) -> None:
        """One entry of core's journal that is news."""
        group = entry.get("group")
        if type(group) is not int or not 0 <= group < MAX_GROUPS:
            return
        self.know((group,))
        match entry.get("what"):
            case "transition":
                self._transition(group, entry)
            case "takeover":
                self._takeover(group, entry)

    def _transition(self, group: int, entry: Mapping[str, object]) -> None:
        reason = _reason(entry)
        self.transitions.add((str(group), reason))
        if entry.get("after") == "claiming":
            self._causes[group] = reason

    def _takeover(self, group: int, entry: Mapping[str, object]) -> None:
        """F-7: its phases, when all are known."""
        cause = self._causes.get(group, "none")
        for phase in PHASES:
            if phase == "detect" and cause in HANDED_OVER:
                continue
            took_ms = entry.get(f"{phase}_ms")
            if isinstance(took_ms, int | float) and 0 <= took_ms < 1e12:
                self.phases.observe((str(group), phase), took_ms / 1000)
                self.outage.add((str(group), phase, cause), took_ms / 1000)

    def command(self, face: str, verb: str, result: str) -> None:
        """One order or setting, however it ended: done, refused, busy, failed."""
        key = (face, verb, result)
        if key in self.commands.values or len(self.commands.values) < MAX_COMMANDS:
            self.commands.add(key)

    def ended(self, operation: Operation) -> None:
        """One that was begun has its outcome."""
        self.command(operation.principal.face, operation.verb, outcome_of(operation.denial))
        took_s = max(0, operation.ended_at_ns - operation.started_at_ns) / 1e9
        if operation.denial is None and operation.order.verb in _CHANGEOVERS:
            self.know((operation.order.group,))
            self.changeovers.observe((str(operation.order.group),), took_s)

    def scraped(self, took_s: float) -> None:
        """One scrape was answered."""
        self.scrapes += 1
        self.render_s += took_s


def _reason(entry: Mapping[str, object]) -> str:
    said = str(entry.get("reason"))
    return said if said in REASON.words else "none"
