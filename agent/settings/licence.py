"""How many services this unit may carry (C-15): by its device, by [handover] capacity, and by its licence file (Z-10, Z-11).

A licence file is TOML: `services = 8`, and if it is limited, `until = 2027-01-31` (that day included) and `unit = "rx-b"`.
"""

import time
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from agent.settings.model import DeviceSettings, Settings
from agent.settings.reader import shown
from agent.settings.regular import read_regular

MAX_LICENCE_BYTES = 16 * 1024
MAX_SERVICES = 1000
LOOK_EVERY_S = 10.0
_KEYS = ("services", "until", "unit")
_REMEDY = "Copy this unit's licence file there, or take `licence` out of [handover]"


class Licence(NamedTuple):
    """`services`: 1..1000; 0: none is asked for. `problem`: why it is not good, and what to do; empty: it is."""

    services: int = 0
    problem: str = ""


def read_licence(path: Path, unit_name: str, today: date) -> Licence:
    """What the file allows this unit on that day (UTC)."""
    try:
        values = tomllib.loads(read_regular(path, MAX_LICENCE_BYTES).data.decode())
        what = _objection(values, unit_name, today)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
    except (ValueError, RecursionError):
        what = "is no TOML"
    return Licence(0, f"the licence {path} {what}. {_REMEDY}") if what else Licence(int(values["services"]))


def _objection(values: Mapping[str, object], unit_name: str, today: date) -> str:
    """Why it is not good; empty: it is."""
    services, until, unit = (values.get(key) for key in _KEYS)
    if type(services) is not int or not 1 <= services <= MAX_SERVICES:
        return f"has no line `services = N` with 1..{MAX_SERVICES}"
    if type(until) not in (date, type(None)) or not isinstance(unit, str | None) or set(values) - set(_KEYS):
        return f"has more than services, until (a date such as 2027-01-31) and unit (a text): {shown(dict(values))}"
    if unit is not None and unit != unit_name:
        return f"is for unit {shown(unit)}, and this is {shown(unit_name)}"
    return f"ended on {until}" if isinstance(until, date) and today > until else ""


class Allowance:
    """Of one unit. The file is looked at again after `every_s` at the earliest; a change needs no restart. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        every_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._settings, self._every_s, self._clock, self._today = settings, every_s, clock, today
        self._seen: tuple[float, Licence] | None = None

    def licence(self) -> Licence:
        """As last seen."""
        handover, now_s, seen = self._settings.handover, self._clock(), self._seen
        if handover is None or handover.licence is None:
            return Licence()
        if seen is None or now_s - seen[0] >= self._every_s:
            seen = self._seen = now_s, read_licence(handover.licence, self._settings.unit.name, self._today())
        return seen[1]

    def services(self, device: DeviceSettings | None) -> int:
        """The smallest of what device, settings and licence say; 0: nobody says anything.

        A licence that is not good makes the unit not ready, by its `problem`; what is on the air goes on.
        """
        handover = self._settings.handover
        of_device = device.options.get("capacity") if device else None
        said = (of_device, handover.capacity if handover else 0, self.licence().services)
        return min((count for count in said if type(count) is int and count > 0), default=0)
