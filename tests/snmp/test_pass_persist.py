"""Behind Debian's snmpd: `understudy snmp-pass` as its pass_persist child; net-snmp's tools (S-32, C-17)."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.model.answers import Answer, Denial, Verb
from agent.model.smi import DEFAULT_ROOT, oid_of
from agent.model.tables import TABLE
from tests.model.fake import FakeModel
from tests.model.sample import sample_view, with_row
from tests.snmp.control_of_fake import control_of
from tests.snmp.trap_receiver import free_port

ENVIRONMENT = {"MIBS": "", "MIBDIRS": "", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
SETTINGS = """
[unit]
name = "rx-a"
data_dir = "{data_dir}"
[lan]
interface = "lo"
[[member]]
group = 7
designation = "main"
priority = 200
device = "rx"
[device.rx]
driver = "none"
[snmp]
listen = false
"""


def oid(table: str, column: str, *index: int) -> str:
    """With dots."""
    return "." + ".".join(map(str, oid_of(TABLE[table], TABLE[table].column(column), index)))


class Snmpd:
    """`ask`: one of net-snmp's tools against it; what it printed."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, tool: str, *arguments: str) -> str:
        command = [tool, "-v2c", "-c", "rw", "-t", "5", "-r", "0", "-Onqe", "-Ih", f"127.0.0.1:{self._port}", *arguments]
        done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
        return (done.stdout + done.stderr).decode().strip()


@contextmanager
def snmpd(directory: Path) -> Iterator[Snmpd]:
    """With the unit's tables below the root; it answers when this yields."""
    (directory / "understudy.toml").write_text(SETTINGS.format(data_dir=directory / "data"))
    child = directory / "child.sh"
    child.write_text(f"#!/bin/sh\nexec {sys.executable} -m agent snmp-pass -c {directory / 'understudy.toml'}\n")
    child.chmod(0o755)
    root = "." + ".".join(map(str, DEFAULT_ROOT))
    config = directory / "snmpd.conf"
    config.write_text(f"rwcommunity rw 127.0.0.1\npass_persist {root} {child}\n")
    port = free_port()
    command = ["snmpd", "-f", "-Le", "-C", "-c", str(config), "-I", "pass_persist", "-r", f"udp:127.0.0.1:{port}"]
    environment = ENVIRONMENT | {"SNMP_PERSISTENT_DIR": str(directory / "snmpd")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, cwd=Path(__file__).parents[2]) as process:
        try:
            assert process.stderr is not None
            while (line := process.stderr.readline()) and b"NET-SNMP version" not in line:
                pass
            yield Snmpd(port)
        finally:
            process.kill()


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[tuple[FakeModel, Snmpd]]:
    """snmpd in front of a model with group 7."""
    model = FakeModel(sample_view())
    with control_of(model, tmp_path / "data" / "run" / "control.sock"), snmpd(tmp_path) as daemon:
        yield model, daemon


def test_every_object_is_there_to_get_and_to_walk(unit: tuple[FakeModel, Snmpd]) -> None:
    """S-32: the same tables as with our own agent, texts byte for byte, numbers in their types."""
    model, daemon = unit
    model.advance(with_row(model.view(), "member", (7,), withheld='a "quoted"\nline, and µ'))
    assert daemon.ask("snmpget", oid("member", "priority", 7)) == f"{oid('member', 'priority', 7)} 254"
    assert daemon.ask("snmpget", oid("unit", "name")) == f'{oid("unit", "name")} "rx-a"'
    text = daemon.ask("snmpget", "-Ox", oid("member", "withheld", 7)).partition(" ")[2]
    assert bytes.fromhex(text.strip('" \n').replace(" ", "")).decode() == 'a "quoted"\nline, and µ'
    assert "No Such" in daemon.ask("snmpget", oid("member", "priority", 8))
    walked = daemon.ask("snmpwalk", "." + ".".join(map(str, DEFAULT_ROOT))).splitlines()
    names = [line.split(" ")[0] for line in walked if line.startswith(".1.3") and "No more" not in line]
    assert names == sorted(set(names), key=lambda name: tuple(map(int, name.strip(".").split("."))))
    cells = sum(len(rows) * len(TABLE[name].columns) for name, rows in model.view().tables.items())
    assert len(names) == cells


