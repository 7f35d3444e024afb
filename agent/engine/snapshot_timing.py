"""How the master's adverts arrive, as plain data: what `understudy advise` and the histograms are made of."""

from operator import add

from agent.engine.arrivals import Arrivals, Window
from agent.engine.member import Member
from agent.engine.timing import MS


def timing_snapshot(member: Member, now_ns: int) -> dict[str, object] | None:
    """None: no two adverts of one master have come yet. Places of a list that are missing at its end are 0.

    `distances`, `margins` (bounds in arrivals.py) count since the start; the rest is of the last 12 to 24 hours, and of the
    master and interval that are named; `least_margin_ms` of the last ten minutes.
    """
    arrivals = member.arrivals
    arrivals.count_usual()
    if not any(arrivals.distances):
        return None
    least_ns = arrivals.least_of_late_ns(now_ns)
    return {
        "distances": _short(arrivals.distances),
        "distances_sum_ms": arrivals.distances_ns / MS,
        "margins": _short(arrivals.margins),
        "margins_sum_ms": arrivals.margins_ns / MS,
        "least_margin_ms": None if least_ns is None else least_ns / MS,
        "master": f"{arrivals.master[0]:016x}",
        "interval_ms": arrivals.master[1],
        **_window(arrivals),
    }


def _window(arrivals: Arrivals) -> dict[str, object]:
    window = _both(arrivals.window, arrivals.window_before) if arrivals.window_before else arrivals.window
    return {
        "adverts": window.adverts,
        "lost": window.lost,
        "runs": _short(window.runs),
        "longest_run": window.longest_run,
        "late": _short(window.late),
        "latest_ms": window.latest_ns / MS,
        "latest_way_ms": window.latest_way_ns / MS,
        "longest_ms": window.longest_ns / MS,
        "takeovers": window.takeovers,
    }


def _both(now: Window, before: Window) -> Window:
    latest = max(now, before, key=lambda window: window.latest_ns)
    return Window(
        before.since_ns,
        now.adverts + before.adverts,
        now.lost + before.lost,
        [*map(add, now.runs, before.runs)],
        max(now.longest_run, before.longest_run),
        [*map(add, now.late, before.late)],
        latest.latest_ns,
        latest.latest_way_ns,
        max(now.longest_ns, before.longest_ns),
        now.takeovers + before.takeovers,
    )


def _short(counts: list[int]) -> list[int]:
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    return counts[:end]
