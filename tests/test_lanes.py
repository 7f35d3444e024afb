"""`./dev test` leaves nothing out, and a failure anywhere is its failure."""

import asyncio
from pathlib import Path

import pytest

from tests.lanes import COMPUTING, LOOKING, REALTIME, TESTS, Lane, lanes, run_all

PASSES = "def test_it(): pass\n"
FAILS = "def test_it(): assert False\n"


def packages() -> set[str]:
    return {path.parent.name for path in TESTS.glob("*/__init__.py")} | {path.name for path in TESTS.glob("test_*.py")}


def test_every_package_is_in_one_lane() -> None:
    """What is named in no lane is in the waiting one."""
    names = (*REALTIME, *LOOKING, *COMPUTING)
    assert len(set(names)) == len(names), "a package is in two lanes"
    assert set(names) <= packages(), "a lane names what there is not"
    words = {lane.name: lane.words for lane in lanes()}
    waiting = words.pop("waiting")
    named = [word for lane in words.values() for word in lane if not word.startswith("--timeout")]
    assert sorted(named) == sorted(f"tests/{name}" for name in names)
    assert sorted(waiting) == sorted(["tests", *(f"--ignore={name}" for name in named)])


@pytest.mark.parametrize(("other", "code"), [(PASSES, 0), (FAILS, 1), ("", 1), ("raise ValueError\n", 1)])
def test_one_lane_that_does_not_pass_is_a_failure_of_all(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], other: str, code: int
) -> None:
    """A lane without tests is one as well."""
    made = []
    for name, text in (("good", PASSES), ("other", other)):
        file = tmp_path / f"test_{name}.py"
        file.write_text(text)
        made.append(Lane(name, ("--rootdir", str(tmp_path), "-c", "/dev/null", str(file)), lambda: None))
    assert asyncio.run(run_all(made)) == code
    said = capfd.readouterr().out
    assert "===== good: passed" in said
    assert ("FAILED in other" in said) is bool(code)
