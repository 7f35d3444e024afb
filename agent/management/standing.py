"""The settings in force in this unit: kept on the disk first, then told to core. One writer; see agent/settings/overrides.py."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from agent.management.disk import Disk
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.urgent import Edit, Urgent
from agent.settings.model import MemberSettings, Settings
from agent.settings.overrides import Overrides, load_overrides, overrides_with
from agent.settings.runtime_file import Runtime


class Standing:
    """`is_unsaved`: the file on the disk says something else. `is_untold`: core has not confirmed all. Both are tried again."""

    def __init__(self, settings: Settings, memory: Memory, link: CoreLink, tell: Callable[[str], None]) -> None:
        self.settings, self._memory, self._link, self._tell = settings, memory, link, tell
        self.disk = Disk(settings, tell)
        self.overrides = load_overrides(settings.unit.data_dir, settings)
        self.is_unsaved, self.is_untold = self.overrides.is_stale, False
        self.is_failing = False
        self.urgent = Urgent()
        for sentence in self.overrides.told:
            tell(sentence)
        self.disk.keep_aside(self.overrides.refused)

    @property
    def runtime(self) -> Runtime:
        """What was set at run time."""
        return self.overrides.runtime

    async def look_at_disk(self) -> list[str]:
        """Does it say what is in force? A core that starts goes by it. If not: it is to be saved again, and why, as sentences."""
        is_right, told = await self.disk.look(None if self.is_unsaved else self.runtime)
        self.is_unsaved |= not is_right
        return told

    def with_runtime(self, runtime: Runtime) -> Overrides:
        """What would be in force. SettingsError, in the settings' own sentences, for what `check` calls an error."""
        return overrides_with(self.settings, runtime)

    async def save(self, runtime: Runtime, known: int | None = None) -> None:
        """On the disk, then in force here. `known`: the last urgent edit that `runtime` was made with (default: all until now).
        OSError: nothing has changed.
        """
        known = self.urgent.latest if known is None else known
        made = overrides_with(self.settings, runtime)
        await self.disk.write(runtime)
        self.overrides, self.is_unsaved = made, False
        self.urgent.forget(known)
        self._put_in_force(self.urgent.on_top(runtime, known))

    def _put_in_force(self, runtime: Runtime) -> None:
        """At once; the disk follows."""
        if runtime != self.runtime:
            self.overrides, self.is_unsaved = overrides_with(self.settings, runtime), True

    def edit_now(self, edit: Edit) -> None:
        """In force at once; the disk follows (`save_again`). For what protects: a lock, the end of maintenance."""
        self.urgent.note(edit)
        self._put_in_force(edit(self.runtime))

    def go_back(self, before: Runtime, known: int) -> None:
        """In force at once, with what protects; the disk follows. `known`: as of `save`."""
        self._put_in_force(self.urgent.on_top(before, known))

    async def save_again(self) -> bool:
        """If the disk says something else: try again. False: it does not take it."""
        if self.is_unsaved:
            try:
                await self.save(self.runtime)
            except OSError:
                self.is_failing = True
                return False
        self.is_failing = False
        return True

    def has(self, group: int) -> bool:
        """Has the unit a seat there, as far as the settings or core say?"""
        with suppress(KeyError):
            self.overrides.member_of(group)
            return group in self.groups()
        return False

    def home_of(self, group: int) -> MemberSettings:
        """Whose values hold there: the member itself, or the nmBackup of a pooled seat. KeyError."""
        return self.overrides.member_of(group)

    def groups(self) -> list[int]:
        """Of all seats: the settings', what they protect, and what core has met on the LAN."""
        members = self.settings.members
        listed = {member.group for member in members} | {group for member in members for group in member.protects or ()}
        return sorted(listed | {group for group in self._memory.members if self._has_values(group)})

    def _has_values(self, group: int) -> bool:
        with suppress(KeyError):
            return bool(self.overrides.member_of(group))
        return False

    def told_of(self, groups: Iterable[int]) -> list[dict[str, object]]:
        """What core tells of all seats that have the values of these members."""
        return [self._memory.members[seat] for seat in self.seats_of(groups) if seat in self._memory.members]

    def seats_of(self, groups: Iterable[int]) -> list[int]:
        """All seats that have the values of these members: a pool's follow their nmBackup."""
        wanted = set(groups)
        return [seat for seat in self.groups() if seat in wanted or self.home_of(seat).group in wanted]

    async def tell_core(self, groups: Iterable[int]) -> tuple[str, str]:
        """One `adjust` a seat. ("done"|"refused"|"away", core's text); the first that is not done ends it."""
        for group in self.seats_of(groups):
            controls = self.overrides.controls(group, time.time_ns())
            reply = await self._link.adjust({"group": group, **controls})
            if reply is None or reply.get("outcome") == "failed":
                self.is_untold = True
                return "away", str((reply or {}).get("text", ""))
            if reply.get("outcome") != "done":
                return "refused", str(reply.get("text", ""))
        return "done", ""

    async def tell_core_all(self) -> None:
        """After a connection, and while something is untold."""
        self.is_untold = False
        outcome, said = await self.tell_core(self.groups())
        if outcome == "refused":
            self._tell(f"core refuses what is set at run time: {said}")
