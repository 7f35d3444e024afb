"""Timing advice in sentences, for a person. Pure."""

from collections.abc import Iterator

from agent.diagnostics.advise import Advice
from agent.diagnostics.advise_chance import Chance
from agent.diagnostics.advise_measures import Measured, Setting
from agent.diagnostics.advise_options import GOOD_PER_DAY, Option

FEW_HOURS = 1.0
_CLUSTERS = (
    "Losses closer together than the present interval cannot be told apart: let it measure after the change, and ask again."
)
_ALIKE = "Set the interval alike on all units (C-21), and give each backup a priority of its own: a step is 0.1 s."
_UNIQUE = "Where all M masters have priorities of their own, T is A + (M+2) * 0.1 s at least (F-6): they may share one."
_MEND = "No setting was found that is much better: mend the LAN."


def sentences(found: Advice) -> list[str]:
    """The present first."""
    if found.measured is None or found.setting is None or found.chance is None:
        return [f"Group {found.group}: {found.why_not}."]
    return [
        f"Group {found.group}, {found.role} behind {found.master}: {setting_text(found.setting)}.",
        *(f"  {line}" for line in _measures(found.measured)),
        *(f"  {line}" for line in _verdict(found.measured, found.setting, found.chance)),
        *(f"  {line}" for line in _better(found, found.setting, found.chance)),
    ]


def setting_text(setting: Setting) -> str:
    """The numbers in one breath."""
    return f"an advert every {_s(setting.interval_ms)}, priority {setting.priority}, T = {_s(setting.timeout_ms)}"


def _measures(measured: Measured) -> Iterator[str]:
    lost = "none lost"
    if measured.lost:
        runs = "one at a time" if measured.longest_run == 1 else f"up to {measured.longest_run} in a row"
        share = f"{measured.loss:.2%}" if measured.loss >= 1e-4 else f"1 in {1 / measured.loss:.0f}"
        lost = f"{measured.lost} lost ({share}; {runs})"
    yield f"Measured for {_duration(measured.hours)}: {measured.adverts} adverts heard, {lost}."
    late = "none came a millisecond after its beat"
    if measured.latest_ms >= 1:
        where = "on its way" if 2 * measured.latest_way_ms > measured.latest_ms else "at its sender"
        late = f"the latest came {measured.latest_ms:.0f} ms after its beat (most of that {where})"
    if measured.takeovers:
        yield f"{measured.takeovers} FALSE TAKEOVERS in that time: this unit took over from a master that lived."
    yield f"{late[0].upper()}{late[1:]}; the longest silence was {_s(measured.longest_ms)}."


def _verdict(measured: Measured, setting: Setting, found: Chance) -> Iterator[str]:
    yield f"It survives {_survived(setting)} (F-2), and an advert that is less than {_s(setting.skew_ms)} late (F-1)."
    if setting.is_bad_tie:
        place = setting.skew_ms // setting.interval_ms + 1
        yield f"T ends in the moment in which advert {place} is due, a tie (F-2): take a priority one step away."
    yield f"A false takeover is to be expected {often(found.per_day)}{_within(found)}."
    if found.at_most is not None and found.at_most > 2 * found.per_day:
        only = " only" if measured.hours < FEW_HOURS else ""
        yield f"From {_duration(measured.hours)}{only}, {often(found.at_most)} cannot be excluded (95 %)."


def _better(found: Advice, now: Setting, present: Chance) -> Iterator[str]:
    for option in found.options:
        yield f"Better: {_option(option, now)}"
    if found.sturdier is not None:
        yield f"Nothing measured calls for a change; yet one lost advert is a takeover. Sturdier: {_option(found.sturdier, now)}"
    elif not found.options:
        yield "Nothing measured calls for a change." if present.per_day <= GOOD_PER_DAY else _MEND
    offered = [option.setting for option in (*found.options, found.sturdier) if option is not None]
    if found.options and any(setting.interval_ms < now.interval_ms for setting in offered):
        yield _CLUSTERS
    if offered:
        yield _ALIKE
    if offered and found.is_n_to_m:
        yield _UNIQUE
    took = "" if found.takeover_ms is None else f": the last takeover here took {found.takeover_ms:.0f} ms more"
    yield f"T is detection alone; claim, loading and opening come on top (F-7){took}."


def _option(option: Option, now: Setting) -> str:
    setting = option.setting
    text = f"{setting_text(setting)}: survives {_survived(setting)}, a false takeover {often(option.chance.per_day)}"
    if not option.is_as_fast:
        return f"{text}; a real failure is noticed {_s(setting.timeout_ms - now.timeout_ms)} later (S-16, S-17)."
    times = now.interval_ms / setting.interval_ms
    return f"{text}; no slower than now (F-3)" + (f", {times:g} times as many packets." if times > 1 else ".")


def _survived(setting: Setting) -> str:
    count = setting.survives
    return "no lost advert" if not count else "1 lost advert" if count == 1 else f"{count} lost adverts in a row"


def often(per_day: float) -> str:
    """A frequency in words."""
    for days, word in ((1, "day"), (30, "month"), (365.25, "year")):
        if per_day * days >= 1.5:
            return f"{per_day * days:.0f} times a {word}"
    years = 1 / (per_day * 365.25) if per_day > 0 else float("inf")
    return (
        f"once in {years:.0f} years" if 1.5 <= years <= 100 else "once a year" if years < 1.5 else "less than once in 100 years"
    )


def _within(found: Chance) -> str:
    share = found.within_a_day
    return f" (within a day: {share:.1%})" if 0.001 <= share < 0.999 else ""


def _s(milliseconds: float) -> str:
    return f"{round(milliseconds / 1000, 3):g} s"


def _duration(hours: float) -> str:
    if hours >= 1.5:
        return f"{hours:.0f} hours"
    return f"{hours * 60:.0f} minutes" if hours >= 1 / 30 else f"{hours * 3600:.0f} seconds"
