"""What pictures were drawn from, as sums in a file beside them: older dashboards and other answers are known by it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final

from dashboards.frame import UIDS
from dashboards.pages import text
from dashboards.render.recording import Recording

NAME: Final = "drawn-from.json"
Sums = dict[str, dict[str, str]]


def note(recording: Recording, pictures: Iterable[Path], folder: Path) -> Path:
    """Written into the folder of the pictures."""
    path = folder / NAME
    path.write_text(json.dumps(sums(recording, pictures), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path


def sums(recording: Recording, pictures: Iterable[Path]) -> Sums:
    """By file: of the picture itself, of the dashboard's JSON and of the answers that it was drawn from (SHA-256)."""
    names = {f"{UIDS[name]}.png": name for name in recording.dashboards}
    return {picture.name: _of(recording, names[picture.name], picture) for picture in pictures}


def _of(recording: Recording, name: str, picture: Path) -> dict[str, str]:
    whole = asdict(recording)
    answers = json.dumps([whole | {"dashboards": whole["dashboards"][name]}], sort_keys=True)
    return {
        "picture": sha256(picture.read_bytes()).hexdigest(),
        "dashboard": sha256(text(name).encode()).hexdigest(),
        "answers": sha256(answers.encode()).hexdigest(),
    }
