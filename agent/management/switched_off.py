"""What is switched off (D-12): core carries it out, runtime.json says it afterwards, and a core that has started anew is told.

Core is right about what it does. Only when another core has come, which knows no more than it found on the disk, is management
right: what a person has been told stays so. `off` without force, as ever: it never silences an output that nobody takes (C-07).
"""

import asyncio
import time
from collections.abc import Callable, Iterator

from agent.management.arbiter import Arbiter
from agent.management.arbiter_values import with_group
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.viewer_read import table, tables
from agent.model.answers import Principal, Role
from agent.settings.runtime_file import Override, Runtime

CORE = Principal("core", "management", "", Role.ADMIN)
_NOT_SAVED = (
    ". It cannot be saved now, and is tried again every few seconds: until then a restart of the whole unit forgets it. "
    "Free space, or mend the disk."
)


class SwitchedOff:
    """`look` at each new whole state. `follow`: disk, core and faces follow what was edited in this group."""

    def __init__(self, arbiter: Arbiter, memory: Memory, link: CoreLink, follow: Callable[[int], None]) -> None:
        self._arbiter, self._memory, self._link, self._follow = arbiter, memory, link, follow
        self._boot: object = None
        """Of the core that says what is switched off; None: the first one is believed, it may have outlived a management."""
        self._refused: dict[int, str] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def faults(self) -> list[str]:
        """What a person must know, as sentences."""
        return list(self._refused.values())

    async def keep(self, group: int, off: Override | None) -> str:
        """Core has carried it out; None: switched on. On the disk when this returns, or what to add to the answer."""
        self._note(group, off)
        async with self._arbiter.saving:
            return "" if await self._arbiter.standing.save_again() else _NOT_SAVED

    def _note(self, group: int, off: Override | None) -> None:
        self._arbiter.standing.edit_now(lambda runtime: _with_off(runtime, group, off))

    def look(self) -> None:
        """Does core do what is noted?"""
        boot = table(self._memory.whole.get("unit")).get("boot")
        if boot is None or (self._task is not None and not self._task.done()):
            return
        wrong = dict(self._wrong())
        if self._boot is None or self._boot == boot:
            self._boot = boot
            for group, is_off in wrong.items():
                self._believe(group, is_off=is_off)
        else:
            self._task = asyncio.create_task(self._tell_again(boot, list(wrong)))

    def _wrong(self) -> Iterator[tuple[int, bool]]:
        """Groups in which core does something else, with what it does; not while somebody's order is carried out there."""
        for member in tables(self._memory.whole.get("members")):
            group, is_off = member.get("group"), table(member.get("controls")).get("off")
            if not isinstance(group, int) or not isinstance(is_off, bool):
                continue
            if is_off != self._is_off(group) and not self._arbiter.operations.running(group):
                yield group, is_off

    def _is_off(self, group: int) -> bool:
        return "off" in self._arbiter.standing.runtime.of(group)

    def _believe(self, group: int, *, is_off: bool) -> None:
        what = f"core says that group {group} is switched {_word(is_off)}: so it is kept"
        asked = self._arbiter.records.asked("off", CORE, what, after={f"{group}.off": is_off})
        self._note(group, Override(True, None, CORE.name, CORE.face, "", what, time.time_ns()) if is_off else None)
        self._arbiter.records.ended(asked, "done", what)
        self._event(group, what, is_off=is_off)
        self._follow(group)

    async def _tell_again(self, boot: object, groups: list[int]) -> None:
        """Core has started without it: its file was damaged, or the disk was full."""
        self._refused.clear()
        for group in groups:
            await self._order(group, is_off=self._is_off(group))
        if not self._refused:
            self._boot = boot

    async def _order(self, group: int, *, is_off: bool) -> None:
        off = self._arbiter.standing.runtime.of(group).get("off")
        author = off.author if off else str(CORE)
        what = f"core has started without knowing that group {group} is switched {_word(is_off)}"
        asked = self._arbiter.records.asked("off", CORE, what, after={f"{group}.off": is_off})
        reply = await self._link.command({"verb": _word(is_off), "group": group, "author": author})
        outcome, said = str(reply.get("outcome")), str(reply.get("text", ""))
        self._arbiter.records.ended(asked, outcome, said)
        if outcome == "done":
            self._event(group, f"{what}: it has been told again", is_off=is_off)
            self._follow(group)
        else:
            self._refused[group] = f"Group {group} is to be switched {_word(is_off)} ({author}), and core does not do it: {said}"

    def _event(self, group: int, what: str, *, is_off: bool) -> None:
        more = {"before": str(not is_off).lower(), "after": str(is_off).lower(), "author": str(CORE), "name": "off"}
        self._arbiter.records.event("setting", group, what, severity="warning", **more)


def _with_off(runtime: Runtime, group: int, off: Override | None) -> Runtime:
    own = {name: one for name, one in runtime.of(group).items() if name != "off"}
    return with_group(runtime, group, own if off is None else {**own, "off": runtime.of(group).get("off", off)})


def _word(is_off: bool) -> str:
    return "off" if is_off else "on"
