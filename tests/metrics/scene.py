"""Two real units with a port for Prometheus, and a scraper on host x."""

import subprocess
from dataclasses import dataclass

from tests.metrics.reading import value
from tests.netns.harness.scene import Scene
from tests.netns.harness.unit import Unit, table

PORT = 9742


@dataclass
class ScrapedUnit(Unit):
    """On all its addresses."""

    def settings(self) -> str:
        return super().settings() + table("[metrics]", {"port": PORT})


class ScrapedScene(Scene):
    """a goes back to the air by itself (preempt), so that a failover may be over before the next scrape. T of b is 0.35 s."""

    def __init__(self) -> None:
        super().__init__(interval=0.05)

    def build(self) -> None:
        super().build()
        key_file = self.lan.directory / "lan.key"
        self.a = ScrapedUnit(self.lan, "a", 254, self.interval, preempt=True, key_file=key_file)
        self.b = ScrapedUnit(self.lan, "b", 253, self.interval, designation="reserve", key_file=key_file)
        self._stack.callback(self.a.kill)
        self._stack.callback(self.b.kill)
        self.units = {"a": self.a, "b": self.b}

    def scrape(self, host: str, *arguments: str, path: str = "/metrics") -> bytes:
        """Empty: no answer."""
        url = f"http://{self.lan.address(host)}:{PORT}{path}"
        words = ["ip", "netns", "exec", self.lan.namespace("x"), "curl", "-sS", "--max-time", "10", *arguments, url]
        return subprocess.run(words, capture_output=True, check=False).stdout

    def says(self, host: str, name: str, **labels: str) -> float | None:
        """One series, of now."""
        return value(self.scrape(host), name, **labels)
