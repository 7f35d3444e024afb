"""A real SNMP agent over a model without a unit, and net-snmp's own tools against it."""

import asyncio
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from agent.management.snmp.serve import serve
from agent.model.view import View
from agent.settings.faces import PLAYPEN, SnmpSettings
from tests.management.fakes import eventually
from tests.model.fake import FakeModel
from tests.model.sample import sample_view

ROOT = ".".join(map(str, PLAYPEN))
MEMBER = f"{ROOT}.1.2.1"
PRIORITY, PREEMPT, INTERVAL, COMMAND, REASON = (f"{MEMBER}.{column}.7" for column in (11, 12, 13, 90, 91))
SEMAPHORE = f"{ROOT}.1.1.27.0"
SYSTEM = "1.3.6.1.2.1.1"
ALWAYS_FRESH_NS = 2**62
LOCALHOST = (ip_network("127.0.0.1"),)
SECRET, OTHER_SECRET = "correct horse", "battery staple"
USERS = "".join(
    f"""
[[user]]
name = "{name}"
auth = "{auth}"
auth_passphrase = "{SECRET}"
priv = "{priv}"
priv_passphrase = "{OTHER_SECRET}"
role = "{role}"
"""
    for name, auth, priv, role in (
        ("ops", "SHA-256", "AES", "operator"),
        ("eye", "SHA-256", "AES", "viewer"),
        ("big", "SHA-512", "AES-256", "operator"),
        ("mid", "SHA-384", "AES", "viewer"),
    )
)
LESSER_USERS = f"""
[[user]]
name = "signed"
auth = "SHA-256"
auth_passphrase = "{SECRET}"
level = "authNoPriv"

[[user]]
name = "open"
level = "noAuthNoPriv"

[[user]]
name = "small"
auth = "SHA-224"
allow_sha_224 = true
auth_passphrase = "{SECRET}"
priv = "AES-256"
priv_passphrase = "{OTHER_SECRET}"
"""


def fresh_view(groups: tuple[int, ...] = (7, 9), **more: Any) -> View:
    """That never grows old."""
    return replace(sample_view(groups, **more), made_at_ns=ALWAYS_FRESH_NS)


def private(path: Path, text: str) -> Path:
    """A file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def free_port(address: str = "127.0.0.1") -> int:
    """That nobody has now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as found:
        found.bind((address, 0))
        number: int = found.getsockname()[1]
        return number


def settings_in(directory: Path, **more: Any) -> SnmpSettings:
    """Communities `public` and `named`, the users above; all else as wanted."""
    usual: dict[str, Any] = {
        "address": ("127.0.0.1",),
        "port": free_port(),
        "v2c_community_file": private(directory / "communities", "public  # anybody\nnms named\n"),
        "users_file": private(directory / "users.toml", USERS + LESSER_USERS),
        "contact": "the transmitter room",
        "location": "hall 3",
        "data_dir": directory / "data",
    }
    return SnmpSettings(**(usual | more))


@dataclass
class Site:
    """`told`: what the face said to a person."""

    settings: SnmpSettings
    model: FakeModel
    directory: Path
    told: list[str] = field(default_factory=list)

    @property
    def where(self) -> str:
        """As net-snmp wants it."""
        return f"127.0.0.1:{self.settings.port}"

    def v2c(self, tool: str, *objects: str, community: str = "public", options: tuple[str, ...] = (), where: str = "") -> str:
        """Standard output and error of `tool`, one varbind a line: OID = TYPE: value."""
        return self._said(tool, "-v2c", "-c", community, *_USUAL, *options, where or self.where, *objects)

    def v3(self, tool: str, *objects: str, user: str = "ops", options: tuple[str, ...] = ()) -> str:
        """The same as a user; `options` come last and win."""
        protocols = {"big": ("SHA-512", "AES-256"), "mid": ("SHA-384", "AES"), "small": ("SHA-224", "AES-256")}
        auth, priv = protocols.get(user, ("SHA-256", "AES"))
        secrets = ("-a", auth, "-A", SECRET, "-x", priv, "-X", OTHER_SECRET)
        return self._said(tool, "-v3", "-u", user, "-l", "authPriv", *secrets, *_USUAL, *options, self.where, *objects)

    def _said(self, tool: str, *arguments: str) -> str:
        environment = os.environ | {"MIBS": "", "SNMPCONFPATH": str(self.directory), "SNMP_PERSISTENT_DIR": str(self.directory)}
        done = subprocess.run([tool, *arguments], env=environment, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout + done.stderr


_USUAL = ("-On", "-t", "8", "-r", "1")


def answers(site: Site) -> bool:
    """Does the agent listen?"""
    ask = site.v2c if site.settings.v2c_community_file else site.v3
    return "Timeout" not in ask("snmpget", f"{SYSTEM}.1.0", options=("-t", "0.2", "-r", "0"))


@contextmanager
def running(directory: Path, model: FakeModel | None = None, **more: Any) -> Iterator[Site]:
    """An agent in a thread of its own, up; stopped afterwards."""
    (directory / "cert_indexes").mkdir(exist_ok=True)  # or net-snmp says that it has made it
    site = Site(settings_in(directory, **more), model or FakeModel(fresh_view()), directory)
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve(site.model, site.settings, site.told.append))
    thread = threading.Thread(target=_run, args=(loop, task))
    thread.start()
    try:
        eventually(lambda: task.done() or answers(site) or site.told)
        yield site
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()


class Wire:
    """Raw datagrams to the agent and back."""

    def __init__(self, site: Site) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", site.settings.port))
        self.socket.settimeout(5)

    def ask(self, datagram: bytes) -> bytes:
        """TimeoutError when there is no answer within 5 s."""
        self.socket.send(datagram)
        return self.socket.recv(65_535)

    def close(self) -> None:
        """No more of it."""
        self.socket.close()
