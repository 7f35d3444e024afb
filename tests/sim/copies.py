"""A copy of the engine, a fault planted in it, and the run that should find it, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.sim.mutant import Mutant

ROOT: Final = Path(__file__).parents[2]
FIRST_SEED: Final = 7_000
HISTORIES: Final = 30
CPU_LIMIT_S: Final = 100
"""A fault that never ends is killed. Of processor time: these runs get the processor when nobody else wants it."""


def make_copy(to: Path) -> Path:
    """`agent` as it is here, for a PYTHONPATH; the directory of its engine."""
    for part in ("engine", "wire"):
        shutil.copytree(ROOT / "agent" / part, to / "agent" / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "agent" / "__init__.py", to / "agent")
    return to / "agent" / "engine"


def plant(mutant: Mutant, engine: Path) -> None:
    """Put the fault in."""
    source = (engine / mutant.file).read_text()
    assert source.count(mutant.old) == 1, f"mutant {mutant.name!r} does not fit {mutant.file} any more: write it again"
    (engine / mutant.file).write_text(source.replace(mutant.old, mutant.new))


def prove(
    copy: Path, scenarios: tuple[str, ...], histories: int = HISTORIES, module: str = "tests.sim.prove"
) -> tuple[bool, str]:
    """Do all invariants hold with that copy? And what was said."""
    arguments = [str(copy / "agent" / "engine"), str(FIRST_SEED), str(histories), *scenarios]
    ran = subprocess.run(
        ["prlimit", f"--cpu={CPU_LIMIT_S}", sys.executable, "-B", "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"},
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1) and not ran.stderr, (ran.returncode, ran.stderr)  # noqa: PT018
    return ran.returncode == 0, ran.stdout
