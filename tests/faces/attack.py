"""Mutated requests to one face of a unit, from host x, until it is told to stop."""

import socket
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from random import Random

from tests.faces.mutations import mutated
from tests.faces.unit import FacedUnit
from tests.netns.harness.namespaces import socket_in

PATIENCE_S = 0.3
PAUSE_S = 0.002
"""So that one attack leaves room for the others."""
PATIENT_S = 40.0


class Attack(ABC):
    """Sends until it is told to stop. `sent`: how many mutated requests; `seed` makes it the same again."""

    def __init__(self, unit: FacedUnit, seed: int) -> None:
        self.unit, self.chance, self.sent = unit, Random(f"{type(self).__name__} {seed}"), 0

    def run(self, until_s: float, least: int) -> None:
        """Until then, and at least so many, however slow the machine is. To refuse and to cut is the unit's good right."""
        while (now_s := time.monotonic()) < until_s or (self.sent < least and now_s < until_s + PATIENT_S):
            with suppress(OSError):
                self.once()

    @abstractmethod
    def once(self) -> None:
        """One connection, or some datagrams."""

    def mutated(self, requests: tuple[bytes, ...]) -> bytes:
        self.sent += 1
        return mutated(self.chance, self.chance.choice(requests))

    def connect(self, port: int) -> socket.socket:
        made = socket_in(self.unit.lan.namespace("x"), socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(PATIENCE_S)
        made.connect((self.unit.address, port))
        return made
