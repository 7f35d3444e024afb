"""What follows a change: core is told at once; what the retention policy does not keep is pruned a little later."""

import threading
import time
from collections.abc import Callable

from agent.handover.announcement import packet_of, standing_of
from agent.handover.desk import Desk
from agent.handover.service import Json
from agent.ledger.errors import LedgerError
from agent.ledger.retention import Retention
from agent.settings.licence import LOOK_EVERY_S

PRUNE_AFTER_S = 5.0
PRUNE_EVERY_S = 60.0
"""A burst of edits is pruned once; pruning reads every row."""


class Housekeeping:
    """`announce`: to core."""

    def __init__(self, desk: Desk, announce: Callable[[Json], None]) -> None:
        self._desk, self._announce = desk, announce
        self._changed = threading.Event()
        self._is_told = False

    def changed(self, group: int) -> None:
        """Something about the group is different. Never raises: what calls this has done its work."""
        try:
            self._announce(packet_of(standing_of(self._desk, group)))
        except (LedgerError, ValueError) as error:
            self._desk.tell(f"core was not told of group {group}: {error}")
        self._changed.set()

    def run(self) -> None:
        """For ever; in a daemon thread."""
        while True:
            self._changed.wait()
            time.sleep(PRUNE_AFTER_S)
            self._changed.clear()
            self.prune()
            time.sleep(PRUNE_EVERY_S - PRUNE_AFTER_S)

    def watch_licence(self) -> None:
        """For ever; in a daemon thread. All groups are told anew when the licence says something else, or has ended."""
        before = self._desk.allowance.licence()
        while True:
            time.sleep(LOOK_EVERY_S)
            now = self._desk.allowance.licence()
            if now != before:
                self._desk.tell(now.problem or f"licence for {now.services} services")
                for group in self._desk.groups():
                    self.changed(group)
            before = now

    def prune(self) -> None:
        """By the settings; never what is in force, pinned, or one side of a question. A failing disk is told once."""
        settings = self._desk.settings.handover
        if settings is None:
            return
        try:
            self._desk.ledger.prune(Retention(settings.max_revisions, settings.max_bytes))
            self._is_told = False
        except LedgerError as error:
            if not self._is_told:
                self._desk.tell(f"old revisions were not pruned: {error}")
            self._is_told = True
