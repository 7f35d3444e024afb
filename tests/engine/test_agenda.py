"""The heap of deadlines against the dict that it stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.engine.agenda import URGENT, Agenda, Timer

_SLOTS = st.tuples(st.integers(0, 3), st.sampled_from(Timer))
_TIMES = st.integers(0, 30)
_DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("arm"), _SLOTS, _TIMES),
        st.tuples(st.just("disarm"), _SLOTS, _TIMES),
        st.tuples(st.just("pop"), _SLOTS, _TIMES),
        st.tuples(st.just("pop urgent"), _SLOTS, _TIMES),
    ),
    max_size=60,
)


class Naive:
    """What an agenda means: the earliest deadline first, ties by group and name."""

    def __init__(self) -> None:
        self.at_ns: dict[tuple[int, Timer], int] = {}

    def next_ns(self) -> int | None:
        """The earliest."""
        return min(self.at_ns.values(), default=None)

    def pop_due(self, now_ns: int, urgent_only: bool) -> tuple[int, Timer, int] | None:
        """The first that is due."""
        due = [
            (at_ns, *slot)
            for slot, at_ns in self.at_ns.items()
            if at_ns <= now_ns and not (urgent_only and slot[1] not in URGENT)
        ]
        if not due:
            return None
        at_ns, group, timer = min(due)
        del self.at_ns[group, timer]
        return group, timer, at_ns


@given(_DEEDS)
def test_agenda_does_what_a_plain_dict_would(deeds: list[tuple[str, tuple[int, Timer], int]]) -> None:
    """Armed earlier, later, again, disarmed, popped: the same answers."""
    agenda, naive = Agenda(), Naive()
    for deed, (group, timer), at_ns in deeds:
        if deed == "arm":
            agenda.arm(group, timer, at_ns)
            naive.at_ns[group, timer] = at_ns
        elif deed == "disarm":
            agenda.disarm(group, timer)
            naive.at_ns.pop((group, timer), None)
        else:
            is_urgent = deed == "pop urgent"
            assert agenda.pop_due(at_ns, is_urgent) == naive.pop_due(at_ns, is_urgent)
        assert agenda.next_ns() == naive.next_ns()
        assert agenda.get(group, timer) == naive.at_ns.get((group, timer))


def test_heap_stays_small_under_a_deadline_that_is_postponed_for_ever() -> None:
    """A limit for everything: postponing touches no heap."""
    agenda = Agenda()
    for at_ns in range(10_000):
        agenda.arm(1, Timer.TAKEOVER, at_ns)
    assert agenda.next_ns() == 9_999
    assert agenda.pop_due(9_998, False) is None
    assert agenda.pop_due(9_999, False) == (1, Timer.TAKEOVER, 9_999)
    assert agenda.next_ns() is None
