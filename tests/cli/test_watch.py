"""`understudy watch` and `events --follow` beside the real stream of the HTTP face, on a real terminal and in a pipe."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agent.cli.picture import Picture
from agent.cli.stream import SOCKET, Event, Stream
from agent.cli.watch_screen import rendered
from agent.management.http.changes import MAX_CLIENTS
from agent.model.json_values import view_as_json
from agent.model.tables import TABLES
from agent.model.view import View
from tests.cli.fake_handover import run
from tests.http.server import Server, running
from tests.management.fakes import environment
from tests.model.sample import event_row, member_row, sample_view, with_row
from tests.settings.sample import SAMPLE


@dataclass
class Watched:
    """A unit's file, and the face that it is watched by."""

    file: Path
    server: Server

    def change(self, **values: Any) -> None:
        """Group 7 says this."""
        model = self.server.model
        self.server.does(lambda: model.advance(with_row(model.current, "member", (7,), **values)))

    def happens(self, number: int, text: str) -> None:
        """An event."""
        model = self.server.model
        rows = {**model.current.tables["event"], (number,): event_row(number, 7, text=text)}
        self.server.does(
            lambda: model.advance(replace(model.current, revision=0, tables={**model.current.tables, "event": rows}))
        )


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Watched]:
    file = tmp_path / "u.toml"
    file.write_text(SAMPLE)
    (tmp_path / "data" / "run").mkdir(parents=True)
    with running(tmp_path / "data" / "run") as server:
        yield Watched(file, server)


class Terminal:
    """What is on it, and a keyboard. 80 columns, 24 lines."""

    def __init__(self, *arguments: str | Path) -> None:
        self._leader, follower = pty.openpty()
        command = ["setsid", "--ctty", sys.executable, "-m", "agent", *map(str, arguments)]
        env = environment(COLUMNS="80", LINES="24", TERM="xterm")
        self.process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=env)
        os.close(follower)
        self.raw = ""

    def until(self, pattern: str, limit_s: float = 30) -> str:
        """Wait until this is shown, from what was not looked at yet; what was shown until then."""
        until_s, seen = time.monotonic() + limit_s, ""
        while not re.search(pattern, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen)):
            assert time.monotonic() < until_s, f"{pattern!r} was not shown: {seen!r}"
            seen += self._read(0.1)
        self.raw += seen
        return seen

    def _read(self, wait_s: float) -> str:
        """What came within that time; nothing when the other end has hung up."""
        if select.select([self._leader], [], [], wait_s)[0]:
            with suppress(OSError):
                return os.read(self._leader, 65536).decode(errors="replace")
        return ""

    def type(self, keys: str) -> None:
        os.write(self._leader, keys.encode())

    def end(self) -> int:
        """How it ended; what it said until then is in `raw`."""
        until_s = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < until_s:
            self.raw += self._read(0.05)
        while piece := self._read(0):
            self.raw += piece
        return self.process.wait(1)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._leader)


@contextmanager
def terminal(*arguments: str | Path) -> Iterator[Terminal]:
    """Until the end of the block."""
    made = Terminal(*arguments)
    try:
        yield made
    finally:
        made.close()


def test_watch_redraws_on_a_change_and_ends_with_q(unit: Watched) -> None:
    """D-28, D-43: what changes is on the screen at once, with its reasons; the terminal is as it was afterwards."""
    with terminal("watch", "-c", unit.file) as shown:
        shown.until(r"(?s)unit rx-a.*last events")
        unit.change(role=3, locked=True, readiness_colour=2, readiness=40)
        shown.until(r"backup.*yellow 40.*LOCKED")
        shown.type("x")
        shown.type("q")
        assert shown.end() == 0
        assert "\x1b[?1049l" in shown.raw  # the screen that was there before
        assert "\x1b[?25h" in shown.raw[-40:]  # and its cursor


@pytest.mark.parametrize("way", ["\x03", "SIGTERM"])
def test_watch_ends_by_a_signal_and_leaves_the_terminal_as_it_was(unit: Watched, way: str) -> None:
    with terminal("watch", "-c", unit.file) as shown:
        shown.until(r"q ends")
        if way == "SIGTERM":
            shown.process.send_signal(signal.SIGTERM)
        else:
            shown.type(way)
        assert shown.end() == 130
        assert "\x1b[?1049l" in shown.raw
        assert "Traceback" not in shown.raw


def test_watch_says_when_management_is_away_and_when_it_is_back(unit: Watched) -> None:
    """C-18: what is shown is marked as old."""
    with terminal("watch", "-c", unit.file) as shown:
        shown.until(r"q ends")
        unit.server.stop_now()
        shown.until(r"NOT OF NOW: management is away")
        with running(unit.file.parent / "data" / "run") as again:
            again.does(lambda: again.model.advance(with_row(again.model.current, "member", (7,), priority=33)))
            shown.until(r"main +master +33 ")
        shown.type("q")
        assert shown.end() == 0


