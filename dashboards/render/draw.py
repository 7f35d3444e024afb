"""Dashboard and answers → page → picture."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from dashboards import queries
from dashboards.frame import UIDS
from dashboards.render.browser import take_picture
from dashboards.render.recording import Recording
from dashboards.render.workshop import bundle

WIDTH: Final = 1600
LINE: Final = 38
"""Height of a line of Grafana's grid with its gap, in pixels."""
HEAD: Final = 80
PAGE: Final = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css"><style>body {{ margin: 0 }}</style>
<script>onerror = (said) => console.error("understudy-render: failed: " + said)</script>
<div id="page"></div><script>window.understudy = {given}</script><script src="page.js" crossorigin></script>
"""


def draw(recording: Recording, folder: Path) -> list[Path]:
    """One PNG a dashboard. RenderError with a sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    workshop = bundle()
    return [_draw(recording, name, workshop, folder / f"{UIDS[name]}.png") for name in recording.dashboards]


def _draw(recording: Recording, name: str, workshop: Path, picture: Path) -> Path:
    dashboard, asked = queries.dashboard(name), recording.dashboards[name]
    given = {
        "dashboard": dashboard,
        "answers": asked.answers,
        "marks": asked.marks,
        "chosen": asked.chosen,
        "from": recording.start,
        "to": recording.end,
        "step": recording.step,
    }
    page = workshop / f"{name}.html"
    page.write_text(PAGE.format(given=json.dumps(given).replace("<", "\\u003c")), encoding="utf-8")
    take_picture(page, picture.resolve(), WIDTH, _height(dashboard))
    _squeeze(picture)
    return picture


def _height(dashboard: dict[str, Any]) -> int:
    lines: int = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    return HEAD + LINE * lines


def _squeeze(picture: Path) -> None:
    """A third of the size, where pngquant is there; else as Chromium wrote it."""
    if tool := shutil.which("pngquant"):
        subprocess.run([tool, "--force", "--skip-if-larger", "--output", str(picture), "128", str(picture)], check=False)
