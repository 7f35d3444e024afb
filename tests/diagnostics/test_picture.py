"""The README's picture of `explain`: what the command draws today of a record that two real units have made."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"


def test_the_picture_in_the_readme_is_what_explain_draws(tmp_path: Path) -> None:
    """Issue 5: the README shows it with pictures. Else: understudy explain docs/pictures/failover.pcapng.gz --svg
    docs/pictures/explain.svg; a new record is made by `python -m tests.diagnostics.failover`."""
    drawn = tmp_path / "explain.svg"
    words = [sys.executable, "-m", "agent", "explain", str(PICTURES / "failover.pcapng.gz"), "--svg", str(drawn)]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "rx-a went away" in " ".join(told.split())
    assert drawn.read_text() == (PICTURES / "explain.svg").read_text()
    assert "docs/pictures/explain.svg" in (ROOT / "README.md").read_text()
