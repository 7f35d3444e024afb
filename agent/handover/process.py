"""One handover process: its sides, put together. Every side runs in daemon threads; any of them may be without work."""

import threading
from pathlib import Path

from agent.handover.core_link import CoreLink
from agent.handover.desk import Desk, Tell
from agent.handover.housekeeping import Housekeeping
from agent.handover.knowledge import Knowledge
from agent.handover.service import Json, Service, Verb
from agent.handover.verbs_decision import Deciding
from agent.handover.verbs_edit import Editing
from agent.handover.verbs_pairing import Pairing
from agent.handover.verbs_show import Looking
from agent.handover.verbs_status import Telling
from agent.handover.wire_side import WireSide
from agent.ledger.ledger import Ledger
from agent.settings.model import Settings


class Process:
    """LedgerError, OSError: it cannot begin."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self._ledger = Ledger(settings.unit.data_dir / "ledger")
        self._knowledge = Knowledge(lambda: unit_id_of(settings.unit.data_dir))
        self.desk = Desk(settings, self._ledger, self._knowledge, tell)
        self._core = CoreLink(settings.run_dir / "core.sock", self._hear, tell)
        self._housekeeping = Housekeeping(self.desk, self._core.announce)
        self.desk.changed = self._housekeeping.changed
        self._wire = WireSide(self.desk, self._unit_id)
        self._service = Service(settings.run_dir / "config.sock", self._verbs())

    def start(self) -> None:
        """All threads. What is in force is told to core as soon as it is there."""
        for group in self.desk.groups():
            self.desk.changed(group)
        runs = {"core": self._core.run, "pruning": self._housekeeping.run, "service": self._service.run}
        for name, run in (runs | {"licence": self._housekeeping.watch_licence}).items():
            threading.Thread(target=run, name=name, daemon=True).start()

    def close(self) -> None:
        """No new work; what is being written is written whole, or not at all."""
        self._service.close()
        self._wire.close()
        self._ledger.close()

    def core_seen_s(self, now_s: float) -> float:
        """When core was there last, on the monotonic clock."""
        return now_s if self._core.is_connected else self._core.connected_at_s

    def _unit_id(self) -> str:
        return unit_id_of(self.desk.settings.unit.data_dir)

    def _verbs(self) -> dict[str, Verb]:
        pairing = Pairing(self.desk, self._wire, self._core.refresh)
        sides = (Looking(self.desk), Editing(self.desk), Deciding(self.desk, self._wire.choose), pairing)
        return Telling(self.desk, self._wire.status).verbs() | {name: of for side in sides for name, of in side.verbs().items()}

    def _hear(self, value: Json) -> None:
        """A packet of core."""
        group: int | None = None
        if isinstance(member := value.get("member"), dict):
            group = self._knowledge.take_member(member)
        elif isinstance(heard := value.get("heard"), dict):
            group = self._knowledge.take_heard(heard)
        if group is not None and group in self.desk.groups():
            self._wire.wake(group)
            self.desk.changed(group)


def unit_id_of(data_dir: Path) -> str:
    """16 hex digits, as core keeps them; nothing as long as core has never run here."""
    try:
        return f"{int((data_dir / 'unit_id').read_text().strip(), 16):016x}"
    except (OSError, ValueError):
        return ""
