"""Which packets are fresh, and who is able to serve. Authentic is not fresh (docs/protocol.md, Authentication)."""

import hashlib
from dataclasses import dataclass, field

from agent.engine.timing import MS, PEER_LIFE_BEACONS, SEAT_LIFE_NS, beacon_interval_ns
from agent.wire.errors import Rejection
from agent.wire.message import Designation, Flag, Kind, Message

MAX_PEERS = 256
ANSWER_GAP_NS = 10 * MS
CHALLENGE_GAP_NS = 20 * MS
RECALL_GAP_NS = 1000 * MS
QUESTION_LIFE_NS = 100 * MS
ANSWER_LIFE_NS = 1000 * MS
_PREEMPT = int(Flag.PREEMPT)
_LEAVING = int(Flag.LEAVING)
_ROLELESS = (Kind.QUESTION, Kind.REQUEST)
DRIFT_DIVISOR = 1000
"""The smallest delay seen may rise by 1 ms a second: one part in this many."""


@dataclass(slots=True)
class Seat:
    """What a peer last said about itself in one group."""

    priority: int
    designation: Designation
    interval_ms: int
    readiness: int
    is_preempting: bool
    is_leaving: bool
    is_backup: bool
    heard_at_ns: int

    def is_able(self, now_ns: int, unit_heard_at_ns: int) -> bool:
        """Could it take over now, as far as we know? Its unit must have been heard lately, in whatever group."""
        life_ns = int(PEER_LIFE_BEACONS * beacon_interval_ns(self.interval_ms))
        is_alive = now_ns - unit_heard_at_ns <= life_ns and now_ns - self.heard_at_ns <= SEAT_LIFE_NS
        return is_alive and self.is_backup and self.readiness > 0 and not self.is_leaving


@dataclass(slots=True)
class Peer:
    """Another unit, as far as it has spoken."""

    unit_id: int
    name: str
    address: str
    boot: int
    sequence: int = 0
    is_proven: bool = False
    nonce: int = 0
    """Of our last challenge; 0: none, or used."""
    spent_open_nonce: int = 0
    """Of the question to everybody that has proven its present boot: it proves no other."""
    challenged_at_ns: int = -CHALLENGE_GAP_NS
    answered_at_ns: dict[bool, int] = field(default_factory=dict)
    least_delay_us: int | None = None
    least_delay_at_ns: int = 0
    heard_at_ns: int = 0
    seats: dict[int, Seat] = field(default_factory=dict)


