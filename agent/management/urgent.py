"""What comes into force at once while something else is being saved (a lock, the end of maintenance), in the order of its coming.

A change is planned on what is in force: it knows every edit until then, and may undo one on purpose. Those that come later, while
the disk is busy, are done again on top of it. So whoever spoke last is obeyed.
"""

from collections import deque
from collections.abc import Callable

from agent.settings.runtime_file import Runtime

Edit = Callable[[Runtime], Runtime]


class Urgent:
    """Numbered from 1. What has been saved is forgotten, so there are as many as come during one save."""

    def __init__(self) -> None:
        self.latest = 0
        """Whatever is made of the settings in force now knows all edits until this one."""
        self._edits: deque[tuple[int, Edit]] = deque()

    def note(self, edit: Edit) -> None:
        """One more."""
        self.latest += 1
        self._edits.append((self.latest, edit))

    def forget(self, until: int) -> None:
        """They are on the disk, or were undone there on purpose."""
        while self._edits and self._edits[0][0] <= until:
            self._edits.popleft()

    def on_top(self, runtime: Runtime, known: int) -> Runtime:
        """With what came after `known`."""
        for number, edit in self._edits:
            runtime = edit(runtime) if number > known else runtime
        return runtime
