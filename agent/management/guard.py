"""What management does by itself: the lock after each change of master (D-51), the end of maintenance, and what is still to be
saved or told. It never keeps anybody from the air: core protects without it.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from agent.management.arbiter import Arbiter
from agent.management.arbiter_values import with_group
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.model.answers import Principal, Role
from agent.settings.runtime_file import Override, Runtime

LOOK_S = 5.0
"""At the latest: the wall clock may have been set."""
ITSELF = Principal("auto-lock", "management", "", Role.ADMIN)
CLOCK = Principal("the clock", "management", "", Role.ADMIN)


class Guard:
    """`changed`: what faces show may be different."""

    def __init__(self, arbiter: Arbiter, memory: Memory, link: CoreLink, changed: Callable[[], None]) -> None:
        self._arbiter, self._memory, self._link, self._changed = arbiter, memory, link, changed
        self._standing = arbiter.standing
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def look(self) -> None:
        """At a new whole state, or at new settings: whoever is master now, if a lock depends on it."""
        self._wake.set()
        for group, master in _masters(self._memory.whole):
            own, known = self._standing.runtime.of(group), self._standing.runtime.masters.get(group)
            if "auto_lock" not in own or known == master:
                continue
            if known is None or "locked" in own or not self._standing.settings.management.lock:
                self._standing.edit_now(_seen(group, master))
            else:
                self._lock(group, master)

    def _lock(self, group: int, master: str) -> None:
        records, what = self._arbiter.records, "locked by itself after a change of master (auto_lock)"
        asked = records.asked("lock", ITSELF, what, after={f"{group}.locked": True}, before={f"{group}.locked": False})
        lock = Override(True, None, ITSELF.name, ITSELF.face, "", what, time.time_ns())
        self._standing.edit_now(lambda runtime: _locked(_seen(group, master)(runtime), group, lock))
        records.ended(asked, "done", what)
        records.event("lock", group, what, before="false", after="true", author=str(ITSELF), name="locked")
        self.follow(group)

    def follow(self, group: int) -> None:
        """Disk, core and faces follow what was edited at once."""
        self._changed()
        task = asyncio.create_task(self._arbiter.confirm([group]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """For ever."""
        while True:
            self._end_maintenance(time.time_ns())
            await self._try_again()
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_next_s(time.time_ns())):
                    await self._wake.wait()

    async def _try_again(self) -> None:
        """What the disk did not take or has lost, and what core has not confirmed: a core that starts knows what it finds."""
        is_untold = self._standing.is_untold and self._link.is_connected
        if self._standing.is_unsaved or is_untold:
            async with self._arbiter.saving:
                if is_untold:
                    self._tell_faults(await self._standing.look_at_disk())
                await self._standing.save_again()
                if is_untold and self._link.is_connected:
                    await self._standing.tell_core_all()

    def _tell_faults(self, sentences: list[str]) -> None:
        for sentence in sentences:
            self._arbiter.records.event("fault", -1, sentence, severity="warning")

    def _until_next_s(self, now_ns: int) -> float:
        """The next end of maintenance, at most 5 s: the wall clock may be set meanwhile."""
        ends = [int(own["maintenance"].value) for own in self._standing.runtime.groups.values() if "maintenance" in own]
        return min([LOOK_S, *(max(0.05, (end_ns - now_ns) / 1e9) for end_ns in ends)])

    def _end_maintenance(self, now_ns: int) -> None:
        """C-13: it cannot be stranded."""
        for group, own in list(self._standing.runtime.groups.items()):
            if "maintenance" in own and int(own["maintenance"].value) <= now_ns:
                self._end(group, own["maintenance"])

    def _end(self, group: int, maintenance: Override) -> None:
        what = f"maintenance by {maintenance.author} has ended by itself: its time was over"
        asked = self._arbiter.records.asked("maintenance", CLOCK, what, before={f"{group}.maintenance": True})
        self._standing.edit_now(lambda runtime: _without_maintenance(runtime, group))
        self._arbiter.records.ended(asked, "done", what)
        more = {"before": "true", "after": "false", "author": str(CLOCK), "name": "maintenance"}
        self._arbiter.records.event("maintenance", group, what, **more)
        self.follow(group)


def _masters(whole: dict[str, object]) -> list[tuple[int, str]]:
    """Who is master of each group, where somebody is."""
    found: list[tuple[int, str]] = []
    members = whole.get("members")
    for member in members if isinstance(members, list) else []:
        master = member.get("master")
        if isinstance(master, dict) and master.get("unit_id") and master.get("gone") is not True:
            found.append((member["group"], str(master["unit_id"])))
    return found


def _seen(group: int, master: str) -> Callable[[Runtime], Runtime]:
    return lambda runtime: replace(runtime, masters={**runtime.masters, group: master})


def _locked(runtime: Runtime, group: int, lock: Override) -> Runtime:
    return with_group(runtime, group, {**runtime.of(group), "locked": lock})


def _without_maintenance(runtime: Runtime, group: int) -> Runtime:
    return with_group(runtime, group, {name: one for name, one in runtime.of(group).items() if name != "maintenance"})
