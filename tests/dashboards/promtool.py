"""promtool of Debian's package `prometheus`: checks rules and configurations, and plays rules against a tape."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.dashboards.tape import START_S

RULES = Path(__file__).parents[2] / "dashboards" / "rules"
RULE_FILES = (RULES / "recording.yaml", RULES / "alerts.yaml")
EVALUATION_S = 15
LIMIT_S = 60


def tool(name: str) -> str:
    """Its path. ./dev test installs it as root: no test passes without it there, and elsewhere it says what is missing."""
    path, missing = shutil.which(name), f"{name} is missing: apt-get install prometheus prometheus-alertmanager"
    if path is None and os.geteuid() != 0:
        pytest.skip(missing)
    assert path, f"{missing} (./dev test does it)"
    return path


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """What it says; judge the exit code."""
    return subprocess.run([tool("promtool"), *map(str, words)], capture_output=True, text=True, check=False, timeout=LIMIT_S)


def expectation(second: float, expression: str, samples: Sequence[tuple[str, float]]) -> dict[str, object]:
    """One `promql_expr_test`: at this second of the scene, exactly these."""
    said = [{"labels": labels, "value": value} for labels, value in samples]
    return {"expr": expression, "eval_time": f"{int(START_S + second)}s", "exp_samples": said}


def play(file: Path, tests: Sequence[dict[str, object]]) -> str:
    """Write a test file and run it: empty, or what promtool has against it."""
    document = {"rule_files": [str(path) for path in RULE_FILES], "evaluation_interval": f"{EVALUATION_S}s", "tests": list(tests)}
    file.write_text(json.dumps(document))  # which is YAML
    done = promtool("test", "rules", file)
    return "" if done.returncode == 0 else done.stdout + done.stderr
