"""Units in one process, without TLS: real ledgers and rules, and a wire between them that can be cut at any request."""

from collections.abc import Callable, Iterable
from pathlib import Path

from agent import __version__
from agent.handover.answers import Answers
from agent.handover.desk import Desk
from agent.handover.disputes import Decision, decide, open_decisions
from agent.handover.edits import Wanted, carry_out
from agent.handover.follower import follow
from agent.handover.following import Action
from agent.handover.knowledge import Knowledge
from agent.handover.link import Link
from agent.handover.peer import Peer
from agent.handover.protocol import (
    Contents,
    GetChunks,
    GetContent,
    Hello,
    JsonObject,
    Missing,
    Propose,
    PushContent,
    PutChunks,
    Relate,
    Related,
    SchemaVersion,
)
from agent.handover.refusals import RefusalReason, Refused, TransferError
from agent.handover.requests import AllRequests
from agent.ledger.errors import StaleHead
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author, Revision
from agent.settings.load import parse_settings
from tests.handover.site import GUARD, POOL
from tests.handover.unit import MEMBER, SETTINGS

GROUP = 7


class Wire:
    """A PeerClient as the follower uses it. `cut_after`: so many requests go through; None: all."""

    def __init__(self, server: "Node", client: "Node", cut_after: int | None) -> None:
        self._server, self._left = server, cut_after
        self._peer = Peer(client.hello(), None, client.name)  # type: ignore[arg-type]  # certificates are for the transport

    def _through(self) -> AllRequests:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise TransferError(RefusalReason.CUT, "cut")
        return self._server.requests

    def hello(self) -> Hello:
        return self._server.hello()

    def relate(self, asked: Relate) -> Related:
        return self._through().relate(self._peer, asked)

    def content(self, group: int, revision: bytes) -> Contents:
        return self._through().get_content(self._peer, GetContent(group, revision))

    def chunks(self, group: int, digests: tuple[bytes, ...], take: Callable[[bytes, bytearray], None]) -> None:
        for digest, data in zip(digests, self._through().get_chunks(self._peer, GetChunks(group, digests)), strict=True):
            take(digest, bytearray(data))

    def push_content(self, asked: PushContent) -> Missing:
        return self._through().push_content(self._peer, asked)

    def put_chunks(self, group: int, digests: tuple[bytes, ...], chunks: Iterable[bytes]) -> None:
        self._through().put_chunks(self._peer, PutChunks(group, digests), map(bytearray, chunks))

    def propose(self, asked: Propose) -> JsonObject:
        answer = self._through().propose(self._peer, asked)
        self._through()  # the answer may be lost as well
        return answer

    def failed(self, refused: Refused) -> TransferError:
        return TransferError(refused.reason, refused.what)


class Node:
    """One unit: its ledger, its rules, and every content that was ever committed on it."""

    def __init__(self, directory: Path, name: str, *, is_guard: bool = False, is_pool: bool = False) -> None:
        self.name = name
        members = GUARD if is_guard else MEMBER.format(designation="main", priority=200)
        text = SETTINGS.format(name=name, data=directory / name, driver="none", handover="", members=members, options="")
        settings = parse_settings(text + (POOL if is_pool else ""), directory / "understudy.toml")
        self.ledger = Ledger(directory / name / "ledger")
        self.knowledge = Knowledge(lambda: name)
        self.said: list[str] = []
        self.desk = Desk(settings, self.ledger, self.knowledge, self.said.append)
        self.requests = AllRequests(self.desk, self.hello, Answers(self.desk))
        self.committed: dict[bytes, bytes] = {}

    def hello(self) -> Hello:
        return Hello(self.name, self.name, __version__, {GROUP: SchemaVersion("none", 1, 0)}, frozenset({GROUP}))

    def head(self) -> Revision | None:
        return self.ledger.head(GROUP)

    def seat(self, role: str, master: "Node | None" = None, *, acts: bool = False) -> None:
        """What core says."""
        of_master = {"unit_id": master.name, "name": master.name, "address": master.name} if master else None
        self.knowledge.take_member({"group": GROUP, "role": role, "designation": "main", "master": of_master})
        if master and master is not self:
            self._hear(master, acts)

    def _hear(self, master: "Node", acts: bool) -> None:
        head = master.head()
        word = {"group": GROUP, "unit_id": master.name, "name": master.name, "address": master.name, "is_master": True}
        acting = {"acting_for": GROUP if acts else None, "digest": head.digest.hex() if head else ""}
        self.knowledge.take_heard(word | acting)

    def edit(self, document: dict[str, object]) -> None:
        """As `understudy config edit`; VerbError when it may not be."""
        carry_out(self.desk, Wanted(GROUP, document, Author("eva", "cli", self.name), "edit"))
        self.note()

    def note(self) -> None:
        """What is in force was made here: it must be found again for ever."""
        head = self.head()
        assert head is not None
        content = self.ledger.content(head.id)
        assert content is not None
        self.committed[head.id] = content.shared

    def look(self, master: "Node", *, acts: bool = False, cut_after: int | None = None) -> Action | None:
        """One look of the tracker; None: it was cut, or has to look again."""
        self.seat("backup", master, acts=acts)
        heard = self.knowledge.master_of(GROUP)
        assert heard is not None
        try:
            return follow(self.desk, GROUP, heard, Link(Wire(master, self, cut_after), self.ledger)).action  # type: ignore[arg-type]
        except (Refused, StaleHead):
            return None

    def pair(self, other: "Node") -> None:
        """As `understudy pair` leaves both."""
        for one, its in ((self, other), (other, self)):
            one.desk.records.pair(GROUP, its.name, {"address": its.name})

    def decisions(self) -> list[Decision]:
        return open_decisions(self.desk, GROUP)

    def choose(self, decision: str, take: str) -> None:
        """At the master."""
        decide(self.desk, decision, take, {"": take}, Author("eva", "cli", self.name))
        self.note()

    def check_nothing_is_lost(self) -> None:
        """Every content ever committed here can be restored byte for byte (Z-28)."""
        for revision, shared in self.committed.items():
            content = self.ledger.content(revision)
            assert content is not None, f"{self.name} has lost {revision.hex()[:8]}"
            assert content.shared == shared
