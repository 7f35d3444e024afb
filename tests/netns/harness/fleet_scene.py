"""A fleet: masters m1, m2 … of groups 1, 2 …, and backups p1, p2 … with one device each, which protect all of them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.netns.harness.capture import udp_port
from tests.netns.harness.configured import digest_of
from tests.netns.harness.documents import document
from tests.netns.harness.pool_scene import POOL_GROUP
from tests.netns.harness.site_scene import STREAM_PORT, SiteScene
from tests.netns.harness.subject import pss_bytes
from tests.netns.harness.tap import Tap

AT_A_TIME = 8
"""Units that start together: each takes a core for about a second."""
SNAP_BYTES = 64
"""Of each frame of an output: up to the PID of its first packet, of which a document keeps one."""
SETTLE_S = 120.0
_ARP_LIMIT = Path("/proc/sys/net/ipv4/neigh/default/gc_thresh3")
ARP_ENTRIES_A_PAIR = 4
"""One for each direction, once while it is asked for and once while it is forgotten."""


class FleetScene(SiteScene):
    """`say`: told of what goes on. A stream has `rate` datagrams a second."""

    def __init__(self, masters: int, backups: int, interval: float, rate: int, say: Callable[[str], None]) -> None:
        super().__init__(interval, rate)
        self.homes = {f"m{number}": number for number in range(1, masters + 1)}
        self.backups = tuple(f"p{number}" for number in range(1, backups + 1))
        self.hosts, self.groups = (*self.homes, *self.backups, "src"), tuple(self.homes.values())
        self.digests: dict[int, str] = {}
        self._say = say

    def make_units(self) -> None:
        self._make_room_for_addresses()
        for host, group in self.homes.items():
            self.unit(host, 254, groups=(group,), pool={"n_to_m": True}, is_real_time=False)
        for number, host in enumerate(self.backups):
            pooled = {"groups": (POOL_GROUP,), "designation": "nmBackup", "pool": {"n_to_m": True}, "devices": 1}
            self.unit(host, 253 - number, is_real_time=False, **pooled)

    def _make_room_for_addresses(self) -> None:
        """The kernel keeps 1024 neighbours for all namespaces together. When they are used up it drops what has none, multicast
        too, and says so in its log alone: 72 units on one machine were all deaf to one another. Machines apart have 1024 each.
        """
        before, wanted = _ARP_LIMIT.read_text(), ARP_ENTRIES_A_PAIR * len(self.homes) * len(self.backups) + 1024
        if wanted > int(before):
            _ARP_LIMIT.write_text(str(wanted))
            self._stack.callback(_ARP_LIMIT.write_text, before)

    def tap_output(self) -> Tap:
        return Tap(self.lan, "med", udp_port(STREAM_PORT, SNAP_BYTES), self.units)

    def feed(self) -> None:
        words = [sys.executable, "-m", "tests.netns.harness.many_streams", str(len(self.groups)), str(self.rate)]
        process = subprocess.Popen(["ip", "netns", "exec", self.lan.namespace("src"), *words], stdin=subprocess.DEVNULL)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)

    def settle(self) -> None:
        hosts = list(self.units)
        for first in range(0, len(hosts), AT_A_TIME):
            self.start(*hosts[first : first + AT_A_TIME])
            self._say(f"  {min(first + AT_A_TIME, len(hosts))} of {len(hosts)} units run")
        for host, group in self.homes.items():
            answer = self.units[host].ask("edit", group=group, document=document(group), expect=None)
            self.digests[group] = digest_of(answer["revision"])
        for host, group in self.homes.items():
            self.units[host].wait_for_seat(group, "on the air", lambda seat: seat.get("role") == "master", SETTLE_S)
        self._say("  every master is on the air with its document")
        for backup in self.backups:
            unit = self.units[backup]
            unit.wait_for("a copy of every document", lambda backup=backup: not self.untracked(backup), SETTLE_S)  # type: ignore[misc]
        self._say(f"  every backup holds every document; {self.memory_bytes() / 2**30:.1f} GiB of memory")

    def untracked(self, backup: str) -> list[int]:
        """Groups whose newest document this backup does not hold, or could not serve."""
        unit = self.units[backup]
        held = {one["group"]: digest_of(one.get("head")) for one in unit.ask("status").get("groups", [])}
        able = {seat["group"] for seat in unit.status().get("members", []) if seat.get("able") and seat.get("role") == "backup"}
        return [group for group, digest in self.digests.items() if held.get(group) != digest or group not in able]

    def memory_bytes(self) -> int:
        return sum(pss_bytes(unit.pids()) for unit in self.units.values())
