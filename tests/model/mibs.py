"""Tools that are not ours, and the base modules that they need."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIB = ROOT / "mibs" / "UNDERSTUDY-MIB.txt"
BASE = Path(__file__).parent / "base_mibs"


def is_missing(tool: str) -> bool:
    """As root the packages are installed by ./dev test, so there nothing may be skipped."""
    return shutil.which(tool) is None and os.geteuid() != 0


def output_of(*command: str, folder: Path = ROOT, **environment: str) -> str:
    """What it writes to both streams; smilint and its like exit with 0 whatever they found."""
    variables = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60
    ).stdout


def translated(*arguments: str, mib: Path = MIB) -> list[str]:
    """Lines of net-snmp's snmptranslate, which reads the module anew."""
    path = f"{BASE}:{mib.parent}"
    return output_of("snmptranslate", "-M", path, "-m", "UNDERSTUDY-MIB", *arguments).splitlines()
