"""What was set at run time, over what the file says: the same for every process of the unit, and never in the way of a start."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.settings.overrides import Overrides, file_value, load_overrides, overrides_of, settings_with
from agent.settings.runtime_disk import COPY, FILE, write_runtime
from agent.settings.runtime_file import Override, Runtime, RuntimeFileError
from tests.settings.runtime import read_runtime
from tests.settings.sample import POOL, SECOND_MEMBER, parse

PARSED = parse()
NOW_NS = 1_700_000_000_000_000_000


def saved(directory: Path, **values: Override) -> Path:
    """A file in which these were set for group 7."""
    write_runtime(directory / FILE, Runtime({7: values}))
    return directory / FILE


def loaded(directory: Path, *edits: tuple[str, str], extra: str = "") -> Overrides:
    return load_overrides(directory, parse(*edits, extra=extra))


def test_without_a_file_the_settings_are_the_files(tmp_path: Path) -> None:
    overrides = loaded(tmp_path)
    assert overrides.effective is overrides.settings
    assert overrides.told == ()
    assert overrides.controls(7) == {
        "priority": 254,
        "preempt": False,
        "interval_ms": 1000,
        "return_hold_ms": None,
        "attended": False,
        "maintenance": False,
        "maintenance_until_ns": None,
        "locked": False,
        "off": False,
    }


def test_what_was_set_is_in_force_after_a_restart(tmp_path: Path) -> None:
    """Issue 4: settings changed at run time survive a restart. S-03, C-10."""
    interval = Override(250, 1000, "root", "cli")
    saved(tmp_path, priority=Override(200, 254), preempt=Override(True, False), advertisement_interval_ms=interval)
    overrides = loaded(tmp_path)
    member = settings_with(overrides.settings, overrides).members[0]
    assert (member.priority, member.preempt, member.advertisement_interval_ms) == (200, True, 250)
    assert (overrides.controls(7)["priority"], overrides.controls(7)["interval_ms"]) == (200, 250)
    assert overrides.effective.text == overrides.settings.text
    assert overrides.told == ()


def test_every_whole_millisecond_comes_back_as_it_was_set() -> None:
    """It goes through seconds, as in the file."""
    settings = parse()
    for interval_ms in [*range(10, 1500), 9_999, 40_949, 40_950]:
        runtime = Runtime({7: {"advertisement_interval_ms": Override(interval_ms, 1000)}})
        assert overrides_of(settings, runtime).controls(7)["interval_ms"] == interval_ms


def test_the_later_writer_wins(tmp_path: Path) -> None:
    """The file was edited after somebody set a value at run time: the file's new value is in force, and it is said once."""
    saved(tmp_path, priority=Override(200, 254, "ops", "snmp", "10.0.0.9"), preempt=Override(True, False))
    overrides = loaded(tmp_path, ("priority = 254", "priority = 240"))
    member = overrides.effective.members[0]
    assert (member.priority, member.preempt) == (240, True)
    assert overrides.is_stale
    assert len(overrides.told) == 1
    assert "priority = 200, set at run time by ops (snmp 10.0.0.9), is dropped" in overrides.told[0]
    assert "edited since, from 254 to 240" in overrides.told[0]
    write_runtime(tmp_path / FILE, overrides.runtime)
    assert loaded(tmp_path, ("priority = 254", "priority = 240")).told == ()


def test_a_group_that_left_the_file_takes_its_values_along(tmp_path: Path) -> None:
    write_runtime(tmp_path / FILE, Runtime({8: {"priority": Override(100, 200, "ops", "cli")}}))
    assert loaded(tmp_path, extra=SECOND_MEMBER).effective.members[1].priority == 100
    overrides = loaded(tmp_path)
    assert "has no such member any more" in overrides.told[0]


def test_values_that_the_file_rules_out_by_now_are_dropped_and_the_lock_stays(tmp_path: Path) -> None:
    """C-03: 255 was set in 1:1; then N:M was enabled in the file. The unit starts, with what the file says."""
    saved(tmp_path, priority=Override(255, 254), locked=Override(True))
    overrides = loaded(tmp_path, extra="\n[pool]\nn_to_m = true\n")
    assert overrides.effective.members[0].priority == 254
    assert "C-03" in overrides.told[0]
    assert overrides.controls(7)["locked"] is True


def test_seats_of_a_pool_have_the_values_of_their_nm_backup_and_locks_of_their_own() -> None:
    """S-22: an nmBackup holds a seat in every group that it protects."""
    settings = parse(extra=POOL)
    runtime = Runtime({200: {"priority": Override(220, 230)}, 2: {"locked": Override(True)}})
    overrides = overrides_of(settings, runtime)
    assert [overrides.controls(group)["priority"] for group in (200, 1, 2, 3)] == [220] * 4
    assert [overrides.controls(group)["locked"] for group in (200, 1, 2, 3)] == [False, False, True, False]
    with pytest.raises(KeyError):
        overrides.controls(99)


def test_return_policy_of_one_group(tmp_path: Path) -> None:
    """C-10: policy per group."""
    saved(tmp_path, return_policy=Override("after_hold", "manual"), return_hold_ms=Override(5_000, 30_000))
    in_a_pool = loaded(tmp_path, extra="\n[pool]\nn_to_m = true\n")
    assert in_a_pool.controls(7)["return_hold_ms"] == 5_000
    assert loaded(tmp_path).controls(7)["return_hold_ms"] is None


