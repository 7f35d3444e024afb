"""The three dashboards as the JSON that is committed and that Grafana imports."""

import json
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import yaml
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import fleet, frame, group, unit
from dashboards.grid import Row, placed

HERE: Final = Path(__file__).parent
RULES: Final = ("recording", "alerts")


class Page(Protocol):
    """A module that describes a dashboard."""

    TITLE: str
    DESCRIPTION: str

    def variables(self) -> list[build.QueryVariable]: ...

    def layout(self) -> list[Row]: ...


PAGES: Final[dict[str, Page]] = {"fleet": fleet, "group": group, "unit": unit}


@cache
def text(name: str) -> str:
    """Of the dashboard `fleet`, `group` or `unit`."""
    page = PAGES[name]
    builder = frame.begun(name, page.TITLE, page.DESCRIPTION).variables([frame.datasource(), *page.variables()])
    dashboard = builder.annotations(list(frame.annotations())).build()
    dashboard.panels = list(placed(page.layout()))
    return _json(dashboard)


def pages() -> dict[str, str]:
    """Path below dashboards/ → text. The mixin has the rules as JSON: old jsonnets misread their YAML."""
    shown = {f"json/{frame.UIDS[name]}.json": text(name) for name in PAGES}
    return shown | {f"mixin/{name}.json": _as_json(HERE / "rules" / f"{name}.yaml") for name in RULES}


def _as_json(path: Path) -> str:
    return _json(yaml.safe_load(path.read_text(encoding="utf-8")))


def _json(value: object) -> str:
    return json.dumps(value, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
