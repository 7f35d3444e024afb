"""Where the demo takes place: a temporary directory, addresses on loopback that nobody else uses, two settings files."""

import errno
import os
import random
import select
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from agent.devices.address import Endpoint, parse_endpoint
from agent.devices.sockets import destination, open_input, open_output
from agent.engine.timing import takeover_timeout_ns
from agent.settings import keygen
from agent.settings.keyfile import load_keys
from agent.wire.keys import Keyring

GROUP = 7
INTERVAL_MS = 1000
LONGEST_TEMPORARY = 60
"""Of the 107 bytes of a socket's path. A TMPDIR that is longer is not used."""
_LOOPBACK_LIMIT_S = 1.0


class DemoError(Exception):
    """It cannot run here; str() says why and what to do."""


@dataclass(frozen=True)
class Part:
    """One unit: who it is, and by which source address its output is known."""

    name: str
    priority: int
    designation: str
    address: str

    @property
    def timeout_ns(self) -> int:
        """T (S-12)."""
        return takeover_timeout_ns(INTERVAL_MS, self.priority)


MAIN = Part("rx-a", 254, "main", "127.0.0.1")
RESERVE = Part("rx-b", 253, "reserve", "127.0.0.2")
PARTS = (MAIN, RESERVE)


@dataclass(frozen=True)
class Ground:
    """`feed`: where the generator (or the relay of a unicast stream) sends; None: the units hear the user's stream itself.

    `metrics_ports`: of each unit for Prometheus; empty: nobody looks.
    """

    directory: Path
    lan: Endpoint
    feed: Endpoint | None
    input: Endpoint
    output: Endpoint
    keyring: Keyring
    metrics_ports: tuple[int, ...] = ()

    def settings_file(self, part: Part) -> Path:
        """Of this unit."""
        return self.directory / f"{part.name}.toml"

    def control(self, part: Part) -> Path:
        """The control socket of this unit."""
        return self.directory / part.name / "run" / "control.sock"

    def log(self, name: str) -> Path:
        """What a process says on stderr."""
        return self.directory / f"{name}.log"


def temporary_directory() -> Path:
    """For this user alone (mode 0700), with a short path. DemoError."""
    place = tempfile.gettempdir()
    try:
        return Path(tempfile.mkdtemp(prefix="understudy-", dir=place if len(os.fsencode(place)) <= LONGEST_TEMPORARY else "/tmp"))
    except OSError as error:
        raise DemoError(
            f"no temporary directory can be made in {place}: {error.strerror}. Make room, or set TMPDIR to another"
        ) from None


def prepare(directory: Path, source: Endpoint | None, metrics_ports: tuple[int, ...] = ()) -> Ground:
    """Addresses, a key, both settings files. DemoError."""
    lan, output = _free_endpoint(), _free_endpoint()
    _prove_loopback(lan)
    if source is not None:
        _prove_input(source)
    feed = None if source is not None and source.is_multicast else _free_endpoint()
    keygen.create(directory / "lan.key")
    heard = feed or source
    assert heard is not None
    ground = Ground(directory, lan, feed, heard, output, load_keys(directory / "lan.key"), metrics_ports)
    for part in PARTS:
        ground.settings_file(part).write_text(_settings(part, ground))
    return ground


def _settings(part: Part, ground: Ground) -> str:
    ports = dict(zip(PARTS, ground.metrics_ports, strict=False))
    metrics = f'[metrics]\naddress = "127.0.0.1"\nport = {ports[part]}\n' if ports else ""
    return f"""[unit]
name = "{part.name}"
data_dir = "{ground.directory / part.name}"
[lan]
interface = "lo"
multicast_address = "{ground.lan.host}"
port = {ground.lan.port}
key_file = "{ground.directory / "lan.key"}"
[[member]]
group = {GROUP}
designation = "{part.designation}"
priority = {part.priority}
preempt = false
advertisement_interval = {INTERVAL_MS / 1000:.1f}
device = "rx"
[device.rx]
driver = "receiver"
input = "{ground.input.url}"
output = "{ground.output.url}&localaddr={part.address}"
{metrics}"""


def _free_endpoint() -> Endpoint:
    """A port that no socket has, and a random group, so that two demos at a time do not hear one another."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    return parse_endpoint(f"udp://239.255.{random.randint(1, 254)}.{random.randint(1, 254)}:{port}?interface=lo&ttl=1")


def _prove_loopback(endpoint: Endpoint) -> None:
    """One datagram there and back."""
    remedy = "Bring it up (ip link set lo up), and let 239.255.0.0/16 pass on it if there is a firewall"
    try:
        with open_input(endpoint) as receiver, open_output(endpoint) as sender:
            sender.sendto(b"understudy", destination(endpoint))
            if not select.select([receiver], [], [], _LOOPBACK_LIMIT_S)[0]:
                raise DemoError(f"multicast sent on loopback does not come back. {remedy}")
    except OSError as error:
        raise DemoError(f"multicast on loopback does not work here: {error.strerror or error}. {remedy}") from None


def _prove_input(source: Endpoint) -> None:
    try:
        open_input(source).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = "Another program has the port for itself alone: end it, or send the stream to another port"
        elif error.errno == errno.EADDRNOTAVAIL:
            remedy = "Name an address of this machine (ip addr) or a multicast group"
        else:
            remedy = "Look at the address and the interface"
        raise DemoError(f"--input {source.url} cannot be received: {error.strerror or error}. {remedy}") from None
