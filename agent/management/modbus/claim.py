"""Against two writers at once: one Modbus client claims all writing, and others are told 06 until it has given that back.

It ends by itself 10 s after its holder's last write, so a controller that dies with the claim strands nobody. It concerns
Modbus clients only; a person at another face is held up by the arbiter alone.
"""

import time
from collections.abc import Callable

from agent.management.modbus.client import Client
from agent.management.modbus.codes import Code, Refused

CLAIM_S = 10.0


class Claim:
    """`number`: what the holder wrote, 1..65535; 0: free. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._holder: Client | None = None
        self._number = 0
        self._until_s = 0.0

    @property
    def number(self) -> int:
        return self._number if self._holder is not None and self._clock() < self._until_s else 0

    def left_s(self) -> int:
        """Whole seconds, rounded up; 0: nobody holds it."""
        return -int(-(self._until_s - self._clock()) // 1) if self.number else 0

    def demand(self, client: Client) -> None:
        """Refused (06) when another one holds it. The holder's time begins anew."""
        if not self.number:
            return
        if client is not self._holder:
            raise Refused(Code.BUSY)
        self._until_s = self._clock() + CLAIM_S

    def write(self, number: int, client: Client) -> None:
        """Claim it, or give it back with 0. The holder that had to connect again gets it back by its number. Refused (06)."""
        if not (self.number and number == self.number and self._holder is not None and client.seat == self._holder.seat):
            self.demand(client)
        self._holder, self._number = (client, number) if number else (None, 0)
        self._until_s = self._clock() + CLAIM_S
