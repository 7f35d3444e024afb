"""Proof of life: a question with a fresh nonce, to a peer that may be a recording (docs/protocol.md, Authentication).

Bounded for the whole unit, whatever its seats and peers: where processors or the LAN are too slow for their load everybody is
late, and questions about that would be the rest of the load.
"""

from agent.engine.agenda import Timer
from agent.engine.member import Member
from agent.engine.peers import PATIENCE, Peer, question_gap_ns
from agent.engine.speech import say
from agent.engine.timing import CHALLENGE_REPEAT_NS, CHALLENGE_REPEATS, MS
from agent.engine.turn import Turn
from agent.engine.unit import Suspect
from agent.wire.message import Kind

UNIT = -1
"""The agenda's slot of what belongs to no group."""
MAX_SUSPECTS = 64
"""Asked again at one time; the others are asked when they speak next."""
ASKED_A_ROUND = 8
"""Of them, every 30 ms; the next eight in the next round."""
OVERDUE_NS = 2 * (MAX_SUSPECTS // ASKED_A_ROUND) * CHALLENGE_REPEAT_NS
"""The rounds wait until the socket has been read empty; where it never is, the suspect's next packet has it asked again."""
LATE_GAP_NS = 250 * MS
"""Between two questions about mere lateness, to whomever: it is seldom urgent, and often common to all."""


def challenge(member: Member, turn: Turn, peer: Peer) -> None:
    """Ask it, and ask again if no answer comes: one lost packet shall not make a living master look like a recording."""
    unit = turn.unit
    is_asked = peer.unit_id in unit.suspects and turn.packet.boot == peer.asked_boot
    is_asked &= turn.now_ns - peer.challenged_at_ns < OVERDUE_NS
    if is_asked or not unit.peers.may_challenge(peer, turn.packet.boot, turn.now_ns):
        return
    if len(unit.suspects) < MAX_SUSPECTS:
        unit.suspects[peer.unit_id] = Suspect(member.group, CHALLENGE_REPEATS)
        if unit.agenda.get(UNIT, Timer.CHALLENGE) is None:
            unit.agenda.arm(UNIT, Timer.CHALLENGE, turn.now_ns + CHALLENGE_REPEAT_NS)
    _ask(member, turn, peer)


def ask_why_late(member: Member, turn: Turn, peer: Peer) -> None:
    """It is proven, and slow. Its answer, if its way has really become longer, sets the new measure. Asked once, not again."""
    unit = turn.unit
    is_soon = turn.now_ns - unit.asked_why_late_ns < LATE_GAP_NS
    if not is_soon and unit.peers.may_challenge(peer, turn.packet.boot, turn.now_ns):
        unit.asked_why_late_ns = turn.now_ns
        _ask(member, turn, peer)


def challenge_again(turn: Turn) -> None:
    """Answers are overdue: those that were asked longest ago first."""
    unit = turn.unit
    for unit_id in list(unit.suspects)[:ASKED_A_ROUND]:
        suspect, peer = unit.suspects.pop(unit_id), unit.peers.by_id.get(unit_id)
        if peer is None or not peer.nonce or not suspect.repeats_left or peer.unanswered >= PATIENCE:
            continue
        if turn.now_ns - peer.challenged_at_ns < question_gap_ns(peer):
            unit.suspects[unit_id] = suspect
            continue
        unit.suspects[unit_id] = suspect._replace(repeats_left=suspect.repeats_left - 1)
        _ask(unit.members[suspect.group], turn, peer)
    if unit.suspects:
        unit.agenda.arm(UNIT, Timer.CHALLENGE, turn.now_ns + CHALLENGE_REPEAT_NS)


def _ask(member: Member, turn: Turn, peer: Peer) -> None:
    nonce = turn.unit.peers.challenge_nonce(peer, turn.now_ns)
    say(member, turn, Kind.QUESTION, target=peer.unit_id, nonce=nonce)
