"""`python -m tests.diagnostics.failover FILE` (20 s): the record that the README's picture of `explain` is drawn from, made anew.

Two real units on loopback; rx-a is killed while it airs, and started again. FILE is the record of rx-b. Then:

    understudy explain FILE --svg docs/pictures/explain.svg
"""

import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.dashboards.story import until
from tests.dashboards.units import RESERVE, Lan, LoopUnit, generator, receiver

LIMIT_S, CALM_S = 30.0, 3.0


def main(file: Path) -> None:
    """AssertionError when they do not do what is told here."""
    with ExitStack() as stack:
        lan = Lan(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        seat: dict[str, object] = {"device": "rx", "advertisement_interval": 0.5}
        a = LoopUnit(lan, "rx-a", lan.key(), {7: seat}, {"rx": receiver(lan)})
        b = LoopUnit(lan, "rx-b", lan.key(), {7: {**RESERVE, **seat}}, {"rx": receiver(lan, "127.0.0.2")})
        stream: subprocess.Popen[bytes] = generator(lan)
        for undo in (stream.wait, stream.kill, b.kill, a.kill):
            stack.callback(undo)
        a.start()
        wait_for(a, 'member_role{group="7",role="master"}')
        b.start()
        wait_for(a, 'member_protection{group="7",protection="protected"}')
        time.sleep(CALM_S)
        a.kill()
        wait_for(b, 'member_role{group="7",role="master"}')
        a.start()
        wait_for(b, 'member_protection{group="7",protection="protected"}')
        time.sleep(CALM_S)
        b.kill()
        [record] = (b.directory / "records").glob("*.pcapng.gz")
        shutil.copy(record, file)


def wait_for(unit: LoopUnit, series: str) -> None:
    until(lambda: unit.shows(f"understudy_{series}"), LIMIT_S, f"{unit.name}: {series}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
