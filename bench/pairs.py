"""Two units, or two of the rival, on a LAN of their own, with the same verbs: whatever is done to one is done to the other."""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tests.netns.harness import AddressWatch, Keepalived, Lan, Stream, Subject, Tap, Unit
from tests.netns.harness.analysis import MASTERLY, last_before
from tests.netns.harness.keepalived import VRRP_ADDRESS

Result = TypeVar("Result")
HOSTS = ("a", "b", "x", "src")  # x: the outsider


class Pair(ABC):
    """`settle` leaves one master and one backup that is ready for anything."""

    subjects: Mapping[str, Subject]
    lan: Lan
    tap: Tap

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._stack = ExitStack()

    @abstractmethod
    def build(self) -> None:
        """Taps and subjects, on `lan`."""

    @abstractmethod
    def timeout_us(self, host: str) -> float:
        """When this host takes over after the last advert, by its own protocol's rule."""

    @abstractmethod
    def wait_ready(self, host: str) -> None:
        """It is a backup and would take over."""

    def settle(self) -> None:
        self.subjects["a"].start()
        self.tap.wait_for(lambda said: said.host == "a" and said.kind in MASTERLY, 20)
        self.subjects["b"].start()
        self.wait_ready("b")

    @property
    def master(self) -> str:
        """Who advertised last."""
        return next(said.host for said in reversed(self.tap.said()) if said.kind in MASTERLY)

    @property
    def backup(self) -> str:
        return "b" if self.master == "a" else "a"

    def wait_at_random(self) -> None:
        """Whatever comes next, it comes at any phase of the interval."""
        time.sleep(random.uniform(0, self.interval))

    def takeover_overhead_ms(self) -> float:
        """Kill the master: how long after its last advert the backup speaks, less what the rule says. The victim comes back."""
        victim, heir = self.master, self.backup
        self.wait_at_random()
        killed_at = time.time_ns()
        self.subjects[victim].kill()
        wait_s = self.timeout_us(heir) / 1e6 + 3
        taken = self.tap.wait_for(lambda said: said.host == heir and said.kind in MASTERLY, wait_s, killed_at)
        last = last_before(self.tap.said(), taken.time_ns, victim)
        self.tap.clear()
        self.subjects[victim].start()
        self.wait_ready(victim)
        return (taken.time_ns - last.time_ns) / 1e6 - self.timeout_us(heir) / 1e3

    def __enter__(self) -> Self:
        try:
            self.lan = self._stack.enter_context(Lan(HOSTS))
            self.build()
            self.settle()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for subject in self.subjects.values():
            subject.kill()
        self._stack.close()


class AgentPair(Pair):
    """Ours: priorities 254 and 253. `stream_rate` 0: nothing to forward."""

    def __init__(self, interval: float = 1.0, stream_rate: int = 0, key_file: Path | None = None) -> None:
        super().__init__(interval)
        self._stream_rate, self._key_file = stream_rate, key_file

    def build(self) -> None:
        self.tap = self._stack.enter_context(Tap.redundancy(self.lan, ("a", "b")))
        self.output = self._stack.enter_context(Tap.output(self.lan, ("a", "b"), snap=64))
        if self._stream_rate:
            self._stack.enter_context(Stream(self.lan, self._stream_rate))
        interval, key = self.interval, self._key_file
        self.units = {
            "a": Unit(self.lan, "a", priority=254, interval=interval, key_file=key),
            "b": Unit(self.lan, "b", priority=253, interval=interval, designation="reserve", key_file=key),
        }
        self.subjects = self.units

    def timeout_us(self, host: str) -> float:
        return self.units[host].takeover_timeout_us

    def wait_ready(self, host: str) -> None:
        self.units[host].wait_for_role("backup")


class RivalPair(Pair):
    """keepalived, both at its default priority of 100."""

    def __init__(self, interval: float = 1.0, realtime: bool = False, watch: bool = False) -> None:
        super().__init__(interval)
        self._realtime, self._watch = realtime, watch

    def build(self) -> None:
        self.tap = self._stack.enter_context(Tap.vrrp(self.lan, ("a", "b")))
        self.addresses = AddressWatch(self.lan, ("a", "b"), VRRP_ADDRESS)
        if self._watch:
            self._stack.enter_context(self.addresses)
        self.rivals = {host: Keepalived(self.lan, host, 100, self.interval, realtime=self._realtime) for host in ("a", "b")}
        self.subjects = self.rivals

    def timeout_us(self, host: str) -> float:
        return self.rivals[host].takeover_timeout_us

    def wait_ready(self, host: str) -> None:
        """It says nothing on the wire; its log does."""
        rival, limit = self.rivals[host], time.monotonic() + 10
        while "BACKUP STATE" not in rival.told():
            if time.monotonic() > limit:
                raise TimeoutError(f"keepalived on {host}: {rival.told()[-500:]}")
            time.sleep(0.05)
        time.sleep(self.interval)


def in_lanes(lanes: int, runs: int, work: Callable[[int], Iterator[Result]]) -> list[Result]:
    """Share `runs` among lanes that run side by side; `work(n)` yields n results from a pair of its own."""
    shares = [runs // lanes + (lane < runs % lanes) for lane in range(lanes)]
    with ThreadPoolExecutor(lanes) as pool:
        return [result for results in pool.map(lambda share: list(work(share)), filter(None, shares)) for result in results]
