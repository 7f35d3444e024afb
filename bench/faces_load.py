"""Every face of both units asked as quickly as it answers, from host x, for as long as wanted."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from bench.faces_cells import CELLS
from bench.native import compiled
from bench.snmp_requests import gets, packed
from tests.faces.unit import HTTPS_PORT, PASSPHRASE, TOKEN, USER, FacedUnit
from tests.netns.harness.unit import GROUP

BURST_S = 2.0
"""A load program lives so long; then the next one starts, so that a unit that comes back is loaded again."""
CONNECTIONS, WINDOW, V3_WINDOW, REGISTERS, INPUT = 8, 8, 2, 62, 4
V3_LIFE_S = 60.0
"""So long requests of SNMPv3 are used: the agent's clock is in them."""


class FacesLoad:
    """`rates`: by face, answers a second of each burst to one of the units; bursts that found nobody do not count."""

    def __init__(self, units: list[FacedUnit]) -> None:
        self._units, self._stop = units, threading.Event()
        self.rates: dict[str, list[float]] = {"snmp": [], "snmp v3": [], "modbus": [], "http": [], "cli": []}

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
        given, made_at_s = b"", 0.0
        while not self._stop.is_set():
            if not given or time.monotonic() - made_at_s > V3_LIFE_S:
                given, made_at_s = self._given(unit, face), time.monotonic()
            done = self._run(unit, self._words(unit, face), given)
            if done.returncode == 0:
                self.rates[face].append(float(done.stdout.split()[0]))
            else:
                given = b""
                self._stop.wait(0.1)

    def _run(self, unit: FacedUnit, words: list[str], given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        inside = ["ip", "netns", "exec", unit.lan.namespace("x"), *words]
        return subprocess.run(inside, input=given, capture_output=True, check=False, cwd=Path(__file__).parent.parent)

    def _given(self, unit: FacedUnit, face: str) -> bytes:
        """What the load program reads."""
        if face == "snmp":
            return packed(gets(CELLS))
        if face == "snmp v3":
            return self._run(unit, [sys.executable, "-m", "bench.faces_v3", unit.address, USER, PASSPHRASE]).stdout
        return b""

    def _words(self, unit: FacedUnit, face: str) -> list[str]:
        first = GROUP_BASE + GROUP_STRIDE * GROUP
        snmp = (compiled("snmp_load"), unit.address, 161)
        words: dict[str, tuple[object, ...]] = {
            "snmp": (*snmp, WINDOW, BURST_S),
            "snmp v3": (*snmp, V3_WINDOW, BURST_S),
            "modbus": (compiled("modbus_load"), unit.address, 502, CONNECTIONS, INPUT, first, REGISTERS, BURST_S, 1),
            "http": (sys.executable, "-m", "bench.faces_http", unit.address, HTTPS_PORT, TOKEN, CONNECTIONS, BURST_S),
            "cli": (
                sys.executable,
                "-m",
                "bench.faces_cli",
                unit.settings_file,
                Path(unit.directory, "run", "control.sock"),
                BURST_S,
            ),
        }
        return [str(word) for word in words[face]]
