"""Proof of life: a question with a fresh nonce, to a peer that may be a recording (docs/protocol.md, Authentication)."""

from agent.engine.agenda import Timer
from agent.engine.member import Member, Turn
from agent.engine.peers import Peer
from agent.engine.speech import say
from agent.engine.timing import CHALLENGE_REPEAT_NS, CHALLENGE_REPEATS
from agent.wire.message import Kind

MAX_SUSPECTS = 8
"""Asked again at one time, of one member; the others are asked when they speak next."""


def challenge(member: Member, turn: Turn, peer: Peer) -> None:
    """Ask it, and ask again if no answer comes: one lost packet shall not make a living master look like a recording."""
    if turn.unit.peers.may_challenge(peer, turn.packet.boot, turn.now_ns):
        member.suspects.pop(peer.unit_id, None)
        if len(member.suspects) >= MAX_SUSPECTS:
            del member.suspects[next(iter(member.suspects))]
        member.suspects[peer.unit_id] = CHALLENGE_REPEATS
        _ask(member, turn, peer)


def challenge_again(member: Member, turn: Turn) -> None:
    """Answers are overdue: of all who were asked, for they are answered one at a time."""
    suspects, member.suspects = member.suspects, {}
    for unit_id, left in suspects.items():
        peer = turn.unit.peers.by_id.get(unit_id)
        if peer is not None and peer.nonce and left:
            member.suspects[unit_id] = left - 1
            _ask(member, turn, peer)


def _ask(member: Member, turn: Turn, peer: Peer) -> None:
    nonce = turn.unit.peers.challenge_nonce(peer, turn.now_ns)
    say(member, turn, Kind.QUESTION, target=peer.unit_id, nonce=nonce)
    if turn.unit.agenda.get(member.group, Timer.CHALLENGE) is None:
        turn.arm(member, Timer.CHALLENGE, turn.now_ns + CHALLENGE_REPEAT_NS)
