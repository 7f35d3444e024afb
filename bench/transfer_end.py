"""The two ends of a transfer as processes of their own: `python -m bench.transfer_end serve|pull DIRECTORY …` (see transfer.py).

serve DIRECTORY PORT FILE:   stores the file as revision 1 of group 7 and serves it. `edit` on standard input: a further revision
                             with 10 kB of document; says when it has it.
pull DIRECTORY PORT ADDRESS: `first` on standard input: into an empty ledger: relate, pull, put in force; says the seconds.
                             `edit`: the same for what has changed, over the open connection.
"""

import shutil
import sys
import time
from pathlib import Path

from agent.documents.canonical import canonical
from agent.handover.client import Clients, PeerClient, Target
from agent.handover.ledger_requests import LedgerRequests
from agent.handover.peer import Peer
from agent.handover.protocol import Choose, Hello, JsonObject, Pair, Propose, SchemaVersion, Unpair
from agent.handover.puller import Puller, relate
from agent.handover.refusals import Refusals
from agent.handover.server import HandoverServer
from agent.handover.tls import CertificatePaths, Identity
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author

GROUP = 7
AUTHOR = Author("bench", "bench", "a")


class Answers(LedgerRequests):
    """Nothing but the ledger."""

    def hello(self) -> Hello:
        return hello("a")

    def propose(self, peer: Peer, asked: Propose) -> JsonObject:
        raise NotImplementedError

    def choose(self, peer: Peer, asked: Choose) -> JsonObject:
        raise NotImplementedError

    def pair(self, peer: Peer, asked: Pair) -> JsonObject:
        raise NotImplementedError

    def unpair(self, peer: Peer, asked: Unpair) -> JsonObject:
        raise NotImplementedError


def hello(name: str) -> Hello:
    return Hello(name, name * 16, "bench", {GROUP: SchemaVersion("none", 1, 0)}, frozenset({GROUP}))


def identity(directory: Path, name: str) -> Identity:
    place = directory / name
    return Identity(CertificatePaths(place / "unit.pem", place / "unit.key", place / "ca.pem"), name)


def answer(text: str) -> None:
    print(text, flush=True)


def serve(directory: Path, port: int, file: Path) -> None:
    ledger = Ledger(directory / "ledger-a")
    entry = ledger.packs.store_file(file)
    ledger.commit(GROUP, canonical({"number": 0}), {"show.bin": entry}, AUTHOR, "first")
    server = HandoverServer(identity(directory, "a"), Answers(ledger, lambda _peer, _group: False), Refusals(), port=port)
    answer("ready")
    for number, _ in enumerate(sys.stdin, 1):
        ledger.commit(GROUP, canonical({"number": number, "text": "x" * 10_000}), {}, AUTHOR, "edit")
        answer("saved")
    server.close()


def pull(directory: Path, port: int, address: str) -> None:
    clients = Clients(identity(directory, "b"), lambda: hello("b"), Refusals())
    client = clients.to(Target(address, port, "a"))
    ledger = Ledger(directory / "ledger-b")
    answer("ready")
    for line in sys.stdin:
        if line.strip() == "first":
            ledger.close()
            client.close()
            shutil.rmtree(ledger.directory)
            ledger = Ledger(directory / "ledger-b")
        answer(f"{follow(client, ledger):.6f}")
    clients.close()


def follow(client: PeerClient, ledger: Ledger) -> float:
    """Seconds until the peer's head is in force here, and on the disk."""
    start = time.perf_counter()
    related = relate(client, ledger, GROUP)
    assert related.head
    Puller(client, ledger).pull(GROUP, related.head, related.chain)
    ledger.move_head(GROUP, related.head.id, "bench")
    return time.perf_counter() - start


if __name__ == "__main__":
    work, place, at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    serve(place, at, Path(sys.argv[4])) if work == "serve" else pull(place, at, sys.argv[4])
