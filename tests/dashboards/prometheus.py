"""Debian's Prometheus beside real units: scrapes and evaluates every second, by our rules with shorter waits."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.cli.demo.prometheus import Prometheus, command, configuration, free_ports
from tests.dashboards.promtool import RULE_FILES, tool
from tests.management.fakes import eventually
from tests.netns.harness.namespaces import inside

FACTOR = 30
"""By so much every `for:` and every window of the rules is shorter here, rounded up to whole seconds, at least 4 scrapes in a
window; nothing else of them is changed: 90 s → 3 s, [5m] → 10 s, [15m] → 30 s."""
_WINDOW = re.compile(r"\[(\d+)([smh])\]")
_FOR = re.compile(r"^( *for: )(\d+)([smh])$", re.MULTILINE)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
START_LIMIT_S = 30.0
IN_A_POOL = {
    "UnderstudyBackupsBusy",
    "UnderstudyConfigurationConflict",
    "UnderstudyTrackingLate",
    "UnderstudyMarginThin",
}
"""They take more units with configurations than one network namespace can have: tests/netns/test_alerts.py."""
LAG_QUERY = ("group", "Tracking lag and decisions", "A")
"""So does this one: dashboard, panel, query."""


def shortened(rules: str) -> str:
    """The same rules for a test that cannot wait."""
    shorter = _WINDOW.sub(lambda found: f"[{_shorter(found[1], found[2], 4)}s]", rules)
    return _FOR.sub(lambda found: f"{found[1]}{_shorter(found[2], found[3], 1)}s", shorter)


def _shorter(number: str, unit: str, least_s: int) -> int:
    return max(least_s, -(-int(number) * _SECONDS[unit] // FACTOR))


class Running(Prometheus):
    """Use as a context. `targets`: host:port of the units, running or not. `namespace`: the network that it lives in; "": ours.

    In a namespace it is polite: units beside it are judged by the millisecond.
    """

    def __init__(self, directory: Path, targets: Sequence[str], namespace: str = "") -> None:
        super().__init__(free_ports(1)[0])
        self._directory, self._targets, self._namespace = directory, targets, namespace

    def __enter__(self) -> Self:
        file = self._directory / "prometheus.yml"
        file.write_text(self.configured())
        with (self._directory / "prometheus.log").open("ab") as log:
            there = ["ip", "netns", "exec", self._namespace, "nice", "-n", "10"] if self._namespace else []
            words = [*there, *command(tool("prometheus"), file, self._directory / "tsdb", self.port)]
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self.is_ready, START_LIMIT_S)
        return self

    def configured(self) -> str:
        """prometheus.yml; the rules that it names are written."""
        rules = [self._directory / file.name for file in RULE_FILES]
        for short, file in zip(rules, RULE_FILES, strict=True):
            short.write_text(shortened(file.read_text()))
        return configuration(self._targets, rules)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()

    def firing(self, **labels: str) -> dict[str, Mapping[str, Any]]:
        """Alerts by name, those that have these labels."""
        return {
            str(alert["labels"]["alertname"]): alert
            for alert in self.alerts()
            if alert["state"] == "firing" and labels.items() <= alert["labels"].items()
        }

    def wait_for_alert(self, name: str, limit_s: float, **labels: str) -> Mapping[str, Any]:
        """It fires, and its annotations are sentences."""
        with suppress(AssertionError):  # ours says more
            eventually(lambda: name in self.firing(**labels), limit_s)
        firing = self.firing(**labels)
        assert name in firing, f"{name} {labels} does not fire within {limit_s} s; what does: {sorted(firing)}"
        return firing[name]

    def _get(self, path: str) -> tuple[int, bytes]:
        with inside(self._namespace) if self._namespace else nullcontext():
            return super()._get(path)
