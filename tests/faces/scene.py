"""The usual scene with units that have every face, a manager on host x, and its snmptrapd."""

import os
import subprocess
from collections.abc import Callable
from typing import Any

from tests.faces.manager import Manager
from tests.faces.unit import PASSPHRASE, TRAP_PORT, USER, FacedUnit
from tests.management.fakes import eventually
from tests.netns.harness.analysis import gap_ms
from tests.netns.harness.lan import Lan
from tests.netns.harness.namespaces import inside
from tests.netns.harness.scene import Scene
from tests.netns.harness.stream import Stream
from tests.netns.harness.tap import Tap
from tests.netns.harness.unit import keygen
from tests.snmp.trap_receiver import Got, Receiver

START_S = 60.0


class FacesScene(Scene):
    """a is master, b its backup; x manages both by all faces. `traps`: what x's snmptrapd has got."""

    units: dict[str, FacedUnit]  # type: ignore[assignment]

    def __init__(self, interval: float = 0.5, may_x_write: bool = True) -> None:
        super().__init__(interval)
        self._may_x_write = may_x_write

    def build(self) -> None:
        self.lan = self._stack.enter_context(Lan(("a", "b", "x", "src")))
        key_file = self.lan.directory / "lan.key"
        self.key = keygen(key_file)
        self.x = Manager(self.lan)
        faces: dict[str, Any] = {"trap_to": self.lan.address("x"), "may_managers_write": self._may_x_write}
        self.fa = FacedUnit(self.lan, "a", 254, self.interval, key_file=key_file, **faces)
        self.fb = FacedUnit(self.lan, "b", 253, self.interval, designation="reserve", key_file=key_file, **faces)
        self.a, self.b = self.fa, self.fb
        self._stack.callback(self.a.kill)
        self._stack.callback(self.b.kill)
        self.units = {"a": self.fa, "b": self.fb}
        self.tap = self._stack.enter_context(Tap.redundancy(self.lan, ("a", "b")))
        self.output = self._stack.enter_context(Tap.output(self.lan, ("a", "b"), snap=64))
        self._stack.enter_context(Stream(self.lan, self.rate))

    def settle(self) -> None:
        super().settle()
        for host in self.units:
            self.wait_until_served(host)
        self.traps = self._start_trap_receiver()

    def wait_until_served(self, host: str) -> None:
        """Faces come a second after the core."""
        eventually(lambda: self.is_served(self.units[host]), START_S)

    def is_served(self, unit: FacedUnit) -> bool:
        """By every face."""
        return (
            "Timeout" not in self.x.snmp("snmpget", unit, "1.3.6.1.2.1.1.1.0").text
            and self.x.mbpoll(unit, 3, 0).exit_code == 0
            and self.x.http(unit, "GET", "-/healthy")[0] == 200
            and "understudy_up 1" in self.x.scrape(unit).text
        )

    def view(self, unit: FacedUnit) -> dict[str, Any]:
        """Of one moment, as the HTTP face has it."""
        status, view = self.x.http(unit, "GET", "api/v1/view")
        assert status == 200, view
        return view

    def _start_trap_receiver(self) -> Receiver:
        config = self.lan.directory / "snmptrapd.conf"
        users = [
            f"createUser -e 0x{unit.engine_id} {USER} SHA-256 {PASSPHRASE!r} AES {PASSPHRASE!r}" for unit in self.units.values()
        ]
        config.write_text("\n".join([f"authUser log {USER} priv", *users, "format2 GOT %v\\n", ""]))
        words = ["snmptrapd", "-f", "-n", "-Le", "-C", "-c", str(config), "-Onqet", f"udp:{self.lan.address('x')}:{TRAP_PORT}"]
        environment = os.environ | {"MIBS": "", "SNMP_PERSISTENT_DIR": str(self.lan.directory / "snmptrapd")}
        with inside(self.lan.namespace("x")):
            process = subprocess.Popen(words, stderr=subprocess.PIPE, env=environment)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        assert process.stderr
        receiver = Receiver(process.stderr)
        while not any("NET-SNMP version" in line for line in receiver.lines):
            assert receiver.read(10), "snmptrapd does not start"
        return receiver

    def trap(self, what: str, is_it: Callable[[Got], bool], limit_s: float = 10) -> Got:
        """The first such trap."""
        found: list[Got] = []

        def has_come() -> bool:
            self.traps.read(0.1)
            found.extend(got for got in self.traps.got if is_it(got))
            return bool(found)

        eventually(has_come, limit_s)
        assert found, f"{what} has not come: {self.traps.got}"
        return found[0]

    def gap_ms(self, old: str, new: str, since_ns: int) -> float:
        """Of the output, at the change from one unit to the other."""
        return gap_ms(self.sent(since_ns), old, new)
