"""Which other settings would be better on a LAN as it was measured (F-3, F-4). Pure."""

from dataclasses import dataclass

from agent.diagnostics.advise_chance import Chance, chance
from agent.diagnostics.advise_measures import Measured, Setting

GOOD_PER_DAY = 1 / 3653
"""One false takeover in ten years."""
INTERVALS_MS = (50, 100, 200, 250, 500, 1_000, 2_000, 5_000)
HIGHEST = 254
"""Of a backup."""
STURDY = 4
PATIENCE = 4
PATIENCE_MS = 5_000
"""A lower priority is advised up to so many times the present T, or so much more: beyond that the LAN has to be mended."""


@dataclass(frozen=True, slots=True)
class Option:
    """Another setting. `is_as_fast`: it notices a real failure as soon as the present one, or sooner."""

    setting: Setting
    chance: Chance
    is_as_fast: bool


def options(measured: Measured, now: Setting, below: int = HIGHEST + 1) -> list[Option]:
    """Empty when the present one is good. `below`: the master's priority, which a backup's must not reach."""
    present = chance(measured, now)
    if present.per_day <= GOOD_PER_DAY:
        return []
    found = (_as_fast(measured, now, present, min(HIGHEST, below - 1)), _more_patient(measured, now, present))
    return [option for option in found if option is not None]


def sturdier(measured: Measured, now: Setting, below: int = HIGHEST + 1) -> Option | None:
    """Of one that survives no lost advert, though none was lost yet: within the same T, one that survives four (F-3)."""
    if now.survives:
        return None
    for interval_ms in sorted(INTERVALS_MS, reverse=True):
        setting = Setting(interval_ms, _fitting(now.timeout_ms - interval_ms, min(HIGHEST, below - 1)))
        if setting.survives >= STURDY and setting.priority < below and setting.timeout_ms <= now.timeout_ms:
            return Option(setting, chance(measured, setting), True)
    return None


def _as_fast(measured: Measured, now: Setting, present: Chance, highest: int) -> Option | None:
    """Within the same T: the longest interval that is good, else that is nearly as good as the best (F-3)."""
    intervals = sorted({*INTERVALS_MS, now.interval_ms})
    settings = [Setting(interval_ms, _fitting(now.timeout_ms - interval_ms, highest)) for interval_ms in intervals]
    fitting = [one for one in settings if one.priority <= highest and one.timeout_ms <= now.timeout_ms and not one.is_bad_tie]
    tried = [Option(one, chance(measured, one), True) for one in fitting if one != now]
    good = [option for option in tried if option.chance.per_day <= GOOD_PER_DAY]
    if good:
        return max(good, key=lambda option: option.setting.interval_ms)
    least = min((option.chance.per_day for option in tried), default=present.per_day)
    nearly = [option for option in tried if option.chance.per_day <= 2 * least]
    return max(nearly, key=lambda option: option.setting.interval_ms) if 4 * least < present.per_day else None


def _fitting(skew_ms: int, highest: int) -> int:
    """The lowest priority whose skew is no longer than that; above `highest`: there is none."""
    return max(1, 256 - skew_ms // 100) if skew_ms >= 100 else highest + 1


def _more_patient(measured: Measured, now: Setting, present: Chance) -> Option | None:
    """The guide's cure: a lower priority, and a longer T (S-16, S-17)."""
    best, longest_ms = None, max(PATIENCE * now.timeout_ms, now.timeout_ms + PATIENCE_MS)
    for priority in range(now.priority - 1, 0, -1):
        setting = Setting(now.interval_ms, priority)
        if setting.timeout_ms > longest_ms:
            break
        found = Option(setting, chance(measured, setting), False)
        if not setting.is_bad_tie and found.chance.per_day <= GOOD_PER_DAY:
            return found
        if not setting.is_bad_tie and (best is None or found.chance.per_day < best.chance.per_day):
            best = found
    return best if best is not None and best.chance.per_day < present.per_day / 2 else None
