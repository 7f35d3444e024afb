"""The other units of a group, as rows, and what they make of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.engine.timing import MS, PEER_LIFE_BEACONS, beacon_interval_ns
from agent.management.viewer_read import Object, count, numbered, older, table, tables, text, whole
from agent.management.viewer_ready import Backup, Ready, readiness_of
from agent.management.viewer_telling import Telling
from agent.management.viewer_timing import loss_ppm
from agent.model import words
from agent.model.kinds import Value

MAX_PEERS = 64
"""Of one group."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One of a group. `moving`: see moving_peer_columns; its age is that of its last word in the group."""

    told: Object
    unit_id: str
    moving: Mapping[str, int | None]
    is_master: bool
    is_able: bool
    is_last_known: bool
    ready: Ready


def unit_ages(members: Iterable[Object], by_ms: int) -> dict[str, int]:
    """By unit id: since its last word in any group; one with many seats lets its beacons take turns."""
    ages: dict[str, int] = {}
    for member in members:
        for peer in tables(member.get("peers")):
            unit_id, age_ms = str(peer.get("unit_id")), older(peer.get("age_ms"), by_ms)
            if age_ms is not None and age_ms < ages.get(unit_id, age_ms + 1):
                ages[unit_id] = age_ms
    return ages


def peers_of(telling: Telling, ages: Mapping[str, int], paths: int) -> list[Peer]:
    """Of one group, by unit id: its order is not that of who spoke last. `ages`: see unit_ages."""
    return sorted((_peer(telling, told, ages, paths) for told in told_peers(telling)), key=lambda peer: peer.unit_id)


def told_peers(telling: Telling) -> Sequence[Object]:
    """As core tells them, MAX_PEERS at most."""
    return tables(telling.member.get("peers"))[:MAX_PEERS]


def _peer(telling: Telling, told: Object, ages: Mapping[str, int], paths: int) -> Peer:
    moving, is_master = moving_peer_columns(telling, told), _is_its_master(telling, told)
    is_silent = is_last_known(telling, told, ages)
    is_able = told.get("able") is True and not is_silent
    is_busy = told.get("busy_for_ms") is not None
    ready = readiness_of(
        Backup(
            count(told.get("readiness")),
            unable="" if is_able or is_master or is_silent else "it could not take over now, as far as is known here",
            busy_with=whole(told.get("acting_for")) if is_busy else None,
            is_attended=told.get("attended") is True,
            is_last_known=is_silent,
            age_ms=moving["age_ms"],
            paths=paths,
            is_master=is_master,
        )
    )
    return Peer(told, str(told.get("unit_id")), moving, is_master, is_able, is_silent, ready)


def _is_its_master(telling: Telling, told: Object) -> bool:
    master = table(telling.member.get("master"))
    return master.get("gone") is not True and str(told.get("unit_id")) == str(master.get("unit_id", ""))


def is_last_known(telling: Telling, told: Object, ages: Mapping[str, int]) -> bool:
    """Older than 2T (C-18); a backup speaks by beacons, and 3.5 of them may be longer than that."""
    age_ms = ages.get(str(told.get("unit_id")))
    limit_ms = 2 * count(telling.member.get("takeover_timeout_us")) / 1000
    if not _is_its_master(telling, told):
        limit_ms = max(limit_ms, PEER_LIFE_BEACONS * beacon_interval_ns(count(told.get("advertisement_interval_ms"))) / MS)
    return age_ms is None or age_ms > limit_ms


def moving_peer_columns(telling: Telling, told: Object) -> dict[str, int | None]:
    """Those of its row that are others a moment later while nothing happens (viewer_calm.py)."""
    is_master = _is_its_master(telling, told)
    return {
        "age_ms": older(told.get("age_ms"), telling.by_ms),
        "loss_ppm": loss_ppm(telling.member, str(told.get("unit_id"))) if is_master else None,
    }


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
        **peer.moving,
        "last_known": peer.is_last_known,
        "acting_for": whole(told.get("acting_for")),
        "busy_for_ms": older(told.get("busy_for_ms"), by_ms),
        "config_revision": count(told.get("config_revision")),
        "in_sync": told.get("in_sync") is True,
    }
