"""What a network can cause again and again is told once: it must not fill the messages of `understudy run`."""

from collections.abc import Callable

MAX_TOLD = 20


class Once:
    """`tell` hears each thing once, and at most 20 different ones in this life."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def tell(self, text: str, what: str = "") -> None:
        """`what`: that which is told once, when the sentence itself is another each time."""
        what = what or text
        if what not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(what)
            self._tell(text)