def test_a_set_is_done_or_says_why_not(unit: tuple[FakeModel, Snmpd]) -> None:
    """C-17: each refusal has its own error."""
    model, daemon = unit
    priority, interval = oid("member", "priority", 7), oid("member", "advertisement_interval_ms", 7)
    assert daemon.ask("snmpset", priority, "u", "200") == f"{priority} 200"
    assert [change.value for changes, _, _ in model.changed for change in changes] == [200]
    assert daemon.ask("snmpget", priority).endswith(" 200")
    assert "wrongValue" in daemon.ask("snmpset", priority, "u", "0")
    assert "wrongType" in daemon.ask("snmpset", priority, "s", "12")
    assert "notWritable" in daemon.ask("snmpset", oid("member", "role", 7), "i", "5")
    assert "notWritable" in daemon.ask("snmpset", oid("member", "priority", 9), "u", "5"), (
        "snmpd's own word for what is not there"
    )
    model.refusals["advertisement_interval_ms"] = Answer(Denial.CONFLICT, "locked")
    assert "inconsistentValue" in daemon.ask("snmpset", interval, "u", "500")
    model.refusals["advertisement_interval_ms"] = Answer(Denial.BUSY, "another")
    assert "resourceUnavailable" in daemon.ask("snmpset", interval, "u", "500")
    reason = oid("member", "command_reason", 7)
    assert daemon.ask("snmpset", reason, "s", "drill, by hand") == f'{reason} "drill, by hand"'


def test_a_switchback_by_set(unit: tuple[FakeModel, Snmpd]) -> None:
    """S-25: the command object takes the verb, and reads noAction."""
    model, daemon = unit
    command = oid("member", "command", 7)
    assert "Error" not in daemon.ask("snmpset", command, "i", str(int(Verb.SET_MASTER)))
    assert [order.verb for order, _, _ in model.orders] == [Verb.SET_MASTER]
    model.refusals[Verb.OFF] = Answer(Denial.NOT_ALLOWED, "no")
    assert "noAccess" in daemon.ask("snmpset", command, "i", str(int(Verb.OFF)))
    assert daemon.ask("snmpget", command) == f"{command} 1"


def test_while_the_agent_is_away_there_is_nothing_and_no_waiting(tmp_path: Path) -> None:
    """It comes back by itself when the agent does."""
    model, socket = FakeModel(sample_view()), tmp_path / "data" / "run" / "control.sock"
    name = oid("unit", "name")
    with snmpd(tmp_path) as daemon:
        began_s = time.monotonic()
        assert "No Such" in daemon.ask("snmpget", name)
        assert "No Such" in daemon.ask("snmpget", name)
        assert time.monotonic() - began_s < 4.0
        with control_of(model, socket):
            assert _until(daemon, name, "rx-a")
        assert _until(daemon, name, "No Such")
        with control_of(model, socket):
            assert _until(daemon, name, "rx-a")


def _until(daemon: Snmpd, name: str, wanted: str) -> bool:
    """Does it say that within 10 s?"""
    until_s = time.monotonic() + 10
    while wanted not in (said := daemon.ask("snmpget", name)) and time.monotonic() < until_s:
        time.sleep(0.05)
    return wanted in said


def test_255_groups_are_walked_in_reasonable_time(tmp_path: Path) -> None:
    """A table of one column, as managers ask for; management is asked a few times, not once an object."""
    model = FakeModel(sample_view(range(255)))
    with control_of(model, tmp_path / "data" / "run" / "control.sock") as asked, snmpd(tmp_path) as daemon:
        began_s = time.monotonic()
        roles = daemon.ask("snmpbulkwalk", oid("member", "role")).splitlines()
        took_s = time.monotonic() - began_s
    assert len(roles) == 255
    assert len(asked) <= 5
    assert took_s < 10.0, "0.3 s on a quiet machine"
