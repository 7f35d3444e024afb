"""The demo's one loop: look at LAN and output, ask the units for their roles and reasons, draw. The story waits in here."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from agent.cli.demo.ask import Entry, Words, words_of
from agent.cli.demo.eyes import Eyes
from agent.cli.demo.ground import INTERVAL_MS, PARTS, Ground, Part
from agent.cli.demo.options import Options
from agent.cli.demo.processes import Processes, python
from agent.cli.demo.scene import GONE, Happening, OutputScene, Scene, UnitScene
from agent.engine.timing import lease_ns
from agent.wire.message import Kind

TURN_S = 0.02
DRAW_S = 0.1
ASK_S = 0.2


class StoryError(Exception):
    """Something that had to happen did not; str() says what."""


class Screen(Protocol):
    """Shows a scene: live, or as lines."""

    def show(self, scene: Scene) -> None:
        """Called ten times a second."""

    def close(self, scene: Scene) -> None:
        """The last time."""


class Stage:
    """Use as a context: at its end no process and no file is left."""

    def __init__(self, ground: Ground, options: Options, processes: Processes, screen: Screen) -> None:
        self.ground, self.options, self.processes = ground, options, processes
        self.eyes, self.scene = Eyes(ground), Scene()
        self._screen = screen
        self._draw_at_s = self._ask_at_s = 0.0
        self._journals: dict[str, set[Entry]] = {part.name: set() for part in PARTS}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._screen.close(self.scene)

    def tell(self, text: str, who: str = "demo") -> None:
        """Into the event log, now."""
        self.scene.tell(Happening(time.time_ns(), who, text))

    def chapter(self, title: str) -> None:
        """A new step begins, and with it the measuring of the output."""
        self.scene.title = title
        self.tell(f"── {title}")
        self.eyes.new_step()

    def start_unit(self, part: Part) -> None:
        """Exactly what a user starts: `understudy run FILE`."""
        self.processes.start(part.name, python("agent", "run", str(self.ground.settings_file(part))))
        self.scene.units[part.name] = UnitScene()

    def kill_unit(self, part: Part) -> int:
        """All of its processes at once; how many."""
        count = self.processes.kill(part.name)
        self.scene.units[part.name] = UnitScene(role=GONE, reason="killed: all of its processes")
        return count

    def wait(self, seconds: float) -> None:
        """Look on."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.turn()

    def until(self, is_so: Callable[[], bool], limit_s: float, what: str) -> None:
        """Look on until it is so. StoryError with `what` had to be after `limit_s`."""
        until_s = time.monotonic() + limit_s
        while not is_so():
            if time.monotonic() > until_s:
                raise StoryError(f"within {limit_s:g} s, {what}; it did not happen. {self._state()}")
            self.turn()

    def turn(self) -> None:
        """One look. StoryError when a process has ended by itself."""
        time.sleep(TURN_S)
        self.eyes.look()
        now_s = time.monotonic()
        if now_s >= self._ask_at_s:
            self._ask_at_s = now_s + ASK_S
            self._ask()
        if now_s >= self._draw_at_s:
            self._draw_at_s = now_s + DRAW_S
            self.picture()
            self._screen.show(self.scene)
        ended = self.processes.ended()
        if ended:
            raise StoryError(f"{ended[0]} ended by itself, {ended[1]}")

    def picture(self) -> Scene:
        """The scene, brought up to now."""
        now_ns, meter = time.time_ns(), self.eyes.total
        for part in PARTS:
            unit = self.scene.units[part.name]
            unit.rate = self.eyes.rate(part.name, now_ns)
            unit.left_ns, unit.whole_ns = self._countdown(part, unit.role, now_ns)
        rate = sum(unit.rate for unit in self.scene.units.values())
        last_ns = max((source.last_ns for source in meter.sources.values()), default=None)
        silent_ns = None if last_ns is None else now_ns - last_ns
        self.scene.output = OutputScene(rate, meter.datagrams, meter.continuity_errors, silent_ns)
        return self.scene

    def _countdown(self, part: Part, role: str, now_ns: int) -> tuple[int | None, int]:
        """What is left of the lease (master) or until the takeover (backup), by the last advert on the LAN; and of how much."""
        whole_ns = lease_ns(INTERVAL_MS) if role == "master" else part.timeout_ns
        speakers = [part] if role == "master" else [other for other in PARTS if other is not part]
        adverts = [heard.at_ns for one in speakers if (heard := self.eyes.last(one.name, Kind.ADVERT, Kind.CLAIM))]
        if not adverts or role not in {"master", "backup"}:
            return None, whole_ns
        return max(0, max(adverts) + whole_ns - now_ns), whole_ns

    def _ask(self) -> None:
        for part in PARTS:
            unit = self.scene.units[part.name]
            words = words_of(self.ground.control(part)) if unit.role != GONE else None
            if words is not None:
                self._note(part, unit, words)

    def _note(self, part: Part, unit: UnitScene, words: Words) -> None:
        unit.role, unit.reason, unit.alarms = words.role, words.reason, words.alarms
        unit.is_real_time, unit.is_able = words.is_real_time, words.is_able
        known = self._journals[part.name]
        for entry in words.journal:
            if entry not in known:
                known.add(entry)
                at_ns = time.time_ns() - time.monotonic_ns() + entry.at_ns
                self.scene.tell(Happening(at_ns, part.name, entry.text))

    def _state(self) -> str:
        return "Now: " + "; ".join(f"{name} is {unit.role}" for name, unit in self.scene.units.items()) + "."
