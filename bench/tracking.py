"""An edit of 10 kB on the master: when it is in force on every backup."""

import time

from bench.figure import Figure, Options, Row, median, say, spread
from tests.netns.harness.config_scene import ConfigScene
from tests.netns.harness.documents import document
from tests.netns.harness.packets import Said
from tests.netns.harness.unit import GROUP

EDITS = 30
DOCUMENT_BYTES = 10_000
BACKUPS = ("b", "c", "d")


class ThreeBackups(ConfigScene):
    """a is master; b, c and d follow it."""

    hosts = ("a", *BACKUPS, "src")

    def make_units(self) -> None:
        super().make_units()
        for number, host in enumerate(BACKUPS[1:]):
            self.unit(host, 252 - number, designation="reserve")

    def settle(self) -> None:
        super().settle()
        self.start(*BACKUPS[1:])
        for host in BACKUPS[1:]:
            unit = self.units[host]
            unit.wait_for("a master to pair with", lambda unit=unit: unit.ask("discover").get("masters"))  # type: ignore[misc]
            done = unit.command("pair", GROUP)
            if done.exit_code:
                raise RuntimeError(done.output)
            unit.wait_for_digest(GROUP, self.digest)


def edit(scene: ThreeBackups, number: int) -> float:
    """ms from the moment when the master is asked until the last backup says on the LAN that it holds the new content."""
    head = scene.a.group_status(GROUP)["head"]
    made = document(GROUP, number, filler_bytes=DOCUMENT_BYTES)
    began = time.time_ns()
    answer = scene.a.ask("edit", group=GROUP, document=made, expect=head["id"], note=f"edit {number}")
    digest = answer["revision"]["digest"]

    def is_held(said: Said, host: str) -> bool:
        return said.host == host and said.digest == digest

    times = [scene.tap.wait_for(lambda said, host=host: is_held(said, host), 10, began).time_ns for host in BACKUPS]  # type: ignore[misc]
    return (max(times) - began) / 1e6


def measure(edits: int) -> list[float]:
    with ThreeBackups(1.0) as scene:
        found = []
        for number in range(edits):
            time.sleep(0.3)
            found.append(edit(scene, number + 1))
            say(f"  edit {number + 1} of {edits}: {found[-1]:.1f} ms")
        return found


def run(options: Options) -> list[Row]:
    found = options.measure("ours", "tracking", lambda: measure(options.runs(EDITS)))
    is_met = median(found) <= 100 if found else None
    return [Row("10 kB edit on the master: in force on all of 3 backups", spread(found), "median <= 100 ms", "-", is_met)]


FIGURE = Figure("tracking", "30 edits of 10 kB on the master, until all of 3 backups hold them", run)
