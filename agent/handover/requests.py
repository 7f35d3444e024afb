"""Everything that peers may ask: of the ledger, and of people's business (pairing, questions, choices)."""

from collections.abc import Callable

from agent.handover.answers import Answers
from agent.handover.desk import Desk
from agent.handover.ledger_requests import LedgerRequests
from agent.handover.peer import Peer
from agent.handover.protocol import Choose, Hello, JsonObject, Pair, Propose, Unpair


class AllRequests(LedgerRequests):
    """What `server.Requests` asks for."""

    def __init__(self, desk: Desk, hello: Callable[[], Hello], answers: Answers) -> None:
        super().__init__(desk.ledger, answers.may_push)
        self._hello, self._answers = hello, answers

    def hello(self) -> Hello:
        """What this unit says of itself now."""
        return self._hello()

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
