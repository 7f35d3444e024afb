"""How the master's adverts arrive, as two histograms: core counts them, since its own start. Pure."""

from collections.abc import Callable

from agent.management.exposition.tally import Histogram, Key
from agent.management.viewer_read import Object, table, tables
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

    def take(self, key: Key, told: object, sum_ms: object) -> None:
        """As core tells it: places at the end that it leaves out are 0. What is odd is left out."""
        if not isinstance(told, list) or not isinstance(sum_ms, int | float):
            return
        known, total = self.values.get(key), round(sum_ms / _MS_A_SECOND, 6)
        if known is None or known[1] != total:
            places = len(self.family.buckets) + 1
            self.values[key] = ((*told, *_ZEROS[len(told) :])[:places], total)
            self.version += 1

    def lines(self, key: Key) -> str:
        """Of one series; empty: they are no numbers."""
        try:
            return super().lines(key)
        except TypeError:
            return ""