def test_watch_in_a_pipe_prints_lines(unit: Watched) -> None:
    """What is, then each change; ages alone are no news."""
    command = [sys.executable, "-m", "agent", "watch", "-c", str(unit.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "group 7: master (main), priority 254, T 3.008 s, master rx-a, green 255\n"
        assert process.stdout.readline().startswith("WARNING group 7: interval_mismatch")
        unit.change(lease_remaining_ms=1)
        unit.change(role=3, readiness_colour=1, readiness=0)
        assert "backup (main)" in process.stdout.readline()
        unit.happens(4, "handed over")
        assert process.stdout.readline().endswith("transition claiming → master: handed over\n")
        unit.server.does(lambda: unit.server.model.advance(_without_alarms(unit.server.model.current)))
        assert process.stdout.readline().startswith("over: WARNING group 7")
        unit.server.stop_now()
        assert "NOT OF NOW" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def _without_alarms(view: View) -> View:
    return replace(view, revision=0, tables={**view.tables, "alarm": {}})


def test_watch_as_json_lines(unit: Watched) -> None:
    command = [sys.executable, "-m", "agent", "watch", "--json", "-c", str(unit.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = json.loads(process.stdout.readline())
        assert (first["what"], first["row"]["group"]) == ("member", 7)
        process.terminate()


def test_events_are_followed_across_a_restart_of_management(unit: Watched) -> None:
    command = [sys.executable, "-m", "agent", "events", "--follow", "--limit", "1", "-c", str(unit.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("3  2026-01-02T")
        unit.happens(4, "fourth")
        assert process.stdout.readline().endswith("fourth\n")
        unit.server.stop_now()
        assert "trying again" in process.stderr.readline()
        with running(unit.file.parent / "data" / "run") as again:
            other = Watched(unit.file, again)
            assert process.stderr.readline() == "connected again\n"
            assert [process.stdout.readline()[:1] for _ in range(3)] == ["1", "2", "3"]  # another life: numbers began anew
            other.happens(4, "of another life")
            assert process.stdout.readline().endswith("of another life\n")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def picture_of(view: View) -> Picture:
    """As the stream would have painted it."""
    picture = Picture()
    picture.take(Event("view", view_as_json(view, TABLES, view.made_at_ns)))
    return picture


def lines_of(picture: Picture, width: int, height: int) -> list[str]:
    from rich.console import Console

    console = Console(width=width, height=height, file=open(os.devnull, "w"), record=True)  # noqa: SIM115, PTH123
    console.print(rendered(picture, width, height))
    return console.export_text().splitlines()


@pytest.mark.parametrize("groups", [1, 5, 255])
def test_it_fits_into_80_columns_and_24_lines(groups: int) -> None:
    lines = lines_of(picture_of(sample_view(range(groups), peers=2)), 80, 24)
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "WARNING group 0: interval_mismatch" in text
    assert ("more groups" in text) == (groups == 255)
    assert len([line for line in lines if "transition" in line]) == 3


def test_everything_that_an_operator_needs_is_said() -> None:
    """Z-38, D-26, C-18: the running operation, maintenance with its owner, reasons, peers with their age."""
    more = {"operation_phase": 2, "operation_verb": 2, "operation_author": "ann (cli)", "operation_text": "asked rx-b"}
    view = with_row(sample_view((7,)), "member", (7,), **more, maintenance=True, maintenance_owner="bob", readiness_colour=2)
    view = with_row(with_row(view, "reason", (7, 0, 1), text="the LAN has one path"), "peer", (7, 1), last_known=True)
    text = "\n".join(lines_of(picture_of(view), 100, 40))
    assert "group 7: set_master by ann (cli) runs for" in text
    assert "group 7: maintenance by bob" in text
    assert "group 7: yellow: the LAN has one path" in text
    assert "group 7: peer rx-b, priority 253, yellow 255, able, 0.12 s ago, last known" in text
    assert "MAINTENANCE" in text


def test_a_picture_follows_changes_and_removals() -> None:
    picture = picture_of(sample_view((7, 8)))
    changed = {"member": [{"group": 7, "role": "off"}], "unit": [{"name": "rx-z"}]}
    picture.take(Event("change", {"stale": True, "changed": changed, "removed": {"member": [{"group": 8}]}}))
    assert [row["role"] for row in picture.rows("member")] == ["off"]
    assert (picture.unit["name"], picture.is_stale) == ("rx-z", True)
    picture.take(Event("change", {"changed": {"member": 5}, "removed": [], "age_ms": "x"}))
    assert len(picture.rows("member")) == 1
    assert member_row(7)


def test_where_too_many_follow_already_the_remedy_is_not_to_start_an_agent(unit: Watched) -> None:
    """Issue 4: the true sentence, and the exit code of what is busy."""
    with ExitStack() as stack:
        for _ in range(MAX_CLIENTS):
            stack.callback(Stream(unit.file.parent / "data" / "run" / SOCKET, ("unit",)).close)
        for command in (["watch", "--plain"], ["events", "--follow"]):
            ended = run(*command, "-c", unit.file)
            said = f"{MAX_CLIENTS} clients follow the changes already. End one of them, or poll GET /api/v1/view."
            assert (ended.returncode, ended.stderr.strip()) == (4, said)
