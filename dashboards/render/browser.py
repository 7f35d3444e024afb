"""A page as a picture: headless Chromium."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from dashboards.render.recording import RenderError

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
LIMIT_S: Final = 120
MARK: Final = "understudy-render:"
"""What the page says on its console: drawn, or failed and why."""
SCRIPT_MS: Final = 12_000
"""Virtual time that the page gets to draw itself: it passes as quickly as the machine can."""


def browser() -> str:
    """RenderError when there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise RenderError("no Chromium was found, and pictures are drawn in it. Debian: apt-get install chromium")
    return found


def take_picture(page: Path, picture: Path, width: int, height: int) -> None:
    """RenderError when Chromium fails or draws nothing."""
    picture.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="understudy-render-") as profile:
        words = [
            *(browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
            *("--enable-logging=stderr", "--allow-file-access-from-files"),
            *(f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--virtual-time-budget={SCRIPT_MS}"),
            *(f"--screenshot={picture}", page.as_uri()),
        ]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise RenderError(f"Chromium took longer than {LIMIT_S} s for {page}") from error
    said = [line for line in done.stderr.splitlines() if MARK in line]
    if done.returncode != 0 or not picture.is_file() or any("failed" in line for line in said) or not said:
        raise RenderError(f"Chromium drew nothing of {page}: {' '.join(said) or done.stderr.strip()[-1500:]}")
