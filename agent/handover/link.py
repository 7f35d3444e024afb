"""The connection to one master, as the follower uses it."""

from agent.handover import limits
from agent.handover.client import PeerClient
from agent.handover.desk import Desk
from agent.handover.protocol import Hello, Propose, Related
from agent.handover.puller import Puller, relate
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Revision


class Link:
    """For one look. TransferError: nothing has changed here."""

    def __init__(self, client: PeerClient, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger
        self._puller = Puller(client, ledger)
        self._related: Related | None = None

    @property
    def hello(self) -> Hello:
        """What the master said first."""
        return self._client.hello()

    def relate(self, group: int) -> Related:
        """How our head stands to its own."""
        self._related = relate(self._client, self._ledger, group)
        return self._related

    def adopt(self, revision: Revision) -> None:
        """Know a revision whose content is held here already, under another name."""
        for ancestor in (*self._chain(), revision):
            self._ledger.adopt(ancestor, None, None)

    def pull(self, group: int, revision: Revision, desk: Desk) -> None:
        """Hold it completely, as a branch."""

        def progress(done_bytes: int, total_bytes: int) -> None:
            desk.set_track(group, done_bytes=done_bytes, total_bytes=total_bytes)

        self._puller.pull(group, revision, self._chain(), progress)

    def push(self, group: int, revision: Revision) -> None:
        """Make the master hold this revision of ours, and know what it comes from."""
        ids = self._ledger.recent_ids(group, revision.id, limits.MAX_CHAIN)
        known = [found for found in map(self._ledger.revision, ids[1:]) if found]
        self._puller.push(group, revision, tuple(reversed(known)))

    def propose(self, group: int, decision: str, revision: Revision, opened_at_ns: int, is_offer: bool) -> None:
        """Ask the master to show the question, as it is shown here."""
        self._client.propose(Propose(group, decision, revision.id, {"is_offer": is_offer, "opened_at_ns": opened_at_ns}))

    def _chain(self) -> tuple[Revision, ...]:
        return self._related.chain if self._related else ()
