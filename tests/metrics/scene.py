"""Two real units with a port for Prometheus, and a scraper on host x."""

import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.management.fakes import eventually
from tests.metrics.reading import value
from tests.netns.harness.namespaces import socket_in
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import Scene
from tests.netns.harness.unit import GROUP, INPUT, Unit, table

PORT, LOOK_EVERY_S = 9742, 0.1
GROUP_LABEL = str(GROUP)
BROKEN_PID = 0x123
"""Of no other stream: its continuity counter is ours."""


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

    def until(self, is_so: Callable[[], object]) -> None:
        """Each look is a curl or two: not a hundred times a second."""
        eventually(lambda: self.wait(LOOK_EVERY_S) and is_so(), 30)

    def pages(self) -> dict[str, bytes]:
        """By host."""
        return {host: self.scrape(host) for host in self.units}

    def fails_and_returns(self) -> int:
        """a stands still until b is master, then it lives on: since when (ns)."""
        began_ns = self.wait(0)
        self.a.freeze()
        self.tap.wait_for(lambda said: said.host == "b" and said.kind == Kind.ADVERT, 5, began_ns)
        self.a.thaw()
        return self.wait(0)

    def sends_broken(self, breaks: int) -> None:
        """A stream besides the usual one, with so many gaps in its continuity counter."""
        with socket_in(self.lan.namespace("src"), socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self.lan.address("src", "med")))
            for turn in range(breaks + 1):
                out.sendto(b"".join(packet(4 * turn + at) for at in range(3)), (INPUT, 5000))

    def says(self, host: str, name: str, **labels: str) -> float | None:
        """One series, of now."""
        return value(self.scrape(host), name, **labels)


def packet(counter: int) -> bytes:
    """188 bytes of transport stream, with a payload."""
    return bytes((0x47, BROKEN_PID >> 8, BROKEN_PID & 255, 0x10 | counter & 15)).ljust(188, b"\xff")


def switches(pages: Mapping[str, bytes]) -> float:
    """S-11: how often units began to air the group (dashboards/rules: member:understudy_masterships:total), all together."""
    named = {"group": GROUP_LABEL, "reason": "output_open"}
    return sum(value(page, "member_transitions_total", **named) or 0 for page in pages.values())
