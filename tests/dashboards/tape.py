"""What a Prometheus would have scraped of units that do as a scene says: samples in the notation of `promtool test rules`.

A scene says what each unit shows from when on; the tape scrapes it as a slow Prometheus does: every `scrape_s`, the units one
after the other at the most awkward distance, so that what two units say is never of one moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

START_S = 100
"""When a scene begins: promtool's clock starts at 1970, and a unit's last change is to lie before the scene, not before 1970."""
JOB = "understudy"
DOWN: Mapping[str, float] | None = None
Shown = Mapping[str, float] | None
"""By series (without job and instance), as the unit's /metrics says; None: it does not answer."""


@dataclass
class Tape:
    """`scrape_s`: 1..60. Scenes count their seconds from 0."""

    scrape_s: int
    _told: dict[str, list[tuple[float, Shown]]] = field(default_factory=dict)

    def at(self, second: float, instance: str, shown: Shown) -> None:
        """From then on this unit shows that; in the order of time."""
        told = self._told.setdefault(instance, [])
        assert not told or told[-1][0] <= second, "scenes are told in the order of time"
        told.append((second, shown))

    def series(self, length_s: int) -> list[dict[str, str]]:
        """`input_series` of a test whose `interval` is 1 s."""
        return [
            {"series": name, "values": _values(samples, START_S + length_s)}
            for position, instance in enumerate(self._told)
            for name, samples in self._scraped(instance, position, length_s).items()
        ]

    def _scraped(self, instance: str, position: int, length_s: int) -> dict[str, dict[int, float | None]]:
        """Series → second → value; None: it has ended there (Prometheus's staleness marker)."""
        found: dict[str, dict[int, float | None]] = {}
        for second in range(self._offset(position), length_s, self.scrape_s):
            shown = self._shown(instance, second)
            seen = {_named("up", instance): float(shown is not None)}
            seen |= {_named(name, instance): value for name, value in (shown or {}).items()}
            for name in found.keys() - seen.keys():
                found[name].setdefault(START_S + second, None)
            for name, value in seen.items():
                found.setdefault(name, {})[START_S + second] = value
        return found

    def _offset(self, position: int) -> int:
        """The first unit at once, the second as late as can be, others in between."""
        return (0, self.scrape_s - 1, self.scrape_s // 2)[position % 3]

    def _shown(self, instance: str, second: float) -> Shown:
        return next((shown for since, shown in reversed(self._told[instance]) if since <= second), DOWN)


def _named(name: str, instance: str) -> str:
    head, _, labels = name.partition("{")
    known = f'job="{JOB}",instance="{instance}:9742"'
    return f"{head}{{{labels.removesuffix('}')},{known}}}" if labels else f"{head}{{{known}}}"


def _values(samples: Mapping[int, float | None], length_s: int) -> str:
    """`_x100 1 _x59 1 …`: what lies between two scrapes is no sample. `1+0x9` is ten times 1."""
    words, at = [], 0
    for second, value, times in _runs(samples):
        words += [f"_x{second - at}"] if second > at else []
        words.append("stale" if value is None else f"{value:.3f}" + (f"+0x{times - 1}" if times > 1 else ""))
        at = second + times
    return " ".join([*words, f"_x{length_s - at}"] if length_s > at else words)


def _runs(samples: Mapping[int, float | None]) -> list[tuple[int, float | None, int]]:
    """First second, value, and for how many seconds in a row."""
    runs: list[tuple[int, float | None, int]] = []
    for second, value in samples.items():
        if runs and value is not None and runs[-1][1] == value and sum(runs[-1][::2]) == second:
            runs[-1] = (runs[-1][0], value, runs[-1][2] + 1)
        else:
            runs.append((second, value, 1))
    return runs
