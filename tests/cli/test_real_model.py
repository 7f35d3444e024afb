"""The command line and curl beside a real management process: what one sets the other sees, and all of it is in the audit."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fake_handover import run
from tests.http.server import Reply, curl
from tests.management.fakes import Unit, eventually, running_unit


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    """Management and a fake core."""
    with running_unit(tmp_path_factory.mktemp("unit")) as running:
        eventually((running.settings.run_dir / "http.sock").exists)
        yield running


def told(unit: Unit, *arguments: str) -> str:
    """What a command printed; it must succeed."""
    ended = run(*arguments, "-c", unit.file)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def http(unit: Unit, path: str, *arguments: str) -> Reply:
    return curl("--unix-socket", str(unit.settings.run_dir / "http.sock"), f"http://localhost{path}", *arguments)


def send(unit: Unit, method: str, path: str, body: object) -> Reply:
    return http(unit, path, "-X", method, "-H", "Content-Type: application/json", "-d", json.dumps(body))


def test_what_is_set_here_is_seen_there(unit: Unit) -> None:
    """S-03: priority by the command line, read by curl; preempt by curl, read by the command line."""
    told(unit, "set", "7", "priority=200", "--reason", "night shift")
    assert http(unit, "/api/v1/members/7").json["member"]["priority"] == 200
    reply = send(unit, "PATCH", "/api/v1/members/7", {"return_policy": "manual", "maintenance_minutes": 5})
    assert reply.status == 200, reply.json
    origin = told(unit, "config", "show", "7", "--origin")
    assert any(line.split()[:3] == ["member.7.maintenance_minutes", "5", "runtime"] for line in origin.splitlines())


def test_a_locked_group_refuses_orders_on_every_face_with_the_reason(unit: Unit) -> None:
    """D-49, D-50, C-17"""
    told(unit, "lock", "7", "--reason", "race on air")
    ended = run("set-master", "7", "-c", unit.file)
    assert (ended.returncode, "race on air" in ended.stderr) == (3, True)
    reply = send(unit, "POST", "/api/v1/members/7/commands", {"verb": "set_master"})
    assert (reply.status, "race on air" in reply.json["detail"]) == (409, True)
    assert "LOCKED" in told(unit, "status")
    told(unit, "unlock", "7")
    assert send(unit, "POST", "/api/v1/members/7/commands", {"verb": "set_master"}).status == 200
    told(unit, "set-master", "7", "--reason", "test of the reason")


def test_maintenance_shows_its_owner_and_its_end(unit: Unit) -> None:
    told(unit, "maintenance", "7", "on", "--for", "90m", "--reason", "amplifier")
    shown = " ".join(told(unit, "status").split())
    assert "maintenance by" in shown
    assert "until 20" in shown
    assert "amplifier" in shown
    told(unit, "maintenance", "7", "off")
    assert "maintenance by" not in " ".join(told(unit, "status").split())


def test_everything_is_in_the_audit_and_verifies(unit: Unit) -> None:
    told(unit, "lock", "7", "--reason", "for the audit")
    told(unit, "unlock", "7")
    assert "7.locked off → on" in told(unit, "audit")
    assert "for the audit" in told(unit, "audit")
    entries = http(unit, "/api/v1/audit").json["audit"]
    assert {"cli"} <= {entry.get("face") for entry in entries}
    assert told(unit, "audit", "verify").startswith("done: ")


def test_watch_sees_a_command_of_another_face(unit: Unit) -> None:
    """D-44"""
    command = [sys.executable, "-m", "agent", "watch", "-c", str(unit.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("group 7: backup (main)")
        send(unit, "PATCH", "/api/v1/members/7", {"locked": True})
        while "LOCKED" not in (line := process.stdout.readline()):
            assert line, "it ended"
        process.terminate()
    told(unit, "unlock", "7")


def test_the_documents_are_served_while_core_is_silent(unit: Unit) -> None:
    """C-18: stale is said, and a load balancer goes elsewhere."""
    assert http(unit, "/-/ready").status == 200
    unit.core.is_mute = True
    try:
        eventually(lambda: http(unit, "/-/ready").status == 503)
        assert http(unit, "/api/v1/unit").json["stale"] is True
        assert http(unit, "/-/role/7").status == 503
        assert http(unit, "/-/healthy").status == 200
    finally:
        unit.core.is_mute = False
    eventually(lambda: http(unit, "/-/ready").status == 200)


def test_nothing_was_wrong_with_the_face(unit: Unit) -> None:
    assert "http:" not in unit.told()
    assert Path(unit.settings.run_dir / "http.sock").is_socket()
