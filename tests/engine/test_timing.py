"""The arithmetic against the numbers of requirements.md, for every priority."""

from __future__ import annotations

import pytest

from agent.engine.timing import is_tie, lease_ns, skew_ns, takeover_timeout_ns

INTERVALS_MS = (10, 100, 500, 1000, 5000, 40_950)
PRIORITIES = range(1, 256)
COLUMNS = (254, 253, 246, 245, 235, 205, 1)
VECTORS_S = {
    100: (0.3, 0.4, 1.1, 1.2, 2.2, 5.2, 25.6),
    500: (0.7, 0.8, 1.5, 1.6, 2.6, 5.6, 26.0),
    1000: (1.2, 1.3, 2.0, 2.1, 3.1, 6.1, 26.5),
    5000: (5.2, 5.3, 6.0, 6.1, 7.1, 10.1, 30.5),
}


@pytest.mark.parametrize("interval_ms", INTERVALS_MS)
def test_timeout_is_the_interval_and_a_tenth_of_a_second_for_each_step_below_256(interval_ms: int) -> None:
    """S-12, for all 255 priorities."""
    for priority in PRIORITIES:
        microseconds = interval_ms * 1000 + (256 - priority) * 100_000
        assert takeover_timeout_ns(interval_ms, priority) == microseconds * 1000


@pytest.mark.parametrize("interval_ms", VECTORS_S)
def test_timeout_is_the_printed_one(interval_ms: int) -> None:
    """S-12, S-13, S-14, F-3, F-4: the table of requirements.md."""
    for priority, seconds in zip(COLUMNS, VECTORS_S[interval_ms], strict=True):
        assert takeover_timeout_ns(interval_ms, priority) == round(seconds * 1000) * 1_000_000


def test_lease_ends_before_the_fastest_backup_of_every_interval() -> None:
    """F-8: with the backup's clock 500 ppm fast, the master's 500 ppm slow, and 19 ms for the packet's way the wrong way."""
    for interval_ms in range(10, 40_951):
        lasts_ns = lease_ns(interval_ms) * 1_000_000 // 999_500
        waits_ns = takeover_timeout_ns(interval_ms, 255) * 1_000_000 // 1_000_500
        assert lasts_ns < waits_ns - 19_000_000


def test_lease_outlives_an_interval_by_enough_to_advertise_late() -> None:
    """A master that is 50 ms late with an advert stays master, at the default interval and below."""
    for interval_ms in range(10, 1001):
        assert lease_ns(interval_ms) >= (interval_ms + 50) * 1_000_000


def test_a_give_up_is_followed_after_the_skew() -> None:
    """C-06."""
    assert [skew_ns(priority) // 1_000_000 for priority in (255, 254, 1)] == [100, 200, 25_500]


def test_a_timer_that_ends_when_an_advert_is_due_is_a_tie() -> None:
    """F-2: P = 246 at A = 1 s."""
    assert [priority for priority in range(240, 256) if is_tie(1000, priority)] == [246]
    assert all(is_tie(100, priority) for priority in PRIORITIES)
    assert not any(is_tie(5000, priority) for priority in range(207, 256))
