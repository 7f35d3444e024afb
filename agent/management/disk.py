"""Management's hand on runtime.json and its copy: it alone writes them, and what it does not use it keeps aside."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from agent.settings.model import Settings
from agent.settings.runtime_disk import FILE, find_runtime, unit_id_of, write_runtime
from agent.settings.runtime_file import Owner, Runtime


class Disk:
    """`is_without_copy`: the last save could not replace the copy."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        self._settings, self._tell = settings, tell
        self._path = settings.unit.data_dir / FILE
        self.is_without_copy = False

    async def write(self, runtime: Runtime) -> None:
        """OSError: nothing has changed."""
        self.is_without_copy = not await asyncio.to_thread(write_runtime, self._path, runtime, self._owner())

    def _owner(self) -> Owner:
        unit, groups = self._settings.unit, tuple(member.group for member in self._settings.members)
        return Owner(unit_id_of(unit.data_dir), unit.name[:64], groups)

    async def look(self, runtime: Runtime | None) -> tuple[bool, list[str]]:
        """Does it say this (None: anything)? (False, why not, in sentences): it is to be written again, and is kept aside."""
        found = await asyncio.to_thread(find_runtime, self._path.parent)
        others, told = list(found.refused), list(found.told)
        if runtime not in (None, found.runtime) and self._path not in others:
            is_there = self._path.exists()
            others += [self._path] if is_there else []
            told.append(f"{self._path} {'does not say what was saved, and is not used' if is_there else 'is gone'}")
        told = [f"{sentence}. What is in force is saved again" for sentence in told]
        for sentence in told:
            self._tell(sentence)
        self.keep_aside(others)
        return not (told or found.is_stale), told

    def keep_aside(self, refused: Iterable[Path]) -> None:
        """What is not used is never lost."""
        for path in refused:
            aside = path.with_name(f"{path.name}.refused-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
            try:
                path.rename(aside)
            except OSError as error:
                self._tell(f"{path} cannot be moved aside: {error.strerror or error}")
            else:
                self._tell(f"it is kept as {aside}")
