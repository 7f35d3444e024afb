"""The verb status: every group with its head, how tracking stands, how ready this unit is; certificate and refusals."""

from collections.abc import Callable

from agent.handover.announcement import standing_of
from agent.handover.asked import shown
from agent.handover.desk import Desk
from agent.handover.service import Json, Request, Verb


class Telling:
    """`of_transport`: certificate, refused, port, port_problem."""

    def __init__(self, desk: Desk, of_transport: Callable[[], Json]) -> None:
        self._desk, self._of_transport = desk, of_transport

    def verbs(self) -> dict[str, Verb]:
        """By name."""
        return {"status": self._status}

    def _status(self, _request: Request) -> Json:
        return {"groups": [self._group(group) for group in self._desk.groups()]} | self._of_transport()

    def _group(self, group: int) -> Json:
        desk, standing = self._desk, standing_of(self._desk, group)
        return {
            "group": group,
            "head": shown(standing.head, desk) if standing.head else None,
            "schema": desk.schema(group).name,
            "tracking": self._tracking(group),
            "paired": bool(desk.records.partners(group)) or desk.is_pool(group),
            "partners": sorted(desk.records.partners(group)),
            "readiness": standing.readiness.value,
            "reasons": list(standing.readiness.reasons),
            "pending": standing.pending[0] if standing.pending else None,
            "rank": standing.facts.rank,
            "needed_capacity": standing.facts.needed_capacity,
            "capacity": standing.capacity,
        }

    def _tracking(self, group: int) -> Json:
        track = self._desk.track(group)
        is_master = self._desk.knowledge.is_master(group)
        return {
            "state": "local" if is_master else track.state,
            "master": self._desk.name if is_master else track.master,
            "address": "" if is_master else track.address,
            "lag_ms": track.lag_ms,
            "done_bytes": track.done_bytes,
            "total_bytes": track.total_bytes,
            "text": "" if is_master else track.why,
        }
