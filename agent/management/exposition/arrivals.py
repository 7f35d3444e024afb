"""How the master's adverts arrive, as two histograms: core counts them, since its own start. Pure.

They change with every advert of every group, so their text is a form per group into which the numbers are put.
"""

from collections.abc import Callable
from itertools import accumulate

from agent.management.exposition.tally import Histogram, Key
from agent.management.exposition.text import labelled
from agent.management.viewer_read import Object, table, tables
from agent.model.metrics import Family
from agent.model.metrics_counted import DISTANCE, MARGIN

_MS_A_SECOND = 1000
_ZEROS = (0,) * 64


class Arrivals:
    """Of all groups in which a master was followed. `status`: the newest that core said of its members."""

    def __init__(self, status: Callable[[], Object]) -> None:
        self.distances, self.margins = Arriving(DISTANCE), Arriving(MARGIN)
        self._status = status

    def look(self) -> None:
        """As it is now."""
        for member in tables(self._status().get("members")):
            key, timing = (str(member.get("group")),), table(member.get("timing"))
            self.distances.take(key, timing.get("distances"), timing.get("distances_sum_ms"))
            self.margins.take(key, timing.get("margins"), timing.get("margins_sum_ms"))


class Arriving(Histogram):
    """One of them."""

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self._forms: dict[Key, str] = {}

    def take(self, key: Key, told: object, sum_ms: object) -> None:
        """As core tells it: places at the end that it leaves out are 0. What is odd is left out."""
        if not isinstance(told, list) or not isinstance(sum_ms, int | float):
            return
        known = self.values.get(key)
        total = sum_ms / _MS_A_SECOND
        if known is None or known[1] != total:
            self.values[key] = (tuple(told), total)
            self.version += 1

    def lines(self, key: Key) -> str:
        """Of one series."""
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _form(self.family, key)
        counts, total = self.values[key]
        places = len(self.family.buckets) + 1
        try:
            told = tuple(accumulate((*counts, *_ZEROS[len(counts) :])[:places]))
            return form % (*told, total, told[-1])
        except TypeError:
            return ""


def _form(family: Family, key: Key) -> str:
    """The text of a histogram, with places for its numbers."""
    name, labels = family.name, labelled(family.labels, key).replace("%", "%%")
    bounds = "".join(f'{name}_bucket{{{labels},le="{bound}"}} %d\n' for bound in (*family.buckets, "+Inf"))
    return f"{bounds}{name}_sum{{{labels}}} %.6f\n{name}_count{{{labels}}} %d\n"
