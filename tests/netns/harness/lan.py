"""A redundancy LAN and a media LAN for one set of hosts, each host a network namespace.

        namespace ...-sw                              namespace ...-a
bridge `red` ─ red-a ┈┈┈┈┈┈┈┈┈┈┈┈┈┈ veth ┈┈┈┈┈┈┈┈┈┈┈┈ red0 10.77.0.1
bridge `med` ─ med-a ┈┈┈┈┈┈┈┈┈┈┈┈┈┈ veth ┈┈┈┈┈┈┈┈┈┈┈┈ med0 10.88.0.1
bridge `cut`   (the far side of a silent partition: a port that moves there keeps its carrier)
"""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.netns.harness.namespaces import NAMESPACES, inside, ip_batch, processes_in, run, set_sysctl

PREFIX = "us"
_numbers = itertools.count()
_QUIET = {
    "ipv6/conf/default/accept_dad": "0",
    "ipv6/conf/all/accept_dad": "0",
    "ipv6/conf/default/router_solicitations": "0",
    "ipv6/conf/all/router_solicitations": "0",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
}


class Lan:
    """Use as a context manager; everything made here is gone at the end, whatever happened in between."""

    def __init__(self, hosts: Sequence[str] = ("a", "b", "src")) -> None:
        remove_leftovers()
        self.hosts = tuple(hosts)
        self.stem = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        self.switch = f"{self.stem}-sw"
        self.directory = Path(tempfile.mkdtemp(prefix=f"{self.stem}-"))
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def namespace(self, host: str) -> str:
        return f"{self.stem}-{host}"

    def address(self, host: str, network: str = "red") -> str:
        third = {"red": 77, "med": 88}[network]
        return f"10.{third}.0.{self.hosts.index(host) + 1}"

    def _build(self) -> None:
        for name in (self.switch, *map(self.namespace, self.hosts)):
            run("ip", "netns", "add", name)
            set_sysctl(name, _QUIET)
        bridges = [f"link add {name} type bridge mcast_snooping 0 forward_delay 0" for name in ("red", "med", "cut")]
        ups = [f"link set {name} up" for name in ("red", "med", "cut")]
        ip_batch(self.switch, [*bridges, *ups, *(line for host in self.hosts for line in self._ports(host))])
        for host in self.hosts:
            ip_batch(self.namespace(host), self._addresses(host))

    def _ports(self, host: str) -> Iterable[str]:
        for network in ("red", "med"):
            port = f"{network}-{host}"
            yield f"link add {port} type veth peer name {network}0 netns {self.namespace(host)}"
            yield f"link set {port} master {network} up"

    def _addresses(self, host: str) -> list[str]:
        lines = ["link set lo up"]
        for network in ("red", "med"):
            lines += [f"addr add {self.address(host, network)}/24 dev {network}0", f"link set {network}0 up"]
        return lines

    def unplug(self, host: str, network: str = "red") -> None:
        """Pull the cable: the host sees its carrier go."""
        ip_batch(self.switch, [f"link set {network}-{host} down"])

    def plug(self, host: str, network: str = "red") -> None:
        ip_batch(self.switch, [f"link set {network}-{host} up"])

    def partition(self, *hosts: str) -> None:
        """Silently put `hosts` on a LAN of their own: no carrier changes, nobody is told."""
        ip_batch(self.switch, [f"link set red-{host} master cut" for host in hosts])

    def heal(self, *hosts: str) -> None:
        ip_batch(self.switch, [f"link set red-{host} master red" for host in hosts])

    def interface_down(self, host: str, network: str = "red") -> None:
        """What an operator does inside the unit, as opposed to `unplug`."""
        ip_batch(self.namespace(host), [f"link set {network}0 down"])

    def interface_up(self, host: str, network: str = "red") -> None:
        ip_batch(self.namespace(host), [f"link set {network}0 up"])

    def has_carrier(self, host: str, network: str = "red") -> bool:
        """As the kernel tells the processes inside: IFF_LOWER_UP of the host's own interface."""
        return "LOWER_UP" in run("ip", "-n", self.namespace(host), "link", "show", f"{network}0")

    def close(self) -> None:
        for name in (*map(self.namespace, self.hosts), self.switch):
            remove_namespace(name)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def remove_namespace(name: str) -> None:
    """End the processes that live there, then the namespace; twice is harmless."""
    for pid in processes_in(name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if (NAMESPACES / name).exists():
        with suppress(OSError, RuntimeError), inside(name):
            pass
        run("ip", "netns", "del", name)


def remove_leftovers() -> None:
    """Namespaces and directories of test runs whose process is dead (killed, or the machine's fault)."""
    places = (NAMESPACES, Path(tempfile.gettempdir()))
    for path in (path for place in places if place.exists() for path in place.iterdir()):
        owner = _owner(path.name)
        if owner and not Path("/proc", str(owner)).exists():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(RuntimeError):
                    remove_namespace(path.name)


def _owner(name: str) -> int | None:
    digits = name.removeprefix(PREFIX).partition("-")[0]
    return int(digits) if name.startswith(PREFIX) and "-" in name and digits.isdigit() else None
