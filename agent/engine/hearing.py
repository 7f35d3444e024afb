"""A packet on its way to a member: is it ours, is it fresh, must its sender prove itself first? (docs/protocol.md, Refusals)"""

from collections.abc import Callable, Mapping

from agent.engine.cells import Signal
from agent.engine.dispatch import count, signal_member
from agent.engine.effects import HeardMaster
from agent.engine.events import PacketReceived
from agent.engine.member import Member
from agent.engine.peers import Peer
from agent.engine.reasons import State
from agent.engine.rules_proof import ask_why_late, challenge
from agent.engine.rules_stranger import note_stranger
from agent.engine.rules_watch import watch
from agent.engine.signals import is_from_tracked, signal_of
from agent.engine.timing import lease_ns
from agent.engine.turn import Turn
from agent.engine.unit import Heard, Unit
from agent.wire.errors import Rejection
from agent.wire.message import Designation, Kind, Message

MAX_NEIGHBOURS = 256
_SUSPECT = (Rejection.UNPROVEN, Rejection.REPLAYED)
"""It may be a recording, or a sleeper's last word; it may also be a unit that lost its boot number, or a longer way: ask."""
_CONFIG = slice(Message._fields.index("config_revision"), Message._fields.index("config_digest") + 1)
_OF_A_RIVAL = (Kind.ADVERT, Kind.CLAIM)
_FAREWELLS = (Kind.GIVE_UP, Kind.HANDOVER)
_ANSWERED = (None, Rejection.UNPROVEN, Rejection.STALE)
"""An answer tells nothing that adverts do not; two units that find each other's words stale get out of it by answers."""


class Hearing:
    """The ears of a unit. A refused packet changes a counter and nothing else."""

    def __init__(self, unit: Unit, members: Mapping[int, Member], seat_for: Callable[[Turn, int, int], Member | None]) -> None:
        """`seat_for(turn, group, device_type)`: an N:M backup's new seat in a group that is heard for the first time, or None."""
        self._unit, self._members = unit, members
        self._types = frozenset(member.config.device_type for member in members.values())
        self._seat_for = seat_for

    def hear(self, turn: Turn, event: object) -> None:
        """One packet: ours, of our group and type, fresh, and then what it means."""
        assert isinstance(event, PacketReceived)
        message = event.message
        if message.unit_id == self._unit.identity.unit_id:
            self._hear_itself(turn, message)
            return
        member = self._members.get(message.group)
        if message.kind is Kind.ADVERT and (member is None or message.device_type != member.config.device_type):
            self._meet(turn, message, event.address, event.received_at_ns)
            if member is None and message.designation is Designation.MAIN:
                member = self._seat_for(turn, message.group, message.device_type)
        if member is None or message.device_type != member.config.device_type:
            is_type = message.device_type in self._types and member is None
            count(self._unit.rejected, Rejection.OTHER_GROUP if is_type else Rejection.OTHER_TYPE)
            return
        turn.message, turn.address = message, event.address
        turn.received_at_ns = min(event.received_at_ns, turn.now_ns)
        self._hear(member, turn)

    def _meet(self, turn: Turn, message: Message, address: str, received_at_ns: int) -> None:
        """A master, for the list that people choose from: told when it is new, or its configuration is. Bounded: the one that
        was silent longest makes room. Not by a state: a unit without a configuration cannot serve yet, and has to hear of one.
        """
        neighbours = self._unit.neighbours
        key = (message.group, message.unit_id)
        known = neighbours.get(key)
        if known is None and len(neighbours) >= MAX_NEIGHBOURS:
            del neighbours[min(neighbours, key=lambda known: neighbours[known].at_ns)]
        neighbours[key] = Heard(message, address, received_at_ns)
        if known is None or known.message[_CONFIG] != message[_CONFIG] or self._has_only_claimed(message):
            turn.effects.append(HeardMaster(message.group, message, address, received_at_ns))

    def _has_only_claimed(self, message: Message) -> bool:
        """It is master since just now: what was told of it until now was its claim."""
        member = self._members.get(message.group)
        tracked = member.master if member else None
        return tracked is not None and tracked.unit_id == message.unit_id and tracked.is_claiming

    def _hear_itself(self, turn: Turn, message: Message) -> None:
        """Our own multicast comes back; what we have not said is said by a twin, or was recorded in an earlier life."""
        identity = self._unit.identity
        if message.boot != identity.boot or message.sequence > self._unit.sequence:
            count(self._unit.rejected, Rejection.OWN_UNIT_ID)
            note_stranger(self._members.values(), turn, Rejection.OWN_UNIT_ID)

    def _hear(self, member: Member, turn: Turn) -> None:
        message = turn.packet
        limit_ns = self._stale_after_ns(member, message)
        peer, reason = self._unit.peers.admit(message, turn.received_at_ns, turn.address, limit_ns)
        if message.kind is Kind.QUESTION and peer is not None and reason in _ANSWERED:
            self._question(member, turn, peer)
        is_challenge = message.kind is Kind.QUESTION and message.target  # two that doubt each other's doubts would never end
        if peer is not None and not is_challenge:
            self._doubt(member, turn, peer, reason)
        if reason is None:
            reason = self._take_note(member, turn)
            if peer is not None and member.config.is_n_to_m and peer.seats[message.group].is_news:
                watch(member, turn)
        if reason is not None:
            count(member.rejected, reason.value)

    def _doubt(self, member: Member, turn: Turn, peer: Peer, reason: Rejection | None) -> None:
        if reason not in _SUSPECT and not peer.is_late:
            return
        if member.state is State.OFF and member.config.is_off:
            return  # it says nothing, and believes nobody either
        if reason in _SUSPECT:
            if member.state is State.OFF_ON_AIR and turn.packet.kind in _OF_A_RIVAL:
                signal_member(member, turn, Signal.DOUBTED)
            challenge(member, turn, peer)
        else:
            ask_why_late(member, turn, peer)

    def _question(self, member: Member, turn: Turn, peer: Peer) -> None:
        target = turn.packet.target
        if target in (0, self._unit.identity.unit_id) and self._unit.peers.may_answer(peer, bool(target), turn.now_ns):
            signal_member(member, turn, Signal.QUESTION)

    def _stale_after_ns(self, member: Member, message: Message) -> int:
        """A late advert holds a backup off until its own T (F-1). Else a word is worth no more than its sender's lease."""
        limit_ns = lease_ns(message.interval_ms)
        if member.state is State.BACKUP and message.kind not in _FAREWELLS:
            return max(limit_ns, self._unit.timeout_ns(member))
        return limit_ns

    def _take_note(self, member: Member, turn: Turn) -> Rejection | None:
        """A fresh packet of a proven peer, in our group and of our type."""
        message = turn.packet
        if message.kind in _FAREWELLS and not is_from_tracked(member, message):
            return Rejection.NOT_FROM_MASTER
        if message.kind is Kind.ADVERT:
            self._meet(turn, message, turn.address, turn.received_at_ns)
        member.received[message.kind] = member.received.get(message.kind, 0) + 1
        signal = signal_of(member, turn)
        if signal is not None:
            signal_member(member, turn, signal)
        return None
