"""`./dev demo --observe` as a newcomer runs it: the failover in the terminal, in the metrics, and as a sentence."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboards.promtool import tool
from tests.test_demo import environment, leftovers, processes_of
from tests.test_demo import home as home  # noqa: PLC0414 (a fixture)

LIMIT_S = 60
SENTENCE = re.compile(r"At \S+ UTC rx-b took group 7 over from rx-a because rx-a went away without a word")


def observed(home: Path, path: str) -> Iterator[str]:
    """What it prints; exit code 0, and nothing is left."""
    command = [sys.executable, "-m", "agent", "demo", "--plain", "--quick", "--observe"]
    done = subprocess.run(
        command, cwd="/", env=environment(home) | {"PATH": path}, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert leftovers(home, 0.5) == "", processes_of(home)
    yield from done.stdout.splitlines()


def test_the_failover_is_seen_in_the_metrics_and_told_in_a_sentence(home: Path) -> None:
    """Issue 5, done when: terminal, metrics, sentence."""
    tool("prometheus")
    lines = list(observed(home, os.environ["PATH"]))
    table = {line[:30].strip(): line[30:].split()[:2] for line in lines[lines.index("Step 2 as Prometheus saw it:") :] if line}
    assert table["master"] == ["rx-a", "rx-b"]
    assert table["units that answer"] == ["2", "1"]
    assert table["takeovers"] == ["0", "1"]
    assert table["silence before it, s"][0] == "0"
    assert 1.29 < float(table["silence before it, s"][1]) < 1.6
    assert SENTENCE.search(" ".join(lines[lines.index("$ understudy explain --last   (after step 2)") :]))


def test_without_prometheus_it_says_so_and_goes_on(home: Path) -> None:
    """Issue 5: "when it is installed"; the sentence needs none."""
    text = "\n".join(observed(home, "/nonexistent"))
    assert text.count("Prometheus is not installed here") == 1
    assert "apt-get install prometheus" in text
    assert "as Prometheus saw it" not in text
    assert SENTENCE.search(" ".join(text.split()))


@pytest.mark.parametrize("words", [["--observe"], []])
def test_only_who_asks_is_observed(words: list[str]) -> None:
    """A demo as always opens no TCP port."""
    from agent.cli.demo.options import parse_options

    assert parse_options(words).is_observed is bool(words)
