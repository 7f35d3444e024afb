"""Which packets are fresh, and who is able to serve. Authentic is not fresh (docs/protocol.md, Authentication)."""

import hashlib
from dataclasses import dataclass, field

from agent.engine.timing import BEACON_PACE_NS, MS, PEER_LIFE_BEACONS, SEAT_LIFE_NS, beacon_interval_ns, lease_ns
from agent.wire.errors import Rejection
from agent.wire.message import NO_DIGEST, NOT_ACTING, Designation, Flag, Kind, Message

MAX_PEERS = 256
LONGEST_PACE_NS = 256 * BEACON_PACE_NS
"""Of a unit with a seat in every group, heard in one of them."""
PEER_KEPT_NS = 60_000 * MS
"""A proven unit that was heard within this time does not make room for another."""
OVERTAKEN_NS = 50 * MS
"""A lower number so soon after a higher one was overtaken on its way; to start again, its boot unsaved, takes a unit longer."""
ANSWER_GAP_NS = 10 * MS
ANY_ANSWER_GAP_NS = 1 * MS
ANSWERS_AT_ONCE = 32
"""However many ask (or pretend to be many): answers are no amplifier. All units of a pool may ask at one moment."""
CHALLENGE_GAP_NS = 20 * MS
EAGER_QUESTIONS = 4
"""Questions to one boot of one peer at one pace; then half as often, and so on, down to once a second."""
PATIENCE = 24
"""Questions to it until then: twelve in the first half second."""
RECALL_GAP_NS = 1000 * MS
QUESTION_LIFE_NS = 100 * MS
ANSWER_LIFE_NS = 1000 * MS
"""What carries a nonce may be as old as the question: until here it counts as prompt."""
LATE_ANSWER_NS = 10_000 * MS
"""Until here it proves that boot all the same, and counts as sent when we asked. Where processors are too slow for their load
all answers are late, and units that were not proven by them went on asking: that was the load."""
MAX_LATE_NONCES = 10
_PREEMPT = int(Flag.PREEMPT)
_LEAVING = int(Flag.LEAVING)
_ATTENDED = int(Flag.ATTENDED)
_ROLELESS = (Kind.QUESTION, Kind.REQUEST)
_ANSWERS = (Kind.ADVERT, Kind.CLAIM, Kind.BEACON)
DRIFT_DIVISOR = 1000
"""The smallest delay seen may rise by 1 ms a second: one part in this many."""


@dataclass(slots=True)
class Seat:
    """What a peer last said about itself in one group."""

    priority: int
    designation: Designation
    interval_ms: int
    readiness: int
    flags: int
    is_backup: bool
    heard_at_ns: int
    acting_for: int = NOT_ACTING
    busy_since_ns: int | None = None
    """While a backup is busy with another group: since when."""
    config_revision: int = 0
    config_digest: bytes = NO_DIGEST
    is_news: bool = True
    """Priority, designation, flags or role have changed with its last word."""

    @property
    def is_preempting(self) -> bool:
        """Preempt is on there."""
        return bool(self.flags & _PREEMPT)

    @property
    def is_leaving(self) -> bool:
        """It is stopping, or switched off: no successor."""
        return bool(self.flags & _LEAVING)

    @property
    def is_attended(self) -> bool:
        """It waits for a person (D-31)."""
        return bool(self.flags & _ATTENDED)

    def is_able(self, now_ns: int, unit: "Peer") -> bool:
        """Could it take over now, as far as we know?"""
        return self.is_there(now_ns, unit) and self.readiness > 0

    def is_there(self, now_ns: int, unit: "Peer") -> bool:
        """A backup whose unit has been heard lately, in whatever group."""
        life_ns = int(PEER_LIFE_BEACONS * max(beacon_interval_ns(self.interval_ms), unit.pace_ns))
        is_alive = now_ns - unit.heard_at_ns <= life_ns and now_ns - self.heard_at_ns <= SEAT_LIFE_NS
        return is_alive and self.is_backup and not self.is_leaving


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
    nonce_at_ns: int = 0
    """When it was first asked with."""
    late_nonces: dict[int, int] = field(default_factory=dict)
    """Those before it, and when each was first asked with."""
    spent_open_nonce: int = 0
    """Of the question to everybody that has proven its present boot: it proves no other."""
    challenged_at_ns: int = -CHALLENGE_GAP_NS
    asked_boot: int = 0
    unanswered: int = 0
    """How often it was asked about this boot and did not prove it."""
    answered_at_ns: dict[bool, int] = field(default_factory=dict)
    least_delay_us: int | None = None
    least_delay_at_ns: int = 0
    is_late: bool = False
    """Its last packet was longer on its way than its lease: a word that matters more would be stale."""
    heard_at_ns: int = 0
    packets: int = 0
    """Of it, fresh, in the groups of this unit."""
    beacon_at_ns: int = 0
    pace_ns: int = 0
    """How far apart its beacons come that we hear: a unit with many seats lets them take turns."""
    seats: dict[int, Seat] = field(default_factory=dict)


