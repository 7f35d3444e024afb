"""The part of a member's snapshot that N:M and configuration handover add."""

from agent.engine.member import Member
from agent.engine.peers import Seat
from agent.engine.phases import Phases
from agent.engine.reasons import State
from agent.engine.rules_pool import acting_for, busy_for_ms, busy_with, withheld
from agent.engine.timing import MS
from agent.engine.unit import Unit
from agent.wire.message import NOT_ACTING


def pool_snapshot(member: Member, unit: Unit, now_ns: int) -> dict[str, object]:
    """Who airs for whom, what keeps this seat from serving, which configuration it holds, and how the last takeover went."""
    is_airing = member.group in unit.pool.engaged
    return {
        "seat": member.config.seat.value,
        "n_to_m": member.config.is_n_to_m,
        "acting_for": member.group if is_airing and acting_for(member, unit) != NOT_ACTING else None,
        "returned": member.is_returned,
        "busy": _busy(member, unit, now_ns),
        "withheld": withheld(member, unit) or None if member.state is State.BACKUP else None,
        "configuration": _configuration(member),
        "protection": _protection(member, unit, now_ns) if member.state is State.MASTER else None,
        "last_takeover": phases_ms(member.phases) | {"at_ns": member.phases.decided_at_ns} if member.phases else None,
    }


def peer_pool_snapshot(member: Member, seat: Seat, now_ns: int) -> dict[str, object]:
    """What another unit's seat adds."""
    held = member.configuration
    return {
        "acting_for": None if seat.acting_for == NOT_ACTING else seat.acting_for,
        "busy_for_ms": (now_ns - seat.busy_since_ns) / MS if seat.busy_since_ns is not None else None,
        "config_revision": seat.config_revision,
        "in_sync": held is not None and seat.config_digest == held.digest,
    }


def _busy(member: Member, unit: Unit, now_ns: int) -> dict[str, object] | None:
    group = busy_with(member, unit)
    if group is None:
        return None
    return {"group": group, "name": unit.identity.name, "since_ms": busy_for_ms(member, unit, now_ns)}


def _configuration(member: Member) -> dict[str, object] | None:
    held = member.configuration
    if held is None:
        return None
    return {
        "revision": held.revision,
        "digest": held.digest.hex(),
        "held": held.is_held,
        "readiness": held.readiness,
        "reasons": list(held.reasons),
        "rank": held.rank,
        "capacity": held.capacity,
    }


def _protection(member: Member, unit: Unit, now_ns: int) -> dict[str, object]:
    """Of a master: who could take over, and who is busy elsewhere (D-27, D-38)."""
    able = [peer.name for _seat, peer in unit.peers.able(member.group, now_ns)]
    seats = [(peer, peer.seats[member.group]) for peer in unit.peers.by_id.values() if member.group in peer.seats]
    busy = [
        {"name": peer.name, "acting_for": seat.acting_for, "since_ms": (now_ns - seat.busy_since_ns) // MS}
        for peer, seat in seats
        if seat.busy_since_ns is not None and seat.is_there(now_ns, peer)
    ]
    return {"state": "protected" if able else "busy" if busy else "unprotected", "able": able, "busy": busy}


def phases_ms(phases: Phases) -> dict[str, object]:
    """In ms; None: not over yet."""
    times_ns = {
        "detect_ms": phases.detect_ns,
        "claim_ms": phases.claim_ns,
        "load_ms": phases.load_ns,
        "open_ms": phases.open_ns,
        "lock_ms": phases.lock_ns,
    }
    return {name: None if time_ns is None else time_ns / MS for name, time_ns in times_ns.items()}
