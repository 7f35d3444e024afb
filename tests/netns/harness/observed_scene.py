"""The N:M scene as an operator's Prometheus sees it: every unit has its port of metrics, and host x scrapes them."""

import time
from collections.abc import Callable

from tests.dashboards.prometheus import Running
from tests.management.fakes import eventually
from tests.netns.harness.configured import ConfiguredUnit
from tests.netns.harness.pool_scene import PoolScene

METRICS_PORT = 9742
RING_LIMIT_S = 40.0
"""Of a machine that others use too; each rings 3 s to 12 s after its fault on one that nobody does."""


class ObservedScene(PoolScene):
    """`prometheus` has scraped every unit from the beginning. `began_s`: Unix time of that."""

    def unit(self, host: str, priority: int, **more: object) -> ConfiguredUnit:
        return super().unit(host, priority, has_metrics=True, **more)

    def build(self) -> None:
        super().build()
        self.began_s = time.time()
        targets = [f"{self.lan.address(host, 'med')}:{METRICS_PORT}" for host in self.units]
        directory = self.lan.directory / "prometheus"
        directory.mkdir()
        self.prometheus = self._stack.enter_context(Running(directory, targets, self.lan.namespace("x")))

    def instance(self, host: str) -> str:
        """As Prometheus calls it."""
        return f"{self.lan.address(host, 'med')}:{METRICS_PORT}"

    def until(self, is_so: Callable[[], object], what: str) -> None:
        """AssertionError with what was waited for, and what rings."""
        try:
            eventually(is_so, RING_LIMIT_S)
        except AssertionError:
            told = [(one["state"], one["labels"]) for one in self.prometheus.alerts()]
            raise AssertionError(f"{what} has not come; alerts: {told}") from None

    def rings(self, name: str, group: int) -> str:
        """Wait for it; its annotations, which are sentences."""
        alert = self.prometheus.wait_for_alert(name, RING_LIMIT_S, group=str(group))
        return " ".join(alert["annotations"].values())