class Peers:
    """All units heard. Bounded; unproven ones are forgotten first."""

    def __init__(self, is_authenticated: bool, nonce_seed: bytes) -> None:
        self.is_authenticated = is_authenticated
        self.by_id: dict[int, Peer] = {}
        self.open_nonce = 0
        """Of our last question to everybody."""
        self._asked_at_ns = -QUESTION_LIFE_NS
        self._answers_until_ns = 0
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
        peer = self.by_id.get(message.unit_id) or self._meet(message, address, received_at_ns)
        if peer is None:
            return None, Rejection.TOO_MANY_PEERS
        reason = self._freshness(peer, message, received_at_ns)
        if reason is None and self.is_authenticated:
            delay_ns = _delay_ns(peer, message, received_at_ns)
            peer.is_late = delay_ns > lease_ns(message.interval_ms)
            if delay_ns > stale_after_ns:
                reason = Rejection.STALE
        if reason is None:
            peer.address, peer.name, peer.heard_at_ns = address, message.name, received_at_ns
            peer.packets += 1
            _note_seat(peer, message, received_at_ns)
        return peer, reason

    def _meet(self, message: Message, address: str, received_at_ns: int) -> Peer | None:
        if len(self.by_id) >= MAX_PEERS:
            stranger = min(self.by_id.values(), key=lambda peer: (peer.is_proven, peer.heard_at_ns))
            if self.is_authenticated and stranger.is_proven and received_at_ns - stranger.heard_at_ns < PEER_KEPT_NS:
                return None
            del self.by_id[stranger.unit_id]
        peer = Peer(message.unit_id, message.name, address, message.boot, is_proven=not self.is_authenticated)
        self.by_id[message.unit_id] = peer
        return peer

    def _freshness(self, peer: Peer, message: Message, received_at_ns: int) -> Rejection | None:
        if message.boot != peer.boot or not peer.is_proven:
            if not self.is_authenticated or self._is_proof(peer, message, received_at_ns):
                _restart(peer, message, received_at_ns)
            else:
                return Rejection.REPLAYED if peer.is_proven and message.boot < peer.boot else Rejection.UNPROVEN
        elif self._is_fresh_for_sure(peer, message, received_at_ns):
            _restart(peer, message, received_at_ns)
        elif message.sequence <= peer.sequence:
            return Rejection.REPLAYED
        peer.sequence = message.sequence
        return None

    def _is_fresh_for_sure(self, peer: Peer, message: Message, received_at_ns: int) -> bool:
        """A prompt answer: whatever its number (a boot that could not be saved), however long its way, and whatever measure of
        it a late answer has left (random history 80022227)."""
        if _is_overtaken(peer, message, received_at_ns):
            return False
        return _is_prompt(peer, message, received_at_ns) or self._answers_open(peer, message, received_at_ns)

    def _answers_open(self, peer: Peer, message: Message, received_at_ns: int) -> bool:
        """The question to everybody, within a second; once."""
        is_recent = received_at_ns - self._asked_at_ns < ANSWER_LIFE_NS
        is_answer = message.nonce != 0 and message.kind in _ANSWERS
        return is_answer and is_recent and message.nonce == self.open_nonce and peer.spent_open_nonce != message.nonce

    def _is_proof(self, peer: Peer, message: Message, received_at_ns: int) -> bool:
        """Does it carry back the nonce of a question of ours? Each nonce proves one boot of one peer, once.

        The question to everybody is soon too old: else the answer of an earlier boot, recorded, would prove that boot again.
        """
        if message.nonce == 0 or message.kind not in _ANSWERS:
            return False
        if _asked_ago_ns(peer, message, received_at_ns) is not None:
            return True
        return self._answers_open(peer, message, received_at_ns)

    def challenge_nonce(self, peer: Peer, now_ns: int) -> int:
        """The same while an answer to it counts: one that is on its way is not made worthless by asking again."""
        if not peer.nonce or now_ns - peer.nonce_at_ns >= ANSWER_LIFE_NS:
            _keep_for_late_answers(peer)
            peer.nonce, peer.nonce_at_ns = self.fresh_nonce(), now_ns
        peer.challenged_at_ns = now_ns
        peer.unanswered += 1
        return peer.nonce

    def may_challenge(self, peer: Peer, boot: int, now_ns: int) -> bool:
        """At most once per peer in 20 ms, less often the longer it does not answer; in 1 s about a boot that is not newer than
        the proven one."""
        if boot != peer.asked_boot:
            peer.asked_boot, peer.unanswered = boot, 0
        is_slow = peer.is_proven and boot <= peer.boot
        return now_ns - peer.challenged_at_ns >= (RECALL_GAP_NS if is_slow else question_gap_ns(peer))

    def may_answer(self, peer: Peer, is_targeted: bool, now_ns: int) -> bool:
        """At most once per asker and kind of question in 10 ms; to all 32 at once, then once in 1 ms. Remembers that it was."""
        is_soon = now_ns - peer.answered_at_ns.get(is_targeted, -ANSWER_GAP_NS) < ANSWER_GAP_NS
        if is_soon or self._answers_until_ns - now_ns >= ANSWERS_AT_ONCE * ANY_ANSWER_GAP_NS:
            return False
        peer.answered_at_ns[is_targeted] = now_ns
        self._answers_until_ns = max(self._answers_until_ns, now_ns) + ANY_ANSWER_GAP_NS
        return True

    def longest_of_masters_ms(self, group: int) -> int:
        """The longest interval of those whose last word in this group was a master's; 0: there are none."""
        seats = (peer.seats.get(group) for peer in self.by_id.values() if peer.is_proven)
        return max((seat.interval_ms for seat in seats if seat is not None and not seat.is_backup), default=0)

    def able(self, group: int, now_ns: int) -> list[tuple[Seat, Peer]]:
        """Backups that could take over this group now, best first."""
        seats = [(peer.seats[group], peer) for peer in self.by_id.values() if group in peer.seats]
        found = [(seat, peer) for seat, peer in seats if seat.is_able(now_ns, peer)]
        return sorted(found, key=lambda pair: (pair[0].priority, pair[1].unit_id), reverse=True)


