"""Two units with real certificates, ledgers and TLS on loopback: what the tests of the transport stand on."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agent.documents.canonical import FileEntry, canonical
from agent.handover.client import Clients, PeerClient, Target
from agent.handover.ledger_requests import LedgerRequests, MayPush
from agent.handover.peer import Peer
from agent.handover.protocol import Choose, Hello, JsonObject, Pair, Propose, SchemaVersion, Unpair
from agent.handover.refusals import Refusals
from agent.handover.server import HandoverServer
from agent.handover.tls import CertificatePaths, Identity
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author, Revision
from agent.pki import UnitPaths, init_authority, issue

GROUP = 7
PERSON = Author("eva", "cli", "rx-a")


def hello(name: str, groups: frozenset[int] = frozenset({GROUP}), protocol: tuple[int, int] = (1, 0)) -> Hello:
    schemas = {group: SchemaVersion("receiver", 1, 0) for group in groups}
    return Hello(name, name.encode().hex().ljust(16, "0")[:16], "0.2.0", schemas, groups, protocol)


class Answers(LedgerRequests):
    """The tracker's part, as simple as can be: it says what it was asked."""

    def __init__(
        self, name: str, ledger: Ledger, may_push: MayPush = lambda _peer, _group: True, max_bytes: int = 1 << 40
    ) -> None:
        super().__init__(ledger, may_push, max_bytes)
        self.said = hello(name)
        self.asked: list[object] = []

    def hello(self) -> Hello:
        return self.said

    def propose(self, peer: Peer, asked: Propose) -> JsonObject:
        return self._note(peer, asked)

    def choose(self, peer: Peer, asked: Choose) -> JsonObject:
        return self._note(peer, asked)

    def pair(self, peer: Peer, asked: Pair) -> JsonObject:
        return self._note(peer, asked)

    def unpair(self, peer: Peer, asked: Unpair) -> JsonObject:
        return self._note(peer, asked)

    def _note(self, peer: Peer, asked: object) -> JsonObject:
        self.asked.append(asked)
        return {"text": f"hello {peer.hello.unit_name}"}


@dataclass
class Side:
    """One unit. `identity` and `hello` are its own unless a test says otherwise."""

    name: str
    ledger: Ledger
    paths: CertificatePaths
    refusals: Refusals = field(default_factory=Refusals)

    def identity(self) -> Identity:
        return Identity(self.paths, self.name)

    def save(
        self, document: JsonObject, files: dict[str, FileEntry] | None = None, group: int = GROUP, kind: str = "edit"
    ) -> Revision:
        return self.ledger.commit(group, canonical(document), files or {}, PERSON, kind)

    def store(self, data: bytes, folder: Path) -> FileEntry:
        path = folder / "show.bin"
        path.write_bytes(data)
        return self.ledger.packs.store_file(path)


class Site:
    """An authority, and units made on demand; in memory, where an fsync costs nothing."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self.directory = Path(tempfile.mkdtemp(prefix="understudy-", dir=memory if memory.is_dir() else None))
        init_authority(self.directory / "pki")
        self.sides: list[Side] = []

    def side(self, name: str, groups: tuple[int, ...] = (GROUP,), now: datetime | None = None, days: int = 825) -> Side:
        return self.with_paths(name, self.paths(name, groups, now, days))

    def paths(self, name: str, groups: tuple[int, ...] = (GROUP,), now: datetime | None = None, days: int = 825) -> UnitPaths:
        """A certificate; `now`: issued then."""
        return issue(self.directory / "pki", name, groups, days, out_dir=self.directory / f"pki-{name}", now=now)

    def stranger(self, name: str) -> Side:
        """With a certificate of another authority."""
        elsewhere = self.directory / "elsewhere"
        init_authority(elsewhere)
        return self.with_paths(name, issue(elsewhere, name, [GROUP]))

    def with_paths(self, name: str, paths: UnitPaths) -> Side:
        side = Side(name, Ledger(self.directory / f"ledger-{len(self.sides)}"), as_settings(paths))
        self.sides.append(side)
        return side

    def close(self) -> None:
        for side in self.sides:
            side.ledger.close()
        shutil.rmtree(self.directory)


def as_settings(paths: UnitPaths) -> CertificatePaths:
    return CertificatePaths(paths.certificate, paths.key, paths.bundle)


@contextmanager
def serving(side: Side, answers: Answers | None = None, **options: object) -> Iterator[HandoverServer]:
    """`options`: as HandoverServer's."""
    requests = answers or Answers(side.name, side.ledger)
    server = HandoverServer(side.identity(), requests, side.refusals, host="127.0.0.1", port=0, **options)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.close()


@contextmanager
def client_of(side: Side, port: int, name: str | None = "rx-a", said: Hello | None = None) -> Iterator[PeerClient]:
    """Connected when first used."""
    clients = Clients(side.identity(), lambda: said or hello(side.name), side.refusals)
    try:
        yield clients.to(Target("127.0.0.1", port, name))
    finally:
        clients.close()


def soon(is_true: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + within_s
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def utc(days: float = 0) -> datetime:
    return datetime.fromtimestamp(time.time() + days * 86_400, UTC)
