"""Two records of one incident: clocks compared by packets, and the outputs' overlap against what the simulator knows."""

from __future__ import annotations

import pytest

from agent.diagnostics.merge import merged, offset_between, overlaps
from agent.diagnostics.outputs import open_times
from agent.diagnostics.timeline import timeline_of
from tests.diagnostics.incidents import KINDS, records, stage
from tests.sim.world import MS, SECOND


@pytest.mark.parametrize("kind", ["partition", "delay", "wrong key", "stall", "command"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_overlap_is_that_of_the_outputs_and_the_clocks_are_known(kind: str, seed: int) -> None:
    """What the simulator sees of two open outputs, ms by ms, is what the two records say; clocks differ by minutes."""
    setting, world = stage(kind, seed)
    a, b = world.units[:2]
    both_ns, last_ns = 0, world.now_ns
    KINDS[kind](setting)
    end_ns = world.now_ns + setting.timeout_ns + 12 * SECOND
    while world.now_ns < end_ns:
        both_ns += (world.now_ns - last_ns) * (a.device.is_open() and b.device.is_open())
        last_ns = world.now_ns
        world.run_until(world.now_ns + MS // 2)
    first, second = (timeline_of(world.recordings[index].notes) for index in (0, 1))
    offset = offset_between(first, second)
    true_ns = b.clock.local_ns(end_ns // 2) - a.clock.local_ns(end_ns // 2)
    assert offset.doubt_ns is not None
    assert offset.ns == pytest.approx(true_ns, abs=offset.doubt_ns + 2 * MS)  # drift of half the history
    found = sum(overlap.ms for overlap in overlaps(first, second, offset))
    assert found == pytest.approx(both_ns / MS, abs=(setting.interval_ms if kind == "wrong key" else 4) if both_ns else 0.001)


def test_an_output_is_open_between_the_workers_word_and_the_order_or_the_lease() -> None:
    """F-8: the frozen master's output ends with its lease, not when it thaws."""
    first, second = (timeline_of(notes) for notes in records("stall", 3)[:2])
    (early,) = open_times(first)
    (late,) = open_times(second)[:1]
    offset = offset_between(first, second)
    assert overlaps(first, second, offset) == []
    assert late.start_ns - offset.ns > early.end_ns


def test_both_together_are_one_timeline() -> None:
    """Every packet once, in the order of one clock."""
    first, second = (timeline_of(notes) for notes in records("command", 4)[:2])
    both = merged(first, second, offset_between(first, second))
    keys = [(word.message.unit_id, word.message.boot, word.message.sequence) for word in both.words]
    assert len(keys) == len(set(keys))
    assert {change.unit_id for change in both.changes} >= {first.unit_id, second.unit_id}
    assert [word.at_ns for word in both.words] == sorted(word.at_ns for word in both.words)
