"""Every face of both units asked as quickly as it answers, from host x, for as long as wanted."""

import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from agent.model.smi import oid_of
from agent.model.tables import TABLE
from bench.native import compiled
from bench.snmp_requests import Cells, gets, packed
from tests.faces.unit import HTTPS_PORT, TOKEN, FacedUnit
from tests.netns.harness.unit import GROUP

BURST_S = 2.0
"""A load program lives so long; then the next one starts, so that a unit that comes back is loaded again."""
CONNECTIONS, WINDOW, REGISTERS, INPUT = 8, 8, 62, 4
_MEMBER = TABLE["member"]
CELLS = Cells(oid_of(_MEMBER, _MEMBER.columns[0], (0,))[:-2], range(2, 22), (GROUP,))


class FacesLoad:
    """`rates`: by face, answers a second of each burst to one of the units; bursts that found nobody do not count."""

    def __init__(self, units: list[FacedUnit]) -> None:
        self._units, self._stop = units, threading.Event()
        self.rates: dict[str, list[float]] = {"snmp": [], "modbus": [], "http": []}

    def __enter__(self) -> Self:
        places = [(unit, face) for unit in self._units for face in self.rates]
        self._threads = [threading.Thread(target=self._load, args=place) for place in places]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _load(self, unit: FacedUnit, face: str) -> None:
        words = ["ip", "netns", "exec", unit.lan.namespace("x"), *self._words(unit, face)]
        given = packed(gets(CELLS)) if face == "snmp" else b""
        while not self._stop.is_set():
            done = subprocess.run(words, input=given, capture_output=True, check=False, cwd=Path(__file__).parent.parent)
            if done.returncode == 0:
                self.rates[face].append(float(done.stdout.split()[0]))
            else:
                self._stop.wait(0.1)

    def _words(self, unit: FacedUnit, face: str) -> list[str]:
        first = GROUP_BASE + GROUP_STRIDE * GROUP
        words = {
            "snmp": (compiled("snmp_load"), unit.address, 161, WINDOW, BURST_S),
            "modbus": (compiled("modbus_load"), unit.address, 502, CONNECTIONS, INPUT, first, REGISTERS, BURST_S, 1),
            "http": (sys.executable, "-m", "bench.faces_http", unit.address, HTTPS_PORT, TOKEN, CONNECTIONS, BURST_S),
        }
        return [str(word) for word in words[face]]
