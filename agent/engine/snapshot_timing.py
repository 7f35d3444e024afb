"""How the master's adverts arrive, as plain data: what `understudy advise` and the histograms are made of."""

from agent.engine.arrivals import Arrivals
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
    windows = [window for window in (arrivals.window, arrivals.window_before) if window is not None]
    latest = max(windows, key=lambda window: window.latest_ns)
    return {
        "adverts": sum(window.adverts for window in windows),
        "lost": sum(window.lost for window in windows),
        "runs": _short([sum(counts) for counts in zip(*(window.runs for window in windows), strict=True)]),
        "longest_run": max(window.longest_run for window in windows),
        "late": _short([sum(counts) for counts in zip(*(window.late for window in windows), strict=True)]),
        "latest_ms": latest.latest_ns / MS,
        "latest_way_ms": latest.latest_way_ns / MS,
        "longest_ms": max(window.longest_ns for window in windows) / MS,
    }


def _short(counts: list[int]) -> list[int]:
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    return counts[:end]
