"""The scene of a scenario: unit a is master, unit b its backup, a stream runs through both, and every cable is tapped."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from tests.netns.harness.analysis import MASTERLY, first_after, last_before, outputs, reigns
from tests.netns.harness.lan import Lan
from tests.netns.harness.packets import Kind, Packet, Said
from tests.netns.harness.stream import Stream
from tests.netns.harness.tap import Tap
from tests.netns.harness.unit import Unit, keygen
from tests.scapy_layer import check

MS = 1_000_000
PATIENCE_MS = 25.0
"""How late a takeover may be in tests that run side by side on two processors, where the kernel itself keeps a real-time
process waiting for up to 10 ms (measured). A quarter of a priority step (F-5); the bench measures the real figure."""


class Scene:
    """`interval` 0.5 s: a takes over after 0.7 s, b after 0.8 s, a lease lasts 0.579 s."""

    def __init__(self, interval: float = 0.5, is_keyed: bool = True, rate: int = 200, beacons: bool = True) -> None:
        self.interval, self.rate, self._is_keyed, self._beacons = interval, rate, is_keyed, beacons
        self.key: bytes | None = None
        self.was_partitioned = False
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self.build()
            self.settle()
        except BaseException:
            self._stack.close()
            raise
        return self

    def build(self) -> None:
        self.lan = self._stack.enter_context(Lan(("a", "b", "x", "src")))
        key_file = self.lan.directory / "lan.key" if self._is_keyed else None
        self.key = keygen(key_file) if key_file else None
        lan: dict[str, object] = {} if self._beacons else {"beacon": False}
        a = Unit(self.lan, "a", priority=254, interval=self.interval, key_file=key_file, extra_lan=lan)
        b = Unit(self.lan, "b", 253, self.interval, designation="reserve", key_file=key_file, extra_lan=lan)
        self.a, self.b = a, b
        self._stack.callback(a.kill)
        self._stack.callback(b.kill)
        self.units = {"a": self.a, "b": self.b}
        self.tap = self._stack.enter_context(Tap.redundancy(self.lan, ("a", "b")))
        self.output = self._stack.enter_context(Tap.output(self.lan, ("a", "b"), snap=64))
        self._stack.enter_context(Stream(self.lan, self.rate))

    def settle(self) -> None:
        self.a.start()
        self.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.ADVERT, 30)
        self.b.start()
        self.wait_for_backup("b")

    def wait_for_backup(self, host: str) -> None:
        """It is a backup, and the other unit, if it is master, knows it as a successor."""
        other = self.units["b" if host == "a" else "a"]
        self.units[host].wait_for_role("backup", timeout_s=30)
        other.wait_until(lambda member: any(peer["able"] for peer in member.get("peers", ())), f"aware of {host}", 30)

    def wait(self, seconds: float) -> int:
        """Let time pass; the time when it began."""
        now_ns = time.time_ns()
        time.sleep(seconds)
        return now_ns

    def said(self, since_ns: int = 0, host: str | None = None, kinds: Sequence[int] = tuple(Kind)) -> list[Said]:
        return [said for said in self.tap.said(since_ns) if host in (None, said.host) and said.kind in kinds]

    def sent(self, since_ns: int = 0, host: str | None = None) -> list[Packet]:
        """Datagrams of the output."""
        return [packet for packet in self.output.packets(since_ns) if host in (None, packet.host)]

    def takes_over(self, heir: str, since_ns: int, timeout_s: float = 10) -> Said:
        """The heir's first claim since then, when it has become an advert too."""
        claim = self.tap.wait_for(lambda said: said.host == heir and said.kind in MASTERLY, timeout_s, since_ns)
        self.tap.wait_for(lambda said: said.host == heir and said.kind == Kind.ADVERT, 5, since_ns)
        return claim

    def overhead_ms(self, claim: Said, old: str) -> float:
        """How long past T after the old master's last advert or claim (S-12)."""
        last = last_before(self.tap.said(), claim.time_ns, old)
        return (claim.time_ns - last.time_ns) / MS - self.units[claim.host].takeover_timeout_us / 1000

    def overhead_ms_unheard(self, claim: Said, old: str, cut_ns: int) -> float:
        """The same in a partition: the last that the claimer can have heard was before the cut."""
        last = last_before(self.tap.said(), cut_ns, old)
        return (claim.time_ns - last.time_ns) / MS - self.units[claim.host].takeover_timeout_us / 1000

    def first_advert(self, host: str, since_ns: int) -> Said:
        return first_after(self.tap.said(), since_ns, host, (Kind.ADVERT,))

    def judge(self) -> None:
        """What holds in every scenario: each packet keeps the protocol, and the outputs never mix without a partition."""
        wrong = [(packet, problems) for packet in self.tap.packets() if (problems := self.problems_of(packet))]
        assert not wrong, f"{len(wrong)} packets break docs/protocol.md, first {wrong[0]}"
        assert self.tap.dropped() == self.output.dropped() == 0
        if not self.was_partitioned:
            turns, masters = outputs(self.output.packets()), reigns(self.tap.said())
            assert len(turns) <= len(masters), f"two outputs were open: they took turns {turns}, masters were {masters}"

    def problems_of(self, packet: Packet) -> list[str]:
        return check(packet.payload, self.key, packet.ttl)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                self.judge()
            else:
                error.add_note(self.transcript())
        finally:
            self._stack.close()

    def transcript(self) -> str:
        """The last seconds on the wire, for a failed test."""
        said = self.tap.said()[-60:]
        began = said[0].time_ns if said else 0
        lines = [
            f"{(one.time_ns - began) / MS:10.3f} ms {one.host} {Kind(one.kind).name} priority {one.priority} reason {one.reason}"
            for one in said
        ]
        turns = [
            f"{(packet.time_ns - began) / MS:10.3f} ms output of {packet.host}"
            for packet in _ends_of_turns(self.output.packets())
        ]
        logs = [f"log of {host}:\n{unit.told()[-1500:]}" for host, unit in self.units.items()]
        return "\n".join(["on the redundancy LAN:", *lines, "output, first and last of each turn:", *turns, *logs])


def _ends_of_turns(packets: Sequence[Packet]) -> list[Packet]:
    ends = [
        packet
        for at, packet in enumerate(packets)
        if at in (0, len(packets) - 1) or packets[at - 1].host != packet.host or packets[at + 1].host != packet.host
    ]
    return ends[-40:]
