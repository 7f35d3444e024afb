"""What Prometheus answers to every query of the dashboards: asked now, or kept in a file so that pictures need no live system."""

import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FAILOVER: Final = Path(__file__).parent / "failover.json.gz"
"""Two real units and a real Prometheus, through a failover and the way back."""
LIMIT_BYTES: Final = 64 * 1024 * 1024
Result = list[dict[str, Any]]
"""Series as the HTTP API of Prometheus gives them."""


class RenderError(Exception):
    """A sentence for a person: what could not be had, and what to do."""


@dataclass(frozen=True)
class Asked:
    """One dashboard. `answers`: title of the panel/letter of the query → series; `marks`: ms and colour."""

    chosen: str
    answers: dict[str, Result]
    marks: list[dict[str, Any]]


@dataclass(frozen=True)
class Recording:
    """Times in seconds since 1970; `step` between two points."""

    start: float
    end: float
    step: float
    dashboards: dict[str, Asked]


def save(recording: Recording, path: Path) -> None:
    """The same answers make the same bytes."""
    text = json.dumps(asdict(recording), separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def load(path: Path) -> Recording:
    """RenderError when it is none."""
    try:
        with gzip.open(path) as stream:
            kept = json.loads(stream.read(LIMIT_BYTES))
        dashboards = {name: Asked(**asked) for name, asked in kept.pop("dashboards").items()}
        return Recording(dashboards=dashboards, **kept)
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RenderError(f"{path} is no recording of a dashboard ({error}); write one with --record") from error
