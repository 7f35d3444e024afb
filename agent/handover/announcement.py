"""What core is told of a group's configuration, and the capacity and readiness behind it."""

import hashlib
from dataclasses import dataclass, replace
from typing import NamedTuple

from agent.documents.services import NO_RANK, needed_capacity, rank, within
from agent.handover.desk import Desk, Track
from agent.handover.disputes import open_decisions
from agent.handover.following import Action
from agent.handover.readiness import Condition, Readiness, readiness_of
from agent.handover.service import Json
from agent.ledger.revision import Revision

MAX_REASONS = 8
MAX_REASON_CHARACTERS = 300
NO_DIGEST = bytes(32)


class Facts(NamedTuple):
    """What a content says of itself here: it is read once, however often somebody asks."""

    rank: int
    needed_capacity: int
    lost: tuple[str, ...]
    missing: tuple[str, ...]


NO_FACTS = Facts(NO_RANK, 0, (), ())


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one group, at this moment. `head` None: nothing is in force. `capacity` 0: not stated."""

    group: int
    head: Revision | None
    readiness: Readiness
    facts: Facts
    capacity: int
    pending: tuple[str, ...]
    own_mark: str


def standing_of(desk: Desk, group: int) -> Standing:
    """Everything at once, as it holds together."""
    with desk.commit_lock:
        head, own = desk.ledger.head(group), _own_bytes(desk, group)
        pending = tuple(decision.id for decision in open_decisions(desk, group))
        capacity = desk.capacity(group)
        facts = desk.remembered(group, (head and head.id, own, capacity), lambda: _facts(desk, group, head, capacity))
        readiness = readiness_of(_condition(desk, group, head, facts, pending))
    return Standing(group, head, readiness, facts, capacity, pending, _mark(desk, own, capacity))


def _mark(desk: Desk, own: bytes, capacity: int) -> str:
    """Changes when a device has to look again at the same head: its own part, or what a licence allows."""
    is_licensed = desk.settings.handover is not None and desk.settings.handover.licence is not None
    marked = own + f"\n{capacity}".encode() if is_licensed else own
    return hashlib.sha256(marked).hexdigest()[:16] if marked else ""


def _own_bytes(desk: Desk, group: int) -> bytes:
    """Of this group, and of the N:M backup's own group."""
    home = desk.home_of(group)
    parts = [desk.ledger.own(one) for one in (group, home) if one is not None]
    return b"\n".join(part or b"" for part in parts) if any(parts) else b""


def _facts(desk: Desk, group: int, head: Revision | None, capacity: int) -> Facts:
    held = desk.held(head)
    if held is None:
        return NO_FACTS
    document = held.shared
    listed = tuple(f"{service.name} (rank {service.rank})" for service in within(document, capacity)[1])
    return Facts(rank(document), needed_capacity(document), listed, desk.effective(group, held)[1])


def _condition(desk: Desk, group: int, head: Revision | None, facts: Facts, pending: tuple[str, ...]) -> Condition:
    track, settings, master = desk.track(group), desk.settings.handover, desk.knowledge.master_of(group)
    is_master = desk.knowledge.is_master(group)
    if is_master or settings is None or not settings.can_track:
        track = Track()
    condition = Condition(
        track.action,
        is_held=head is not None,
        is_wanted=bool(master and any(master.digest)),
        needs_snapshot=desk.needs_snapshot(group),
        is_same_major=track.is_same_major,
        is_same_software=track.is_same_software,
        is_master=is_master,
        allow_partial=settings.allow_partial if settings else True,
        why=track.why,
        lost=facts.lost,
        missing=facts.missing,
        licence=desk.allowance.licence().problem,
        own_group=group if (home := desk.home_of(group)) is None else home,
    )
    if pending and not is_master and track.action is Action.LOCAL:
        return replace(condition, action=Action.DECIDE, why="")  # not heard of the master since the start, but it waits
    return condition


def packet_of(standing: Standing) -> Json:
    """`config` for core. `own` changes with this unit's own part, so that a device hears of that too."""
    head = standing.head
    return {
        "group": standing.group,
        "revision": head.number if head else 0,
        "digest": (head.digest if head else NO_DIGEST).hex(),
        "held": head is not None,
        "readiness": standing.readiness.value,
        "reasons": [reason[:MAX_REASON_CHARACTERS] for reason in standing.readiness.reasons[:MAX_REASONS]],
        "rank": standing.facts.rank,
        "capacity": standing.capacity,
        "pending": standing.pending[0] if standing.pending else None,
        "awaits_choice": bool(standing.pending),
        "own": standing.own_mark,
    }
