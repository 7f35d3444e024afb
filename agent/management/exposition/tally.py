"""Counters and histograms with labels. Pure; every series is bounded by whoever counts."""

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from agent.management.exposition.text import labelled, number, sample
from agent.model.metrics import Family

Key = tuple[str, ...]
"""The values of the labels."""


@dataclass(slots=True)
class Tally:
    """Sums of one family. `version` grows with each change."""

    family: Family
    values: dict[Key, float] = field(default_factory=dict)
    version: int = 0

    def add(self, key: Key, by: float = 1) -> None:
        """`by`: 0 or more. By 0: the series is there from now on, so that its first change is seen as one."""
        self.values[key] = self.values.get(key, 0) + by
        self.version += 1

    def lines(self, key: Key) -> str:
        """Of one series."""
        return sample(self.family.name, labelled(self.family.labels, key), number(self.values[key]))


@dataclass(slots=True)
class Histogram:
    """One family, with labels. Each series: how many fell into each bucket (the last: beyond all), and their sum.

    Some change with every advert of every group, so the text of a series is a form into which the numbers are put.
    """

    family: Family
    values: dict[Key, tuple[tuple[int, ...], float]] = field(default_factory=dict)
    version: int = 0
    _forms: dict[Key, str] = field(default_factory=dict)

    def begin(self, key: Key) -> None:
        """The series is there, with nothing in it."""
        if key not in self.values:
            self.values[key] = ((0,) * (len(self.family.buckets) + 1), 0.0)
            self.version += 1

    def observe(self, key: Key, value: float) -> None:
        """One more. An upper bound belongs to its bucket."""
        self.begin(key)
        counts, total = self.values[key]
        place = bisect_left(self.family.buckets, value)
        self.values[key] = (tuple(count + (at == place) for at, count in enumerate(counts)), total + value)
        self.version += 1

    def lines(self, key: Key) -> str:
        """Of one series: buckets add up."""
        counts, total = self.values[key]
        up_to = tuple(accumulate(counts))
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _form(self.family, key)
        return form % (*up_to, number(total), up_to[-1])


def _form(family: Family, key: Key) -> str:
    """The text of one series, with places for its numbers."""
    name, labels = family.name, labelled(family.labels, key).replace("%", "%%")
    bounds = "".join(sample(f"{name}_bucket", f'{labels},le="{bound}"', "%d") for bound in (*family.buckets, "+Inf"))
    return bounds + sample(f"{name}_sum", labels, "%s") + sample(f"{name}_count", labels, "%d")