def test_a_member_of_the_file_may_have_a_return_policy_of_its_own() -> None:
    """C-10."""
    edits = (("preempt = false", 'preempt = false\nreturn_policy = "after_hold"\nreturn_hold = 2.5'),)
    assert overrides_of(parse(*edits, extra="\n[pool]\nn_to_m = true\n"), Runtime()).controls(7)["return_hold_ms"] == 2_500
    assert file_value(parse(*edits), 7, "return_hold_ms") == 2_500


def test_maintenance_ends_by_itself_on_the_wall_clock(tmp_path: Path) -> None:
    """C-13: also when nothing ran meanwhile."""
    saved(tmp_path, maintenance=Override(NOW_NS + 60_000_000_000))
    overrides = loaded(tmp_path)
    during, after = overrides.controls(7, NOW_NS), overrides.controls(7, NOW_NS + 60_000_000_000)
    assert (during["maintenance"], after["maintenance"]) == (True, False)
    until_ns = during["maintenance_until_ns"]
    assert isinstance(until_ns, int)
    assert abs(until_ns - time.monotonic_ns() - 60_000_000_000) < 1_000_000_000
    assert after["maintenance_until_ns"] is None


def test_without_the_lock_function_nothing_is_locked(tmp_path: Path) -> None:
    """D-53."""
    saved(tmp_path, locked=Override(True))
    assert loaded(tmp_path).controls(7)["locked"] is True
    assert loaded(tmp_path, extra="\n[management]\nlock = false\n").controls(7)["locked"] is False


def good() -> bytes:
    """What a file looks like."""
    priority = {"value": 200, "file": 254, "who": "x", "face": "cli", "address": "", "reason": "", "at_ns": 1}
    content = {"format": "understudy runtime settings 1", "unit": {}, "semaphore": 0, "masters": {}}
    return json.dumps(content | {"groups": {"7": {"priority": priority}}}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"format": "understudy runtime settings 2"}',
        b'{"format": "understudy runtime settings 3"}',
        good()[:-1],
        good().replace(b'"value": 200', b'"value": 0'),
        good().replace(b'"value": 200', b'"value": 256'),
        good().replace(b'"value": 200', b'"value": true'),
        good().replace(b'"value": 200', b'"value": "200"'),
        good().replace(b'"value": 200', b'"value": null'),
        good().replace(b'"value": 200, ', b""),
        good().replace(b'"priority"', b'"prioritaet"'),
        good().replace(b'"7"', b'"07"'),
        good().replace(b'"7"', b'"256"'),
        good().replace(b'"who"', b'"why"'),
        good().replace(b'"semaphore": 0', b'"semaphore": -1'),
        good().replace(b'"semaphore": 0', b'"semaphore": 0.5'),
        good().replace(b'"masters": {}', b'"masters": []'),
        good().replace(b'"unit": {}', b'"unit": {"priority": 3}'),
    ],
)
def test_a_file_that_is_not_whole_and_ours_is_refused_whole(tmp_path: Path, data: bytes) -> None:
    """The unit starts with the settings file alone, and says so."""
    (tmp_path / FILE).write_bytes(good())
    assert loaded(tmp_path).effective.members[0].priority == 200
    (tmp_path / FILE).write_bytes(data)
    overrides = loaded(tmp_path)
    assert (overrides.is_lost, overrides.effective.members[0].priority) == (True, 254)
    assert "runtime.json is not used" in overrides.told[0]


@given(st.binary(max_size=200) | st.tuples(st.integers(0, 260), st.integers(0, 255)).map(lambda at: spoiled(*at)))
def test_no_bytes_on_the_disk_stop_a_unit(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    with suppress(RuntimeFileError):
        assert overrides_of(PARSED, read_runtime(path)).controls(7).keys() == overrides_of(PARSED, Runtime()).controls(7).keys()


def spoiled(place: int, byte: int) -> bytes:
    data = bytearray(good())
    data[place % len(data)] = byte
    return bytes(data)


def test_a_directory_or_an_unreadable_disk_in_its_place_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert loaded(tmp_path).is_lost


def test_the_file_is_for_this_user_alone(tmp_path: Path) -> None:
    os.umask(before := os.umask(0))
    try:
        os.umask(0)
        path = saved(tmp_path, priority=Override(200, 254))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


_WRITER = """
import sys, itertools
from pathlib import Path
from agent.settings.runtime_disk import *
from agent.settings.runtime_file import *
for n in itertools.count():
    groups = {group: {"priority": Override(1 + n % 255, 254, reason=str(n) * 20)} for group in range(40)}
    write_runtime(Path(sys.argv[1]), Runtime(groups, semaphore=n))
    print(n, flush=True)
"""


def test_killed_at_any_point_of_the_save_the_old_or_the_new_is_there(tmp_path: Path) -> None:
    """Issue 4: saved before they act; a `kill -9` leaves a whole file."""
    path = tmp_path / FILE
    seen = set()
    for turn in range(12):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            for _ in range(turn + 1):
                writer.stdout.readline()
            time.sleep(turn * 0.0004)
            writer.send_signal(signal.SIGKILL)
            said = [turn, *map(int, writer.stdout.read().split())][-1]
        runtime = read_runtime(path)
        assert said <= runtime.semaphore <= said + 1
        assert {one["priority"].reason for one in runtime.groups.values()} == {str(runtime.semaphore) * 20}
        seen.add(runtime.semaphore)
    assert len(seen) > 1
    write_runtime(path, Runtime())
    assert {one.name for one in tmp_path.iterdir()} == {FILE, COPY}
