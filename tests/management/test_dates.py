"""Times of day: every monotonic time that core says of a member gets one."""

import ast
from pathlib import Path

from agent.engine import snapshot, snapshot_pool, snapshot_timing
from agent.management.dates import DATED, Dates
from agent.management.viewer_numbers import Steady

SECOND = 1_000_000_000


def _names_with_times() -> set[str]:
    """Names in the engine's snapshots that end like the monotonic time of something that was."""
    keys: set[str] = set()
    for module in (snapshot, snapshot_pool, snapshot_timing):
        assert module.__file__
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            if isinstance(node, ast.Dict):
                keys |= {
                    str(key.value) for key in node.keys if isinstance(key, ast.Constant) and str(key.value).endswith("at_ns")
                }
    return keys


def test_every_time_of_a_member_has_a_place_that_is_dated() -> None:
    """F-7: of a unit's snapshot only the start is one; a new one of a member belongs into DATED."""
    assert _names_with_times() == {"at_ns", "raised_at_ns", "started_at_ns"}
    member = {"last_transition": {"at_ns": SECOND}, "last_takeover": {"at_ns": SECOND}, "alarms": [{"raised_at_ns": SECOND}]}
    assert member.keys() == set(DATED)
    dated = Dates(lambda: SECOND, lambda: 1_800_000_000 * SECOND).of_member(7, {"group": 7, **member})
    assert dated["last_transition"] == {"at_ns": SECOND, "time": "2027-01-15T08:00:00.000Z"}
    assert dated["last_takeover"] == dated["last_transition"]
    assert dated["alarms"] == [{"raised_at_ns": SECOND, "raised_at": "2027-01-15T08:00:00.000Z"}]


def test_a_time_of_day_that_was_said_stays() -> None:
    """C-17: reckoned anew with each snapshot it would tremble, and every view would be another; a new time is told anew."""
    wall_ns = [1_800_000_000 * SECOND]
    dates = Dates(lambda: SECOND, lambda: wall_ns[0])
    first = dates.of_member(7, {"last_transition": {"at_ns": SECOND}})
    wall_ns[0] += SECOND // 2
    assert dates.of_member(7, {"last_transition": {"at_ns": SECOND}}) == first
    assert dates.of_member(7, {"last_transition": {"at_ns": 2 * SECOND}}) != first
    dates.forget_all_but(())
    assert dates.of_member(7, {"last_transition": {"at_ns": SECOND}}) != first


def test_times_of_day_follow_a_clock_that_is_set() -> None:
    """A machine that starts in 1970 and learns the time later: whatever was said of the time before is said anew."""
    wall_ns = [0]
    dates, steady = Dates(lambda: SECOND, lambda: wall_ns[0]), Steady()
    said: dict[str, object] = {"last_transition": {"at_ns": SECOND}}
    assert dates.of_member(7, said)["last_transition"] == {"at_ns": SECOND, "time": "1970-01-01T00:00:00.000Z"}
    assert steady.of(7, SECOND, 0) == 0
    wall_ns[0] = 1_800_000_000 * SECOND
    assert dates.of_member(7, said)["last_transition"] == {"at_ns": SECOND, "time": "2027-01-15T08:00:00.000Z"}
    assert steady.of(7, SECOND, wall_ns[0]) == wall_ns[0]
    assert steady.of("first seen", None, 5) == steady.of("first seen", None, wall_ns[0]) == 5
