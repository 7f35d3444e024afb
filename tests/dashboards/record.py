"""`python -m tests.dashboards.record FILE` (root, 5 minutes): what the dashboards' pictures are drawn from, told anew.

Two real units and a real Prometheus: a crash, a port that is taken, changeovers by command, a stranger on the LAN, a frozen
core, two intervals that differ. Then: ./dev dashboards --render dashboards/pictures
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from agent.cli.demo.prometheus import HOST, configuration, free_ports
from dashboards.render.ask import Source, ask_everything
from dashboards.render.recording import save
from tests.dashboards.prometheus import Running
from tests.dashboards.promtool import RULE_FILES
from tests.dashboards.story import until
from tests.dashboards.units import RESERVE, Lan, LoopUnit, generator, receiver
from tests.snmp.site import USERS, free_port, private

GROUP, LENGTH_S, LIMIT_S = 7, 264.0, 60.0


class Named(Running):
    """The rules as they are shipped, and units by their names as instances."""

    def __init__(self, directory: Path, units: list[LoopUnit]) -> None:
        super().__init__(directory, [])
        self._units = units

    def configured(self) -> str:
        """See Running."""
        made = json.loads(configuration([], RULE_FILES))
        named = [{"targets": [unit.instance], "labels": {"instance": f"{unit.name}:9742"}} for unit in self._units]
        made["scrape_configs"][0]["static_configs"] = named
        return json.dumps(made)


class Site:
    """rx-a, main, and rx-b with every face; something else has the Modbus port of rx-a for a while."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.lan = directory, Lan(directory)
        key = self.lan.key()
        self.modbus = free_ports(2)
        seat: dict[str, object] = {"device": "rx", "advertisement_interval": 0.7}
        self.a = LoopUnit(self.lan, "rx-a", key, {GROUP: seat}, {"rx": receiver(self.lan)}, self._faces(0))
        reserve = receiver(self.lan, "127.0.0.2")
        self.b = LoopUnit(self.lan, "rx-b", key, {GROUP: {**RESERVE, **seat, "priority": 252}}, {"rx": reserve}, self._faces(1))

    def _faces(self, which: int) -> dict[str, dict[str, object]]:
        users = private(self.directory / f"users{which}.toml", USERS)
        snmp: dict[str, object] = {"address": HOST, "port": free_port(), "users_file": str(users)}
        return {
            "modbus": {"address": HOST, "port": self.modbus[which]},
            "snmp": snmp,
            "[snmp.notify]": {"host": HOST, "port": free_port(), "user": "ops"},
        }

    def take_port(self) -> None:
        """Of rx-a's Modbus face."""
        self._taken = socket.create_server((HOST, self.modbus[0]))

    def give_port_back(self) -> None:
        self._taken.close()

    def visit(self) -> None:
        """A stranger for 8 s: packets that have come from another network."""
        address = (str(self.lan.values["multicast_address"]), int(str(self.lan.values["port"])))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
            stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            for _ in range(32):
                stranger.sendto(b"hello", address)
                time.sleep(0.25)

    def command(self, unit: LoopUnit, *words: object) -> Callable[[], object]:
        """To be given later; it has to succeed."""

        def give() -> None:
            done = unit.command(*words)
            assert done.exit_code == 0, done

        return give

    def script(self) -> list[tuple[float, Callable[[], object]]]:
        """When, in seconds of the recording, and what."""
        a = self.a
        return [
            (20, a.kill),
            (21, self.take_port),
            (28, a.start),
            (55, self.command(a, "set-master", GROUP)),
            (70, self.give_port_back),
            (80, self.command(a, "set-backup", GROUP)),
            (105, self.command(a, "set-master", GROUP)),
            (130, self.visit),
            (160, lambda: a.signal_one("core", signal.SIGSTOP)),
            (166, lambda: a.signal_one("core", signal.SIGCONT)),
            (215, self.command(a, "set", GROUP, "advertisement_interval_ms=900")),
        ]


def settle(site: Site, prometheus: Running) -> None:
    """rx-a airs, rx-b is its backup, and both have been measured."""
    site.a.start()
    until(lambda: prometheus.query('understudy_member_role{role="master"} == 1'), LIMIT_S, "a master")
    site.b.start()
    until(lambda: prometheus.query('understudy_member_protection{protection="protected"} == 1'), LIMIT_S, "its backup")
    time.sleep(20)


def main(file: Path) -> None:
    """Takes LENGTH_S, and what they need to settle."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = Site(directory)
        stream: subprocess.Popen[bytes] = generator(site.lan)
        for undo in (stream.wait, stream.kill, site.b.kill, site.a.kill):
            stack.callback(undo)
        prometheus = stack.enter_context(Named(directory, [site.a, site.b]))
        settle(site, prometheus)
        began_s = time.time()
        for second, act in [*site.script(), (LENGTH_S, lambda: None)]:
            time.sleep(max(0.0, began_s + second - time.time()))
            act()
        recording = ask_everything(Source(prometheus.url, began_s, began_s + LENGTH_S, 1, str(GROUP), "rx-a:9742"))
    save(recording, file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
