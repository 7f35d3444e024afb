"""The other units of a group, as rows, and what they make of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.engine.timing import MS, PEER_LIFE_BEACONS, beacon_interval_ns
from agent.management.viewer_read import Object, count, numbered, older, table, tables, text, whole
from agent.management.viewer_ready import Backup, Ready, readiness_of
from agent.management.viewer_timing import loss_ppm
from agent.model import words
from agent.model.kinds import Value

MAX_PEERS = 64
"""Of one group."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One of a group. `age_ms`: of its last word in the group; `unit_age_ms`: in whatever group."""

    told: Object
    unit_id: str
    age_ms: int | None
    is_master: bool
    is_able: bool
    is_last_known: bool
    ready: Ready
    loss_ppm: int | None = None


def unit_ages(members: Sequence[Object], by_ms: int) -> dict[str, int]:
    """By unit id: since its last word in any group; one with many seats lets its beacons take turns."""
    ages: dict[str, int] = {}
    for member in members:
        for peer in tables(member.get("peers")):
            unit_id, age_ms = str(peer.get("unit_id")), older(peer.get("age_ms"), by_ms)
            if age_ms is not None and age_ms < ages.get(unit_id, age_ms + 1):
                ages[unit_id] = age_ms
    return ages


def peers_of(member: Object, by_ms: int, ages: Mapping[str, int], paths: int = 1) -> list[Peer]:
    """Of one group, by unit id: its order is not that of who spoke last."""
    master = table(member.get("master"))
    master_id = "" if master.get("gone") is True else str(master.get("unit_id", ""))
    found: list[Peer] = []
    for told in tables(member.get("peers"))[:MAX_PEERS]:
        unit_id, age_ms = str(told.get("unit_id")), older(told.get("age_ms"), by_ms)
        is_last_known = _is_last_known(member, told, ages.get(unit_id, age_ms), unit_id == master_id)
        peer = _peer(told, age_ms, unit_id == master_id, is_last_known, paths)
        found.append(replace(peer, loss_ppm=loss_ppm(member, unit_id)) if unit_id == master_id else peer)
    return sorted(found, key=lambda peer: peer.unit_id)


def _peer(told: Object, age_ms: int | None, is_master: bool, is_last_known: bool, paths: int) -> Peer:
    is_able = told.get("able") is True and not is_last_known
    is_busy = told.get("busy_for_ms") is not None
    ready = readiness_of(
        Backup(
            count(told.get("readiness")),
            unable="" if is_able or is_master or is_last_known else "it could not take over now, as far as is known here",
            busy_with=whole(told.get("acting_for")) if is_busy else None,
            is_attended=told.get("attended") is True,
            is_last_known=is_last_known,
            age_ms=age_ms,
            paths=paths,
            is_master=is_master,
        )
    )
    return Peer(told, str(told.get("unit_id")), age_ms, is_master, is_able, is_last_known, ready)


def _is_last_known(member: Object, told: Object, unit_age_ms: int | None, is_master: bool) -> bool:
    """Older than 2T (C-18); a backup speaks by beacons, and 3.5 of them may be longer than that."""
    limit_ms = 2 * count(member.get("takeover_timeout_us")) / 1000
    if not is_master:
        limit_ms = max(limit_ms, PEER_LIFE_BEACONS * beacon_interval_ns(count(told.get("advertisement_interval_ms"))) / MS)
    return unit_age_ms is None or unit_age_ms > limit_ms


def peer_columns(peer: Peer, by_ms: int) -> dict[str, Value]:
    """A row of the peer table."""
    told = peer.told
    return {
        "name": text(told.get("name"), 64),
        "unit_id": text(told.get("unit_id"), 16),
        "address": text(told.get("address"), 64),
        "priority": count(told.get("priority")),
        "designation": numbered(words.DESIGNATION, told.get("designation"), "main"),
        "advertisement_interval_ms": count(told.get("advertisement_interval_ms")),
        "readiness": min(count(told.get("readiness")), 255),
        "readiness_colour": peer.ready.colour,
        "able": peer.is_able,
        "age_ms": peer.age_ms,
        "last_known": peer.is_last_known,
        "acting_for": whole(told.get("acting_for")),
        "busy_for_ms": older(told.get("busy_for_ms"), by_ms),
        "config_revision": count(told.get("config_revision")),
        "in_sync": told.get("in_sync") is True,
        "loss_ppm": peer.loss_ppm,
    }
