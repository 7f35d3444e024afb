"""What a valid settings file may still lead to."""

from pathlib import Path

import pytest

from agent.engine.timing import is_tie
from agent.settings import keygen
from agent.settings.check import check, summary
from agent.settings.check_machine import may_use_real_time
from agent.settings.check_members import survived_adverts
from agent.settings.errors import Finding
from agent.settings.model import REALTIME_PRIORITY
from tests.settings.sample import SECOND_MEMBER, parse


def told(directory: Path, *edits: tuple[str, str], extra: str = "") -> list[Finding]:
    """Findings about the sample with these replacements and a good key file; without what this machine lacks."""
    key_file = directory / "lan.key"
    if not key_file.exists():
        keygen.create(key_file)
    found = check(parse(*edits, extra=extra, path=directory / "u.toml"))
    return [finding for finding in found if "real-time" not in finding.what]


def test_a_good_file_has_no_findings(tmp_path: Path) -> None:
    assert told(tmp_path) == []


def test_real_time_is_told_exactly_when_it_is_not_permitted(tmp_path: Path) -> None:
    keygen.create(tmp_path / "lan.key")
    found = check(parse(path=tmp_path / "u.toml"))
    assert any("real-time" in finding.what for finding in found) is not may_use_real_time()


def test_real_time_is_tried_with_the_priority_that_core_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """LimitRTPRIO=1 would let priority 1 pass, and core fail."""
    tried: list[int] = []
    monkeypatch.setattr("os.sched_setscheduler", lambda _pid, _policy, parameter: tried.append(parameter.sched_priority))
    assert may_use_real_time()
    assert tried[0] == REALTIME_PRIORITY == 50


@pytest.mark.parametrize(
    ("old", "new", "line", "phrase"),
    [
        ('key_file = "lan.key"\n', "", 5, "unauthenticated"),
        ("priority = 254", "priority = 246", 15, "after 1 lost ones chance decides"),
        ("priority = 254", "priority = 255", 15, "never gives the role up"),
        ("preempt = false", "preempt = true", 16, "two interruptions"),
        ("preempt = false", "preempt_delay = 5", 16, "no effect without preempt"),
        ('interface = "lo"', 'interface = "nowhere0"', 6, "not on this machine"),
        ("port = 7420", 'on_carrier_loss = "hold"', 8, "crossover"),
        ("port = 7420", "beacon = false", 8, "--force"),
        ('multicast_address = "239.192.7.7"', 'peers = ["10.0.0.2"]\nminimum_ttl = 250', 8, "5 routers"),
        ('data_dir = "data"', 'data_dir = "/tmp"', 3, "written by others"),
    ],
)
def test_a_warning_has_line_reason_and_remedy(tmp_path: Path, old: str, new: str, line: int, phrase: str) -> None:
    """F-2 (tie), C-03 (255), S-11 (preempt), C-07 (beacons), C-21 (no key)"""
    found = told(tmp_path, (old, new))
    assert [finding.line for finding in found if phrase in finding.text(tmp_path)] == [line]
    assert {finding.severity for finding in found} == {"warning"}


@pytest.mark.parametrize(("interval", "priority"), [("1.0", 246), ("1.0", 236), ("0.5", 251), ("0.2", 252)])
def test_a_tie_is_told_with_a_priority_that_is_none(tmp_path: Path, interval: str, priority: int) -> None:
    """F-2: P=246 at A=1 runs out in the very moment of the second advert; P-1 and P+1 do not."""
    (finding,) = told(tmp_path, ("= 254", f"= {priority}"), ("= 1.0", f"= {interval}"))
    assert finding.remedy == f"Set priority = {priority - 1} or {priority + 1}"
    assert not is_tie(round(float(interval) * 1000), priority - 1)


def test_intervals_that_tie_at_every_priority_are_not_complained_of(tmp_path: Path) -> None:
    """F-3: A=0.1, P=251 is a recommended setting; no priority would avoid its ties."""
    assert told(tmp_path, ("= 254", "= 251"), ("= 1.0", "= 0.1")) == []


@pytest.mark.parametrize(
    ("interval", "priority", "survives"), [("1.0", 246, 0), ("1.0", 245, 1), ("0.1", 251, 4), ("1.0", 253, 0), ("5", 1, 5)]
)
def test_lost_adverts_that_are_survived(interval: str, priority: int, survives: int) -> None:
    """F-2, F-3: n lost adverts are survived if (256-P)*0.1 > n*A."""
    settings = parse(("= 254", f"= {priority}"), ("= 1.0", f"= {interval}"))
    assert survived_adverts(settings.members[0]) == survives
    assert f"survives {survives} lost" in summary(settings)[0]


def test_a_reserve_that_one_lost_advert_wakes_is_told_what_would_survive_it(tmp_path: Path) -> None:
    """F-2, S-15, S-16: the cure is a lower priority."""
    (finding,) = told(tmp_path, ('"main"', '"reserve"'), ("= 254", "= 253"))
    assert "takes over 1.3 s after the last advert, so it survives 0 lost adverts" in finding.what
    assert "Set priority = 245 to survive 1" in finding.remedy
    assert told(tmp_path, ('"main"', '"reserve"'), ("= 254", "= 245")) == []


def test_a_reserve_leaves_room_above_it(tmp_path: Path) -> None:
    """S-04"""
    found = told(tmp_path, ('"main"', '"reserve"'))
    assert any("no higher one for its main" in finding.what for finding in found)


def test_intervals_that_differ_are_told(tmp_path: Path) -> None:
    """C-21"""
    (finding,) = told(tmp_path, ("= 1.0", "= 2.0"), extra=SECOND_MEMBER.replace("= 200", "= 245"))
    assert "equal on all units (C-21)" in finding.what
    assert finding.line == 25


def test_a_device_without_a_member_is_told(tmp_path: Path) -> None:
    (finding,) = told(tmp_path, extra=SECOND_MEMBER[SECOND_MEMBER.index("[device") :])
    assert "belongs to no member" in finding.what


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"receiver"', '"reciever"', 21),
        ("input =", "inputt =", 22),
        ("udp://239.1.1.1:5000", "tcp://x", 22),
        ('output = "udp', 'pids = []\noutput = "udp', 23),  # the sentence has other words that are keys: "output"
        ("239.2.2.2", "239.1.1.1", 23),
    ],
)
def test_a_wrong_device_is_an_error(tmp_path: Path, old: str, new: str, line: int) -> None:
    found = told(tmp_path, (old, new))
    assert ("error", line) in [(finding.severity, finding.line) for finding in found]


def test_a_data_dir_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    (finding,) = told(tmp_path)
    assert (finding.severity, finding.line) == ("error", 3)


@pytest.mark.parametrize(("mode", "severity"), [(0o644, "warning"), (0o640, "warning"), (0o620, "error"), (0o602, "error")])
def test_who_may_touch_the_key_file(tmp_path: Path, mode: int, severity: str) -> None:
    keygen.create(tmp_path / "lan.key")
    (tmp_path / "lan.key").chmod(mode)
    (finding,) = told(tmp_path)
    assert (finding.severity, finding.line) == (severity, 9)
    assert "chmod 600" in finding.remedy


def test_a_broken_key_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "lan.key").write_text("# nothing\n")
    (tmp_path / "lan.key").chmod(0o600)
    (finding,) = told(tmp_path)
    assert (finding.severity, finding.line) == ("error", 9)
