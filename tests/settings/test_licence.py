"""A licence file (Z-10, Z-11), and how many services a unit may carry (C-15)."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from agent.settings.check import check
from agent.settings.licence import LOOK_EVERY_S, Allowance, Licence, read_licence
from agent.settings.load import parse_settings
from agent.settings.model import DeviceSettings, Settings
from tests.settings.sample import parse

TODAY = date(2027, 1, 31)


def settings_with(directory: Path, lines: str) -> Settings:
    return parse(extra=f"[handover]\n{lines}\n", path=directory / "understudy.toml")


@pytest.mark.parametrize(
    "text", ["services = 8", "services = 8\nuntil = 2027-01-31", 'services = 8\nunit = "rx-a"\nuntil = 2030-01-01\n']
)
def test_a_good_licence(tmp_path: Path, text: str) -> None:
    """Z-11: that day included, for this unit or for any."""
    path = tmp_path / "licence.toml"
    path.write_text(text)
    assert read_licence(path, "rx-a", TODAY) == Licence(8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services = 8\nuntil = 2027-01-30", "ended on 2027-01-30"),
        ('services = 8\nunit = "rx-b"', 'is for unit "rx-b", and this is "rx-a"'),
        ("", "services = N"),
        ("services = 0", "services = N"),
        ("services = true", "services = N"),
        ("services = 1001", "services = N"),
        ('services = 8\nuntil = "2027-01-31"', "until (a date"),
        ("services = 8\nuntil = 2027-01-31T10:00:00", "until (a date"),
        ("services = 8\ngroups = 3", "has more than"),
        ("services = 8\nunit = 7", "unit (a text)"),
        ("services", "is no TOML"),
        ("x = " + "[" * 5000, "is no TOML"),
        ("\x00", "is no TOML"),
    ],
)
def test_a_licence_that_is_not_good_says_why(tmp_path: Path, text: str, words: str) -> None:
    """Z-10: one sentence, with the file and the remedy."""
    path = tmp_path / "licence.toml"
    path.write_text(text)
    found = read_licence(path, "rx-a", TODAY)
    assert (found.services, str(path) in found.problem, words in found.problem) == (0, True, True)
    assert "Copy this unit's licence file there" in found.problem


@pytest.mark.parametrize("make", [lambda _: None, os.mkfifo, os.mkdir, lambda path: path.write_bytes(b"\xff")])
def test_a_licence_that_cannot_be_read_is_not_waited_for(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Z-10: absent, a pipe, a directory, no text."""
    make(tmp_path / "licence.toml")
    assert read_licence(tmp_path / "licence.toml", "rx-a", TODAY).problem


@pytest.mark.parametrize(
    ("device", "capacity", "licence", "services"),
    [(0, 0, 8, 8), (0, 5, 8, 5), (3, 5, 8, 3), (9, 5, 2, 2), (4, 0, 0, 4), (0, 0, 0, 0)],
)
def test_the_smallest_number_counts(tmp_path: Path, device: int, capacity: int, licence: int, services: int) -> None:
    """C-15, Z-11: of device, settings and licence; what is not stated does not count."""
    (tmp_path / "licence.toml").write_text(f"services = {licence}")
    settings = settings_with(tmp_path, f"capacity = {capacity}\n" + ('licence = "licence.toml"' if licence else ""))
    options = {"capacity": device} if device else {}
    assert Allowance(settings).services(DeviceSettings("rx", "receiver", options)) == services
    assert Allowance(settings).services(None) == min(filter(None, (capacity, licence)), default=0)


def test_the_file_is_looked_at_again_after_ten_seconds(tmp_path: Path) -> None:
    """Z-10: without a restart; a licence that has gone leaves what is on the air as it is."""
    path, now_s = tmp_path / "licence.toml", [0.0]
    path.write_text("services = 8")
    allowance = Allowance(settings_with(tmp_path, 'licence = "licence.toml"\ncapacity = 9'), clock=lambda: now_s[0])
    assert allowance.services(None) == 8
    path.unlink()
    now_s[0] = LOOK_EVERY_S - 0.1
    assert allowance.services(None) == 8
    now_s[0] = LOOK_EVERY_S
    assert "No such file" in allowance.licence().problem
    assert allowance.services(None) == 9


def test_check_warns_of_it(tmp_path: Path) -> None:
    """Z-10: before the unit is needed."""
    settings = settings_with(tmp_path, 'licence = "licence.toml"')
    (found,) = (finding for finding in check(settings) if "licence" in finding.what)
    assert (found.severity, "takes nothing over" in found.what) == ("warning", True)
    assert settings.text.split("\n")[found.line - 1] == 'licence = "licence.toml"'
    (tmp_path / "licence.toml").write_text("services = 8")
    again = parse_settings(settings.text, settings.path)
    assert not [finding for finding in check(again) if "licence" in finding.what]
