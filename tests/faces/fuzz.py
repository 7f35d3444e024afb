"""`./dev fuzz faces [--seconds N] [--seed N]`: mutated requests into every face of a real unit, all at once, over real sockets.

Nothing crashes, hangs or grows, and redundancy does not notice.
"""

import argparse
import os
import secrets
import sys
import threading
import time
from pathlib import Path

from tests.faces.attack import Attack
from tests.faces.attacks import ATTACKS
from tests.faces.scene import FacesScene
from tests.faces.unit import FacedUnit
from tests.management.fakes import eventually
from tests.netns.harness.analysis import reigns

WARM_UP_S = 1.0
LEAST = 20
"""Requests to each face."""
MAX_GROWTH = 16 << 20
"""Bytes that management may be larger than after the first second: buffers, caches, not a leak."""
MAX_DESCRIPTORS = 4
"""That it may have more than before, ten seconds after."""


class Weighed:
    """Management's process, now."""

    def __init__(self, unit: FacedUnit) -> None:
        (self.pid,) = unit.pids_of("management")
        self.memory = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


def attack(unit: FacedUnit, seconds: float, seed: int) -> list[Attack]:
    """All at once."""
    attacks = [kind(unit, seed) for kind in ATTACKS]
    until_s = time.monotonic() + seconds
    threads = [threading.Thread(target=one.run, args=(until_s, LEAST)) for one in attacks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return attacks


def fuzz(scene: FacesScene, seconds: float, seed: int) -> dict[str, int]:
    """AssertionError, or how much each face was sent. The scene's units must let x read and not write."""
    unit, began = scene.fa, scene.wait(0)
    descriptors = Weighed(unit).descriptors
    attack(unit, WARM_UP_S, seed + 1)
    before = Weighed(unit)
    attacks = attack(unit, seconds, seed)
    after = Weighed(unit)
    assert after.pid == before.pid, f"seed {seed}: management died: {unit.told()[-2000:]}"
    grown = after.memory - before.memory
    assert grown < MAX_GROWTH, f"seed {seed}: management grew by {grown >> 20} MiB"
    scene.wait_until_served("a")
    eventually(lambda: after.descriptors <= descriptors + MAX_DESCRIPTORS)
    assert not any(word in unit.told() for word in ("Traceback", "fault of ours")), f"seed {seed}: {unit.told()[-2000:]}"
    assert reigns(scene.said(began)) == ["a"], f"seed {seed}: redundancy noticed"
    return {type(one).__name__: one.sent for one in attacks}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev fuzz faces", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with FacesScene(may_x_write=False) as scene:
        sent = fuzz(scene, asked.seconds, asked.seed)
    print(", ".join(f"{name} {count}" for name, count in sent.items()), "requests: nothing crashed, hung or grew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
