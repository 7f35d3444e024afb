"""Everything that peers may ask: of the ledger, and of people's business (pairing, questions, choices)."""

from collections.abc import Callable
from dataclasses import replace

from agent.handover.answers import Answers
from agent.handover.desk import Desk
from agent.handover.ledger_requests import LedgerRequests
from agent.handover.peer import Peer
from agent.handover.protocol import Choose, Hello, JsonObject, Pair, Propose, Relate, Related, Unpair
from agent.ledger.retention import Retention


class AllRequests(LedgerRequests):
    """What `server.Requests` asks for."""

    def __init__(self, desk: Desk, hello: Callable[[], Hello], answers: Answers) -> None:
        settings = desk.settings.handover
        super().__init__(desk.ledger, answers.may_push, settings.max_bytes if settings else Retention().max_bytes)
        self._desk, self._hello, self._answers = desk, hello, answers

    def hello(self) -> Hello:
        """What this unit says of itself now."""
        return self._hello()

    def relate(self, peer: Peer, asked: Relate) -> Related:
        """With whether this unit is the master, for a client that does not hear it (Z-21)."""
        return replace(super().relate(peer, asked), is_master=self._desk.knowledge.is_master(asked.group))

    def propose(self, peer: Peer, asked: Propose) -> JsonObject:
        """A question."""
        return self._answers.propose(peer, asked)

    def choose(self, peer: Peer, asked: Choose) -> JsonObject:
        """A choice."""
        return self._answers.choose(peer, asked)

    def pair(self, peer: Peer, asked: Pair) -> JsonObject:
        """A new partner."""
        return self._answers.pair(peer, asked)

    def unpair(self, peer: Peer, asked: Unpair) -> JsonObject:
        """One less."""
        return self._answers.unpair(peer, asked)
