"""Core's measures of how the master's adverts arrive, as columns: least margin, chance of a false takeover, loss. Pure."""

from dataclasses import replace
from functools import lru_cache

from agent.diagnostics.advise_chance import chance
from agent.diagnostics.advise_measures import Measured, Setting, measured_of
from agent.management.viewer_read import Object, count, table, whole
from agent.model.kinds import Value

FEWEST = 100
"""Adverts, before anything is said about shares of them."""
PPM = 1_000_000


def timing_columns(member: Object) -> dict[str, Value]:
    """Of the member table."""
    least_us = whole(table(member.get("timing")).get("least_margin_ms"), 1000)
    return {
        "margin_least_us": None if least_us is None else max(0, least_us),
        "false_takeover_ppm": _false_takeover_ppm(member) if member.get("role") == "backup" else None,
    }


def loss_ppm(member: Object, unit_id: str) -> int | None:
    """Of that unit's adverts, in the group of the member."""
    timing = table(member.get("timing"))
    adverts, lost = count(timing.get("adverts")), count(timing.get("lost"))
    if timing.get("master") != unit_id or adverts + lost < FEWEST:
        return None
    return PPM * lost // (adverts + lost)


def _false_takeover_ppm(member: Object) -> int | None:
    measured = measured_of(member.get("timing"))
    if measured is None or measured.expected < FEWEST:
        return None
    skew_ms = (256 - count(member.get("priority"))) * 100
    interval_ms = count(member.get("takeover_timeout_us")) // 1000 - skew_ms
    return _ppm(_coarse(measured), interval_ms, skew_ms) if interval_ms > 0 and skew_ms > 0 else None


def _coarse(measured: Measured) -> Measured:
    """A few more punctual adverts change nothing that is worth a new calculation."""
    step = 10 ** max(0, len(str(measured.adverts)) - 2)
    return replace(measured, adverts=measured.adverts // step * step, longest_ms=0.0, least_margin_ms=None)


@lru_cache(maxsize=1024)
def _ppm(measured: Measured, interval_ms: int, skew_ms: int) -> int:
    return round(PPM * chance(measured, Setting(interval_ms, 256 - skew_ms // 100)).within_a_day)
