"""The text of one family that is counted: a line or a histogram is written again only when it has changed."""

from agent.management.exposition.tally import Histogram, Key, Tally
from agent.model.metrics import Family


class CountedSheet:
    """Of one family, for one page."""

    def __init__(self, tally: Tally | Histogram) -> None:
        self.family: Family = tally.family
        self._version = -1
        self._values: dict[Key, object] = {}
        self._lines: dict[Key, str] = {}
        self._block = b""

    def update(self, tally: Tally | Histogram) -> None:
        """As it is now."""
        if tally.version == self._version:
            return
        self._version = tally.version
        for key, value in tally.values.items():
            if self._values.get(key) is not value:
                self._values[key] = value
                self._lines[key] = tally.lines(key)
        self._block = "".join(self._lines.values()).encode("utf-8", "replace")

    def block(self) -> bytes:
        """All of it."""
        return self._block