def question_gap_ns(peer: Peer) -> int:
    """Between two questions to one that does not answer: 20 ms at first, 1 s in the end."""
    return min(CHALLENGE_GAP_NS << min(peer.unanswered // EAGER_QUESTIONS, 6), RECALL_GAP_NS)


def _keep_for_late_answers(peer: Peer) -> None:
    if peer.nonce:
        peer.late_nonces[peer.nonce] = peer.nonce_at_ns
        if len(peer.late_nonces) > MAX_LATE_NONCES:
            del peer.late_nonces[next(iter(peer.late_nonces))]


def _asked_ago_ns(peer: Peer, message: Message, received_at_ns: int) -> int | None:
    """How long before this packet came its nonce was first asked with; None: it answers no question of ours to this peer."""
    if message.nonce == 0:
        return None
    asked_at_ns = peer.nonce_at_ns if message.nonce == peer.nonce else peer.late_nonces.get(message.nonce)
    if asked_at_ns is None or received_at_ns - asked_at_ns >= LATE_ANSWER_NS:
        return None
    return received_at_ns - asked_at_ns


def _is_prompt(peer: Peer, message: Message, received_at_ns: int) -> bool:
    ago_ns = _asked_ago_ns(peer, message, received_at_ns)
    return ago_ns is not None and ago_ns < ANSWER_LIFE_NS


def _is_overtaken(peer: Peer, message: Message, received_at_ns: int) -> bool:
    """Did a later packet of the same life arrive just before it? Then what that one said stands, be it a give-up."""
    return message.sequence <= peer.sequence and received_at_ns - peer.heard_at_ns < OVERTAKEN_NS


def _restart(peer: Peer, message: Message, received_at_ns: int) -> None:
    """A boot begins, or is proven; the nonces that did it are used. A late answer is measured as if sent when it was asked for:
    all of its lateness may have been on the way."""
    ago_ns = _asked_ago_ns(peer, message, received_at_ns)
    if ago_ns is None:
        peer.spent_open_nonce = message.nonce
    is_late = ago_ns is not None and ago_ns >= ANSWER_LIFE_NS
    peer.least_delay_us = (received_at_ns - ago_ns) // 1000 - message.sent_at_us if is_late and ago_ns is not None else None
    peer.least_delay_at_ns = received_at_ns
    peer.nonce = peer.unanswered = 0
    peer.late_nonces.clear()
    peer.boot, peer.is_proven = message.boot, True
    peer.beacon_at_ns = peer.pace_ns = 0


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
        seat = peer.seats[message.group] = Seat(0, message.designation, 0, 0, 0, False, 0)
    before = (seat.priority, seat.designation, seat.flags, seat.is_backup)
    if message.priority:
        seat.priority = message.priority
    seat.designation = message.designation
    seat.interval_ms = message.interval_ms
    seat.flags = int(message.flags)  # IntFlag's own operators are slow
    if message.kind not in _ROLELESS:  # one in maintenance is able for the request that it was told to make, and for nothing else
        seat.readiness = message.readiness
        seat.is_backup = message.kind is Kind.BEACON
    if message.kind is Kind.BEACON:
        is_busy = message.acting_for not in (NOT_ACTING, message.group)
        seat.busy_since_ns = received_at_ns - message.master_for_ms * MS if is_busy else None
        _note_pace(peer, received_at_ns)
    elif message.kind is Kind.ADVERT:
        peer.beacon_at_ns = 0  # a master sends none: the gap says nothing
    seat.acting_for = message.acting_for
    seat.config_revision, seat.config_digest = message.config_revision, message.config_digest
    seat.is_news = seat.heard_at_ns == 0 or before != (seat.priority, seat.designation, seat.flags, seat.is_backup)
    seat.heard_at_ns = received_at_ns


def _note_pace(peer: Peer, received_at_ns: int) -> None:
    """The longest distance of late; it fades, so that a lost beacon is forgotten. Those sent out of turn change little."""
    gap_ns = received_at_ns - peer.beacon_at_ns if peer.beacon_at_ns else 0
    peer.pace_ns = min(max(gap_ns, peer.pace_ns * 15 // 16), LONGEST_PACE_NS)
    peer.beacon_at_ns = received_at_ns
