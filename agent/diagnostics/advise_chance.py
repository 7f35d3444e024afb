"""How likely is a false takeover: that a backup's T ends although its master lives and speaks? (F-1, F-2, S-15). Pure.

T ends between two adverts that came when k adverts in a row were lost and the next came more than `skew - k * A` after its beat.

* **Loss in bursts.** Losses are rarely independent. From the runs that were seen follow the chance that the next advert is lost
  too when one was (`goes_on`); where that is the plain ratio they are independent. At another interval A' the memory of the LAN
  lasts as long as before, so it is the power A'/A of what it was: a chain of two states. Runs that may be an accident are
  none of its memory; and no less than the runs that were really that long is ever counted.
* **Lateness.** As measured; beyond the latest of N adverts it is taken to fall as an exponential law does whose latest of N is
  that one. A LAN with rare long stalls is worse than that: this is why the bound says what the hours measured can exclude.
"""

import math
from dataclasses import dataclass

from agent.diagnostics.advise_measures import DAY_MS, Measured, Setting
from agent.engine.arrivals import LATENESS_MS

LEAST_SCALE_MS = 1.0


@dataclass(frozen=True, slots=True)
class Chance:
    """`per_day`: false takeovers to be expected. `at_most`: more than that can be excluded (95 %) by what was measured; only
    for the interval at which it was."""

    per_day: float
    at_most: float | None

    @property
    def within_a_day(self) -> float:
        """0..1: that there is at least one."""
        return -math.expm1(-self.per_day)


def chance(measured: Measured, setting: Setting) -> Chance:
    """With this setting, on a LAN as it was measured."""
    adverts_a_day = DAY_MS / setting.interval_ms
    is_measured_so = setting.interval_ms == measured.interval_ms
    seen = _seen(measured, setting) if is_measured_so else 0
    per_advert = max(_expected(measured, setting), _runs_too_long(measured, setting) / measured.expected if is_measured_so else 0)
    at_most = poisson_bound(seen) / measured.expected * adverts_a_day if is_measured_so else None
    return Chance(min(per_advert, 1.0) * adverts_a_day, at_most)


def _expected(measured: Measured, setting: Setting) -> float:
    """Per advert that is due."""
    begins, goes_on = losing(measured, setting.interval_ms)
    total, k = (1 - begins) * later(measured, setting.skew_ms), 1
    while k * setting.interval_ms < setting.skew_ms and k < 1000:
        total += begins * goes_on ** (k - 1) * (1 - goes_on) * later(measured, setting.skew_ms - k * setting.interval_ms)
        k += 1
    surely = begins * goes_on ** (k - 1)
    return total + surely * ((1 + goes_on) / 2 if setting.is_tie else 1)


def losing(measured: Measured, interval_ms: int) -> tuple[float, float]:
    """That a run of losses begins with an advert that is due, and that it goes on with the next."""
    loss = measured.loss
    if not measured.lost:
        return 0.0, 0.0
    went_on = (measured.lost - measured.run_count + loss) / (measured.lost + 1)
    by_accident = 2 * math.sqrt(loss * (1 - loss) / measured.lost)
    memory = (went_on - loss) / (1 - loss) if went_on - loss > by_accident else 0.0
    goes_on = loss + (1 - loss) * memory ** (interval_ms / measured.interval_ms)
    return loss * (1 - goes_on), goes_on


def later(measured: Measured, late_ms: float) -> float:
    """That an advert that comes is later than that."""
    number, latest_ms = measured.adverts, measured.latest_ms
    if late_ms < LATENESS_MS[0]:
        return 0.5
    if late_ms >= latest_ms:
        scale_ms = max(LEAST_SCALE_MS, latest_ms / math.log(max(number, 3)))
        return math.exp(-(late_ms - latest_ms) / scale_ms) / number
    below = max(bound for bound in LATENESS_MS if bound <= late_ms)
    return max(1, measured.later_than(below)) / number


def _runs_too_long(measured: Measured, setting: Setting) -> float:
    return measured.runs_of(setting.survives + (2 if setting.is_tie else 1))


def _seen(measured: Measured, setting: Setting) -> float:
    return _runs_too_long(measured, setting) + measured.later_than(setting.skew_ms)


def poisson_bound(seen: float) -> float:
    """The largest mean that shows so few with 5 % (Wilson and Hilferty's approximation, within 1 %); 3.0 for none."""
    if not seen:
        return -math.log(0.05)
    one_more = seen + 1
    return one_more * (1 - 1 / (9 * one_more) + 1.645 / (3 * math.sqrt(one_more))) ** 3
