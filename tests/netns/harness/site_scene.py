"""Scenes of units with configurations: certificates of one site, a stream for each group, taps on everything."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from tests.netns.harness.capture import udp_port
from tests.netns.harness.configured import ConfiguredUnit, Site
from tests.netns.harness.documents import document, input_address, pids_of, source_pids, to_group
from tests.netns.harness.lan import Lan
from tests.netns.harness.namespaces import ip_batch
from tests.netns.harness.packets import Kind, Packet, Said
from tests.netns.harness.scene import Scene
from tests.netns.harness.stream import Stream
from tests.netns.harness.tap import Tap
from tests.netns.harness.unit import GROUP, keygen

STREAM_PORT = 5000


class SiteScene(Scene):
    """Subclasses say which hosts and units there are. `units_of`: by host, with `common` arguments."""

    hosts: tuple[str, ...] = ("a", "b", "x", "src")
    groups: tuple[int, ...] = (GROUP,)

    def __init__(self, interval: float = 0.5, rate: int = 50) -> None:
        super().__init__(interval, True, rate)
        self.units: dict[str, ConfiguredUnit] = {}  # type: ignore[assignment]

    def build(self) -> None:
        self.lan = self._stack.enter_context(Lan(self.hosts))
        for host in self.hosts:
            ip_batch(self.lan.namespace(host), ["route add 224.0.0.0/4 dev med0"])
        self.key_file = self.lan.directory / "lan.key"
        self.key, self.site = keygen(self.key_file), Site(self.lan.directory / "site")
        self.make_units()
        for unit in self.units.values():
            self._stack.callback(unit.kill)
        self.tap = self._stack.enter_context(Tap.redundancy(self.lan, self.units))
        self.output = self._stack.enter_context(self.tap_output())
        self.feed()

    def tap_output(self) -> Tap:
        """Everything that any unit sends to an output."""
        return Tap(self.lan, "med", udp_port(STREAM_PORT), self.units)

    def feed(self) -> None:
        """A stream for each group."""
        for group in self.groups:
            self._stack.enter_context(Stream(self.lan, self.rate, "src", input_address(group), source_pids(group)))

    def make_units(self) -> None:
        raise NotImplementedError

    def unit(self, host: str, priority: int, **more: object) -> ConfiguredUnit:
        made = ConfiguredUnit(
            self.lan,
            host,
            priority,
            self.interval,
            key_file=self.key_file,
            certificates=self.site.issue(f"rx-{host}"),
            **more,  # type: ignore[arg-type]
        )
        self.units[host] = made
        return made

    def start(self, *hosts: str) -> None:
        """All at once; until each answers on both of its sockets."""
        for host in hosts:
            self.units[host].start()
        for host in hosts:
            unit = self.units[host]
            unit.wait_for("an answer", lambda unit=unit: unit.ask("status").get("groups") is not None and unit.status(), 60)  # type: ignore[misc]

    def put(self, host: str, group: int, version: int = 0, **more: object) -> str:
        """Import a version of the group's document there; the digest, by the command line."""
        done = self.units[host].put(group, document(group, version, **more))  # type: ignore[arg-type]
        assert done.exit_code == 0, done
        return self.units[host].digest(group)

    def wait_for_master(self, host: str, group: int, since_ns: int = 0, timeout_s: float = 20) -> Said:
        """Its first advert in the group since then."""
        return self.tap.wait_for(
            lambda said: said.host == host and said.group == group and said.kind == Kind.ADVERT, timeout_s, since_ns
        )

    def carried(self, group: int, since_ns: int) -> set[tuple[str, int]]:
        """(host, PID) of everything that left for the group's output since then."""
        packets = to_group(self.output.packets(since_ns), group)
        return {(host, pid) for host in {packet.host for packet in packets} for pid in pids_of(_from(packets, host))}

    def airs(self, host: str, group: int, version: int, since_ns: int | None = None, timeout_s: float = 10) -> None:
        """From some moment since then on, its output carries that version's choice of that group's stream, and nothing else."""
        wanted, since = {(host, 100 * group + version % 4)}, time.time_ns() if since_ns is None else since_ns
        limit = time.monotonic() + timeout_s
        while (seen := self.carried(group, since)) != wanted and time.monotonic() < limit:
            if since_ns is None and seen - wanted:
                since = time.time_ns()
            time.sleep(0.05)
        assert seen == wanted, (host, group, version, seen)

    def judge(self) -> None:
        """Every packet keeps the protocol; in no group do two outputs take turns more often than its masters."""
        wrong = [(packet, problems) for packet in self.tap.packets() if (problems := self.problems_of(packet))]
        assert not wrong, f"{len(wrong)} packets break docs/protocol.md, first {wrong[0]}"
        assert self.tap.dropped() == self.output.dropped() == 0
        if not self.was_partitioned:
            for group in self.groups:
                turns, masters = self.turns(group), masters_of(self.tap.said(), group)
                assert len(turns) <= len(masters), f"group {group}: outputs took turns {turns}, masters were {masters}"

    def turns(self, group: int, since_ns: int = 0) -> list[str]:
        """Whose output was open for the group, in turn."""
        return [host for host, _ in groupby(packet.host for packet in to_group(self.output.packets(since_ns), group))]


def masters_of(messages: Iterable[Said], group: int) -> list[str]:
    """Who acted as its master, in turn."""
    spoken = (said.host for said in messages if said.group == group and said.kind in (Kind.ADVERT, Kind.CLAIM))
    return [host for host, _ in groupby(spoken)]


def _from(packets: Sequence[Packet], host: str) -> list[Packet]:
    return [packet for packet in packets if packet.host == host]


def together(*works: Callable[[], object]) -> list[object]:
    """Side by side; what they gave, or the first error."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]


__all__ = ["SiteScene", "masters_of", "together"]
