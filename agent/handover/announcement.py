"""What core is told of a group's configuration, and the capacity and readiness behind it."""

import hashlib
from dataclasses import dataclass, replace

from agent.documents.classes import join
from agent.documents.services import NO_RANK, needed_capacity, rank, within
from agent.handover.desk import Desk, Document, Held, Track
from agent.handover.disputes import open_decisions
from agent.handover.following import Action
from agent.handover.readiness import Condition, Readiness, readiness_of
from agent.handover.service import Json

MAX_REASONS = 8
MAX_REASON_CHARACTERS = 300
NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one group, at this moment. `capacity` 0: not stated."""

    group: int
    held: Held | None
    readiness: Readiness
    rank: int
    needed_capacity: int
    capacity: int
    pending: tuple[str, ...]
    own_mark: str


def standing_of(desk: Desk, group: int) -> Standing:
    """Everything at once, as it holds together."""
    with desk.commit_lock:
        held, own = desk.held(desk.ledger.head(group)), desk.ledger.own(group)
        pending = tuple(decision.id for decision in open_decisions(desk, group))
        document: Document = held.shared if held else {}
        readiness = readiness_of(_condition(desk, group, held, document, pending))
    capacity = desk.settings.handover.capacity if desk.settings.handover else 0
    own_mark = hashlib.sha256(own).hexdigest()[:16] if own else ""
    needed = needed_capacity(document)
    return Standing(group, held, readiness, rank(document) if held else NO_RANK, needed, capacity, pending, own_mark)


def _condition(desk: Desk, group: int, held: Held | None, document: Document, pending: tuple[str, ...]) -> Condition:
    track, settings, master = desk.track(group), desk.settings.handover, desk.knowledge.master_of(group)
    is_master = desk.knowledge.is_master(group)
    if is_master or settings is None or not settings.can_track:
        track = Track()
    lost = within(document, settings.capacity)[1] if settings else []
    condition = Condition(
        track.action,
        is_held=held is not None,
        is_wanted=bool(master and any(master.digest)),
        needs_snapshot=desk.needs_snapshot(group),
        is_same_major=track.is_same_major,
        is_same_software=track.is_same_software,
        is_master=is_master,
        allow_partial=settings.allow_partial if settings else True,
        why=track.why,
        lost=[f"{service.name} (rank {service.rank})" for service in lost],
        missing=join(desk.schema(group), document, desk.own(group)).missing,
    )
    if pending and not is_master and track.action is Action.LOCAL:
        return replace(condition, action=Action.DECIDE, why="")  # not heard of the master since the start, but it waits
    return condition


def packet_of(standing: Standing) -> Json:
    """`config` for core. `own` changes with this unit's own part, so that a device hears of that too."""
    held = standing.held
    return {
        "group": standing.group,
        "revision": held.revision.number if held else 0,
        "digest": (held.revision.digest if held else NO_DIGEST).hex(),
        "held": held is not None,
        "readiness": standing.readiness.value,
        "reasons": [reason[:MAX_REASON_CHARACTERS] for reason in standing.readiness.reasons[:MAX_REASONS]],
        "rank": standing.rank,
        "capacity": standing.capacity,
        "pending": standing.pending[0] if standing.pending else None,
        "awaits_choice": bool(standing.pending),
        "own": standing.own_mark,
    }
