"""The side that speaks with other units."""

from agent.handover.desk import Desk
from agent.handover.disputes import Decision
from agent.handover.service import Json, VerbError
from agent.handover.verbs_pairing import NO_CERTIFICATE


class WireSide:
    def __init__(self, desk: Desk, unit_id: str) -> None:
        self._desk = desk

    def start(self) -> None: ...

    def close(self) -> None: ...

    def wake(self, group: int) -> None: ...

    def pair(self, group: int, address: str, unit_id: str, author: str) -> str:
        raise VerbError(NO_CERTIFICATE)

    def choose(self, decision: Decision, value: Json) -> Json:
        raise VerbError(NO_CERTIFICATE)

    def status(self) -> Json:
        settings = self._desk.settings.handover
        return {"certificate": None, "refused": {}, "port": settings.port if settings else None}