class Peers:
    """All units heard. Bounded; unproven ones are forgotten first."""

    def __init__(self, is_authenticated: bool, nonce_seed: bytes) -> None:
        self.is_authenticated = is_authenticated
        self.by_id: dict[int, Peer] = {}
        self.open_nonce = 0
        """Of our last question to everybody."""
        self._asked_at_ns = -QUESTION_LIFE_NS
        self._nonce_seed = nonce_seed
        self._nonces = 0

    def fresh_nonce(self) -> int:
        """Never 0, never twice; unpredictable without the seed."""
        self._nonces += 1
        digest = hashlib.blake2b(self._nonces.to_bytes(8, "big"), key=self._nonce_seed, digest_size=8).digest()
        return int.from_bytes(digest, "big") | 1

    def question_nonce(self, now_ns: int) -> int:
        """For a question to everybody. All groups of a unit that ask at one time share it, so that one answer proves all."""
        if now_ns - self._asked_at_ns >= QUESTION_LIFE_NS:
            self.open_nonce, self._asked_at_ns = self.fresh_nonce(), now_ns
        return self.open_nonce

    def admit(
        self, message: Message, received_at_ns: int, address: str, stale_after_ns: int
    ) -> tuple[Peer | None, Rejection | None]:
        """Take note of a packet. A reason: it must change nothing else; UNPROVEN, STALE: and may be challenged.

        `stale_after_ns`: how much longer than the quickest it may have been on its way.
        """
        peer = self.by_id.get(message.unit_id) or self._meet(message, address)
        if peer is None:
            return None, Rejection.TOO_MANY_PEERS
        reason = self._freshness(peer, message, received_at_ns)
        if reason is None and self.is_authenticated and _delay_ns(peer, message, received_at_ns) > stale_after_ns:
            reason = Rejection.STALE
        if reason is None:
            peer.address, peer.name, peer.heard_at_ns = address, message.name, received_at_ns
            _note_seat(peer, message, received_at_ns)
        return peer, reason

    def _meet(self, message: Message, address: str) -> Peer | None:
        if len(self.by_id) >= MAX_PEERS:
            unproven = [peer.unit_id for peer in self.by_id.values() if not peer.is_proven]
            if not unproven:
                return None
            del self.by_id[unproven[0]]
        peer = Peer(message.unit_id, message.name, address, message.boot, is_proven=not self.is_authenticated)
        self.by_id[message.unit_id] = peer
        return peer

    def _freshness(self, peer: Peer, message: Message, received_at_ns: int) -> Rejection | None:
        if message.boot != peer.boot or not peer.is_proven:
            if not self.is_authenticated or self._is_proof(peer, message, received_at_ns):
                _restart(peer, message)
            else:
                return Rejection.REPLAYED if peer.is_proven and message.boot < peer.boot else Rejection.UNPROVEN
        elif message.sequence <= peer.sequence:
            return Rejection.REPLAYED
        elif message.nonce and message.nonce == peer.nonce:
            peer.nonce, peer.least_delay_us = 0, None  # the way has become longer, but this word is fresh
        peer.sequence = message.sequence
        return None

    def _is_proof(self, peer: Peer, message: Message, received_at_ns: int) -> bool:
        """Does it carry back the nonce of a question of ours? Each nonce proves one boot of one peer, once.

        The question to everybody is soon too old: else the answer of an earlier boot, recorded, would prove that boot again.
        """
        if message.nonce == 0 or message.kind not in (Kind.ADVERT, Kind.BEACON):
            return False
        if message.nonce == peer.nonce:
            return True
        is_recent = received_at_ns - self._asked_at_ns < ANSWER_LIFE_NS
        return is_recent and message.nonce == self.open_nonce and peer.spent_open_nonce != message.nonce

    def may_challenge(self, peer: Peer, boot: int, now_ns: int) -> bool:
        """At most once per peer in 20 ms, or in 1 s about a boot older than the proven one. Remembers that it was allowed."""
        gap_ns = RECALL_GAP_NS if peer.is_proven and boot < peer.boot else CHALLENGE_GAP_NS
        if now_ns - peer.challenged_at_ns < gap_ns:
            return False
        peer.challenged_at_ns = now_ns
        return True

    def may_answer(self, peer: Peer, is_targeted: bool, now_ns: int) -> bool:
        """At most once per asker and kind of question in 10 ms; remembers that it was allowed."""
        if now_ns - peer.answered_at_ns.get(is_targeted, -ANSWER_GAP_NS) < ANSWER_GAP_NS:
            return False
        peer.answered_at_ns[is_targeted] = now_ns
        return True

    def able(self, group: int, now_ns: int) -> list[tuple[Seat, Peer]]:
        """Backups that could take over this group now, best first."""
        seats = [(peer.seats[group], peer) for peer in self.by_id.values() if group in peer.seats]
        found = [(seat, peer) for seat, peer in seats if seat.is_able(now_ns, peer.heard_at_ns)]
        return sorted(found, key=lambda pair: (pair[0].priority, pair[1].unit_id), reverse=True)


def _restart(peer: Peer, message: Message) -> None:
    """A boot begins, or is proven; the nonce that did it is used."""
    if message.nonce != peer.nonce:
        peer.spent_open_nonce = message.nonce
    peer.nonce = 0
    peer.boot, peer.is_proven, peer.least_delay_us = message.boot, True, None


def _delay_ns(peer: Peer, message: Message, received_at_ns: int) -> int:
    """How much longer it was on its way than the quickest one; the quickest may rise with the clocks' drift."""
    delay_us = received_at_ns // 1000 - message.sent_at_us
    if peer.least_delay_us is None:
        least_us = delay_us
    else:
        risen_us = (received_at_ns - peer.least_delay_at_ns) // 1000 // DRIFT_DIVISOR
        least_us = min(delay_us, peer.least_delay_us + risen_us)
    peer.least_delay_us, peer.least_delay_at_ns = least_us, received_at_ns
    return (delay_us - least_us) * 1000


def _note_seat(peer: Peer, message: Message, received_at_ns: int) -> None:
    """Reuses the seat: this runs for every advert of every group."""
    seat = peer.seats.get(message.group)
    if seat is None:
        seat = peer.seats[message.group] = Seat(0, message.designation, 0, 0, False, False, False, 0)
    if message.priority:
        seat.priority = message.priority
    seat.designation = message.designation
    seat.interval_ms = message.interval_ms
    seat.readiness = message.readiness
    flags = int(message.flags)  # IntFlag's own operators are slow
    seat.is_preempting = bool(flags & _PREEMPT)
    seat.is_leaving = bool(flags & _LEAVING)
    if message.kind not in _ROLELESS:
        seat.is_backup = message.kind is Kind.BEACON
    seat.heard_at_ns = received_at_ns
