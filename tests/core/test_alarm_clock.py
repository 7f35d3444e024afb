"""The alarm at an absolute time. That a stop of the process does not move it is shown with a real core (test_loop.py)."""

import select
import time

from agent.core.alarm_clock import AlarmClock
from tests.core.process import JITTER_NS, MS, SECOND


def rings_within(clock: AlarmClock, seconds: float) -> bool:
    return bool(select.select([clock], [], [], seconds)[0])


def test_it_rings_at_its_time_and_not_before() -> None:
    """S-12."""
    clock, at_ns = AlarmClock(), time.monotonic_ns() + 30 * MS
    clock.set(at_ns)
    assert rings_within(clock, 5)
    assert at_ns <= time.monotonic_ns() < at_ns + JITTER_NS


def test_time_that_is_past_rings_at_once() -> None:
    """S-12: also 0, which alone would switch the kernel's timer off."""
    clock = AlarmClock()
    for at_ns in (time.monotonic_ns() - SECOND, 1, 0, -SECOND):
        clock.set(at_ns)
        assert rings_within(clock, 1), at_ns


def test_set_anew_it_is_silent_until_its_new_time() -> None:
    """S-12: what rang before is over; nobody has to read it away."""
    clock = AlarmClock()
    clock.set(1)
    assert rings_within(clock, 1)
    clock.set(time.monotonic_ns() + 10 * SECOND)
    assert not rings_within(clock, 0.02)
