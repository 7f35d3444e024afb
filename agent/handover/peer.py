"""The other end of a connection that a server has accepted, and what it may ask for next."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from agent.handover.protocol import (
    Choose,
    Contents,
    GetChunks,
    GetContent,
    Hello,
    JsonObject,
    Missing,
    Pair,
    Propose,
    PushContent,
    PutChunks,
    Relate,
    Related,
    Unpair,
)
from agent.pki import PeerCertificate


@dataclass(eq=False)
class Peer:
    """`offered`: by group, the chunks of the contents that it got last. `wanted`: those that a push of its lacks, with sizes."""

    hello: Hello
    certificate: PeerCertificate
    address: str
    offered: dict[int, deque[frozenset[bytes]]] = field(default_factory=dict)
    wanted: dict[int, dict[bytes, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.hello.unit_name} ({self.address})"


class Requests(Protocol):
    """Answers what peers ask; each method is called by the thread of that peer's connection, so several at a time.

    By then the peer's certificate is good for the group asked for. A `Refused` is told to the peer, and the connection goes on;
    anything else that is raised ends it. Answers are due within 5 s (the client waits 8).
    """

    def hello(self) -> Hello:
        """What this unit says of itself now."""

    def relate(self, peer: Peer, asked: Relate) -> Related:
        """How the peer's head stands to ours."""

    def get_content(self, peer: Peer, asked: GetContent) -> Contents:
        """Refused (not held)."""

    def get_chunks(self, peer: Peer, asked: GetChunks) -> Iterator[bytes]:
        """One after another, in the order of the digests."""

    def push_content(self, peer: Peer, asked: PushContent) -> Missing:
        """The peer's head, to be held as a branch."""

    def put_chunks(self, peer: Peer, asked: PutChunks, chunks: Iterator[bytearray]) -> None:
        """Reads all of `chunks`, one a digest."""

    def propose(self, peer: Peer, asked: Propose) -> JsonObject:
        """The peer waits for a decision between its head and ours."""

    def choose(self, peer: Peer, asked: Choose) -> JsonObject:
        """The decision, taken at the peer."""

    def pair(self, peer: Peer, asked: Pair) -> JsonObject:
        """The peer wants to follow."""

    def unpair(self, peer: Peer, asked: Unpair) -> JsonObject:
        """… and no longer."""
