"""Proof of life: a question with a fresh nonce, to a peer that may be a recording (docs/protocol.md, Authentication)."""

from agent.engine.agenda import Timer
from agent.engine.member import Member, Turn
from agent.engine.peers import Peer
from agent.engine.speech import say
from agent.engine.timing import CHALLENGE_REPEAT_NS, CHALLENGE_REPEATS
from agent.wire.message import Kind


def challenge(member: Member, turn: Turn, peer: Peer) -> None:
    """Ask it, and ask again if no answer comes: one lost packet shall not make a living master look like a recording."""
    if turn.unit.peers.may_challenge(peer, turn.packet.boot, turn.now_ns):
        member.suspect_id, member.challenges_left = peer.unit_id, CHALLENGE_REPEATS
        _ask(member, turn, peer)


def challenge_again(member: Member, turn: Turn) -> None:
    """The answer is overdue."""
    peer = turn.unit.peers.by_id.get(member.suspect_id)
    if peer is not None and peer.nonce and member.challenges_left:
        member.challenges_left -= 1
        _ask(member, turn, peer)


def _ask(member: Member, turn: Turn, peer: Peer) -> None:
    nonce = turn.unit.peers.challenge_nonce(peer, turn.now_ns)
    say(member, turn, Kind.QUESTION, target=peer.unit_id, nonce=nonce)
    turn.arm(member, Timer.CHALLENGE, turn.now_ns + CHALLENGE_REPEAT_NS)
