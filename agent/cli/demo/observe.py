"""--observe: the failover once more, as a real Prometheus sees it, and as `understudy explain --last` puts it into a sentence."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException

from agent.cli.demo.ground import GROUP, PARTS, RESERVE
from agent.cli.demo.prometheus import HOST, Prometheus, QueryError, Sample, command, configuration, free_ports, program
from agent.cli.demo.scene import Observed
from agent.cli.demo.stage import Stage
from agent.cli.demo.typed import Typed

_READY_LIMIT_S = 15.0
_SEEN_LIMIT_S = 8.0
_EXPLAIN_LIMIT_S = 10.0
_NOT_INSTALLED = (
    "Prometheus is not installed here: the metrics are not looked at (Debian: apt-get install prometheus); the rest goes on"
)
_NOT_YET = "not yet"
_GROUP = f'group="{GROUP}"'
_SILENCE = f'{_GROUP},phase="detect",cause="master_silent"'
_NAMED = "* on (instance) group_left (unit) understudy_unit_info"


def _names(found: Sequence[Sample]) -> str:
    return ", ".join(sorted(one.labels.get("unit", "?") for one in found)) or "none"


def _number(found: Sequence[Sample]) -> str:
    return f"{found[0].value:.4g}" if found else _NOT_YET


QUESTIONS: tuple[tuple[str, str, Callable[[Sequence[Sample]], str]], ...] = (
    ("master", f'(understudy_member_role{{{_GROUP},role="master"}} == 1) {_NAMED}', _names),
    ("units that answer", 'sum(up{job="understudy"})', _number),
    ("backups that could take over", f"max(understudy_coverage_backups{{{_GROUP}}})", _number),
    ("takeovers", f'sum(understudy_member_transitions_total{{{_GROUP},reason="master_silent"}})', _number),
    ("silence before it, s", f"sum(understudy_member_outage_seconds_total{{{_SILENCE}}})", _number),
)
"""What is shown, the query, and how its answer is said."""


class Observer:
    """Does nothing but explain where there is no Prometheus, and nothing at all without --observe."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._prometheus: Prometheus | None = None
        self._before: list[str] = []

    def start(self) -> None:
        """Before the units: it tries them every second."""
        if not self._stage.options.is_observed:
            return
        executable = program()
        if executable is None:
            self._stage.tell(_NOT_INSTALLED)
            return
        directory, (port,) = self._stage.ground.directory, free_ports(1)
        file = directory / "prometheus.yml"
        file.write_text(configuration([f"{HOST}:{number}" for number in self._stage.ground.metrics_ports]))
        self._stage.processes.start("prometheus", command(executable, file, directory / "prometheus", port))
        self._prometheus = Prometheus(port)
        self._stage.tell(f"Prometheus on {self._prometheus.url} scrapes both units every second")

    def before(self) -> None:
        """Of the failover."""
        if self._prometheus is None:
            return
        self._stage.until(self._prometheus.is_ready, _READY_LIMIT_S, "Prometheus had to take queries")
        self._wait_for(lambda said: said[:2] == [PARTS[0].name, str(len(PARTS))] and _NOT_YET not in said)
        self._before = self._asked()
        self._tell("before", self._before)

    def after(self) -> None:
        """What the metrics say now, and why it happened."""
        if self._prometheus is not None:
            self._wait_for(lambda said: said[0] == RESERVE.name and said[3] != self._before[3] and said[4] != self._before[4])
            said = self._asked()
            self._tell("after", said)
            rows = zip(QUESTIONS, self._before, said, strict=True)
            self._stage.scene.observed = [Observed(name, query, *values) for (name, query, _how), *values in rows]
        if self._stage.options.is_observed:
            self._explain()

    def _explain(self) -> None:
        """Asked again until the recorder has written the takeover down, which takes it about a second."""
        self._typed = self._ask()
        self._stage.tell(f"$ {self._typed.text}")
        what = f"understudy explain --last had to say how {RESERVE.name} took over"
        self._stage.until(self._is_explained, _EXPLAIN_LIMIT_S, what)
        self._stage.tell(self._stage.scene.sentence, "explain")

    def _is_explained(self) -> bool:
        if not self._typed.is_over():
            return False
        sentence = " ".join(self._typed.answer.partition("\n\n")[0].split())
        if f"{RESERVE.name} took group {GROUP}" in sentence:
            self._stage.scene.sentence = sentence
            return True
        self._typed = self._ask()
        return False

    def _ask(self) -> Typed:
        return Typed(self._stage.ground, RESERVE, "explain", "--last")

    def _wait_for(self, is_seen: Callable[[list[str]], bool]) -> None:
        what = "Prometheus had to see it: two scrapes are enough"
        self._stage.until(lambda: is_seen(self._asked()), _SEEN_LIMIT_S, what)

    def _asked(self) -> list[str]:
        """An answer to each question, in words."""
        assert self._prometheus is not None
        with suppress(OSError, HTTPException, QueryError):
            return [how(self._prometheus.query(query)) for _name, query, how in QUESTIONS]
        return [_NOT_YET] * len(QUESTIONS)

    def _tell(self, when: str, said: list[str]) -> None:
        words = ", ".join(f"{name} {value}" for (name, _query, _how), value in zip(QUESTIONS, said, strict=True))
        self._stage.tell(f"{when}: {words}", "metrics")
