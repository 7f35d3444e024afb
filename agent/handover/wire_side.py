"""The side that speaks with other units: a server for those who follow us, connections to those whom we follow."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from agent import __version__
from agent.handover import own_address
from agent.handover.answers import Answers
from agent.handover.asked import shown_foreign
from agent.handover.by_hand import master_to_follow
from agent.handover.client import Clients, PeerClient, Target
from agent.handover.desk import Desk
from agent.handover.disputes import Decision
from agent.handover.knowledge import Heard
from agent.handover.link import Link
from agent.handover.protocol import Choose, Hello, Pair, SchemaVersion, Unpair
from agent.handover.refusals import Refusals, Refused
from agent.handover.requests import AllRequests
from agent.handover.server import HandoverServer
from agent.handover.service import Json, VerbError
from agent.handover.serving import Serving
from agent.handover.tls import CertificatePaths, Identity
from agent.handover.tracker import Tracker
from agent.handover.verbs_pairing import NO_CERTIFICATE
from agent.ledger.revision import from_json
from agent.pki import PeerCertificate
from agent.settings.model import HandoverSettings

FOLLOWED_S = 3.0
"""How long `choose` at a backup waits until the choice is in force here as well."""


class WireSide:
    """Without certificates it does nothing at all; without its port it follows others, and nobody can follow it."""

    def __init__(self, desk: Desk, unit_id: Callable[[], str]) -> None:
        self._desk, self._unit_id = desk, unit_id
        self._refusals = Refusals()
        self._identity: Identity | None = None
        settings = desk.settings.handover
        if settings and settings.certificate and settings.key and settings.ca:
            paths = CertificatePaths(settings.certificate, settings.key, settings.ca)
            self._identity = Identity(paths, desk.name, settings.revoked)
            self._begin(settings, self._identity)

    def _begin(self, settings: HandoverSettings, identity: Identity) -> None:
        self._port = settings.port
        if identity.certificate() is None:
            self._desk.tell(f"nothing is tracked until this is mended: {identity.problem}")
        requests = AllRequests(self._desk, self.hello, Answers(self._desk))
        self._clients = Clients(identity, self.hello, self._refusals, on_lost=self._lost)
        self._tracker = Tracker(self._desk, self._link)

        def open_at(host: str) -> HandoverServer:
            return HandoverServer(identity, requests, self._refusals, host=host, port=settings.port)

        self._serving = Serving(open_at, self._addresses, settings.port, self._desk.tell)
        self._serving.start()

    def _addresses(self) -> tuple[str, ...]:
        return own_address.addresses_of(self._desk.settings.lan.interface)

    def close(self) -> None:
        """No new work."""
        if self._identity:
            self._tracker.close()
            self._serving.close()
            self._clients.close()

    def hello(self) -> Hello:
        """What this unit says of itself."""
        groups = self._desk.groups()
        schemas = {group: self._desk.schema(group) for group in groups}
        versions = {group: SchemaVersion(schema.name, schema.major, schema.minor) for group, schema in schemas.items()}
        return Hello(self._desk.name, self._unit_id() or "0" * 16, __version__, versions, frozenset(groups))

    def wake(self, group: int) -> None:
        """Something about the group is new."""
        if self._identity:
            self._tracker.wake(group)

    def pair(self, group: int, address: str, unit_id: str, author: str) -> str:
        """Ask the master there; its name. VerbError."""
        client = self._client(Target(address, self._port, None, unit_id or None))
        try:
            name = client.hello().unit_name
            client.pair(Pair(group, {"by": author}))
        except Refused as error:
            raise VerbError(f"Not paired: {error}") from None
        finally:
            self._clients.forget(client.target)
        row = {"address": address, "at_ns": time.time_ns(), "by": author, "is_by_hand": not unit_id}
        if not self._desk.records.pair(group, name, row):
            raise VerbError("This unit is paired with 64 others in this group already. First: understudy unpair")
        return name

    def unpair(self, group: int) -> None:
        """Tell the partners, as far as they are there."""
        for name, row in self._desk.records.partners(group).items() if self._identity else ():
            client = self._client(Target(str(row.get("address", "")), self._port, name))
            try:
                client.unpair(Unpair(group))
            except Refused as error:
                self._desk.tell(f"{name} was not told that it is unpaired: {error}")
            finally:
                self._clients.forget(client.target)

    def choose(self, decision: Decision, value: Json) -> Json:
        """The master carries it out; then this unit follows. VerbError."""
        question, details = decision.question, {"face": value["face"]}
        items = value["items"] if isinstance(value["items"], dict) else {}
        take, author = str(value["take"]), str(value["author"])
        master = master_to_follow(self._desk, question.group)
        if master is None or master.name != question.unit:
            raise VerbError(f"{question.unit}, the master of this decision, is not heard; choose there, or when it is back")
        try:
            asked = Choose(question.group, decision.id, take, items, author, details)
            answer = self._client(self._target(master)).choose(asked)
        except Refused as error:
            raise VerbError(f"Nothing was chosen: {error}") from None
        return self._followed(question.unit, answer)

    def _followed(self, unit: str, answer: Json) -> Json:
        revision = from_json(answer.get("revision"))
        self.wake(revision.group)
        end = time.monotonic() + FOLLOWED_S
        while (head := self._desk.ledger.head(revision.group)) != revision and time.monotonic() < end:
            time.sleep(0.01)
        follows = "and in force here" if head == revision else "and this unit will follow"
        text = f"Chosen: revision {revision.number} of group {revision.group} is in force at {unit} {follows}"
        return {"text": text, "revision": shown_foreign(revision, self._desk)}

    def status(self) -> Json:
        """certificate, refused, port, and what is wrong with them."""
        settings = self._desk.settings.handover
        status: Json = {"certificate": None, "refused": self._refusals.counts(), "port": settings.port if settings else None}
        if self._identity is None:
            return status
        own = self._identity.certificate()
        recent = [
            {"at": one.at, "reason": str(one.reason), "who": one.who, "text": one.text} for one in self._refusals.recent()[-8:]
        ]
        status |= {"certificate_problem": self._identity.problem, "recent_refusals": recent}
        status["port_problem"] = self._serving.problem
        return status | ({"certificate": _certificate(own)} if own else {})

    def _link(self, heard: Heard) -> Link:
        return Link(self._client(self._target(heard)), self._desk.ledger)

    def _target(self, heard: Heard) -> Target:
        """Where it is heard, unless a person gave another address (Z-21)."""
        row = self._desk.records.partners(heard.group).get(heard.name, {})
        address = str(row["address"]) if row.get("is_by_hand") else heard.address
        return Target(address, self._port, heard.name, heard.unit_id or None)

    def _client(self, target: Target) -> PeerClient:
        if self._identity is None:
            raise VerbError(NO_CERTIFICATE)
        address = own_address.scoped(target.address, self._desk.settings.lan.interface)
        return self._clients.to(target._replace(address=address))

    def _lost(self, target: Target) -> None:
        """A connection that was open is gone: look at once whether it can be had again."""
        for heard in self._desk.knowledge.masters():
            if heard.unit_id == target.unit_id:
                self._tracker.wake(heard.group)


def _certificate(own: PeerCertificate) -> Json:
    groups: object = "all" if len(own.groups) == 256 else sorted(own.groups)
    not_after = own.not_after.isoformat().replace("+00:00", "Z")
    return {"unit": own.unit_name, "groups": groups, "not_after": not_after, "days_left": own.days_left(datetime.now(UTC))}
