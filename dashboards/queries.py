"""Every query of the dashboards with the variables filled in, as Grafana would send it: for tests against a real Prometheus."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboards.pages import PAGES, text


@dataclass(frozen=True)
class Filled:
    """What stands for the variables. Everything: all units, all groups; `rate_interval` should hold four scrapes."""

    job: str = ".+"
    instance: str = ".+"
    group: str = ".+"
    rate_interval: str = "1m"
    range: str = "1h"

    def into(self, expression: str) -> str:
        """The expression as Prometheus can read it."""
        for variable, value in {
            "$__rate_interval": self.rate_interval,
            "$__range": self.range,
            "$job": self.job,
            "$instance": self.instance,
            "$group": self.group,
        }.items():
            expression = expression.replace(variable, value)
        return expression


@dataclass(frozen=True)
class Query:
    """`kind`: panel, variable or annotation; `panel`: its title, or the name of the variable or annotation.

    A variable's `expr` is a selector, and `label` what is read from it.
    """

    dashboard: str
    panel: str
    expr: str
    is_instant: bool
    kind: str = "panel"
    ref_id: str = ""
    legend: str = ""
    label: str = ""


def every_query(filled: Filled | None = None) -> list[Query]:
    """Of every panel, in folded rows as well."""
    return [query for name in PAGES for query in _of_panels(name, filled or Filled())]


def every_annotation(filled: Filled | None = None) -> list[Query]:
    """Asked over the time on the screen."""
    return [query for name in PAGES for query in _of_annotations(name, filled or Filled())]


def every_variable(filled: Filled | None = None) -> list[Query]:
    """`label_values(expr, label)`."""
    return [query for name in PAGES for query in _of_variables(name, filled or Filled())]


def dashboard(name: str) -> dict[str, Any]:
    """The JSON of `fleet`, `group` or `unit`."""
    found: dict[str, Any] = json.loads(text(name))
    return found


def panels(name: str) -> Iterator[dict[str, Any]]:
    """All that are no rows."""
    for panel in dashboard(name)["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def _of_panels(name: str, filled: Filled) -> Iterator[Query]:
    for panel in panels(name):
        for target in panel["targets"]:
            expression, legend = filled.into(target["expr"]), target.get("legendFormat", "")
            yield Query(name, panel["title"], expression, target.get("instant", False), "panel", target["refId"], legend)


def _of_annotations(name: str, filled: Filled) -> Iterator[Query]:
    for annotation in dashboard(name)["annotations"]["list"]:
        yield Query(name, annotation["name"], filled.into(annotation["expr"]), False, "annotation")


def _of_variables(name: str, filled: Filled) -> Iterator[Query]:
    for variable in dashboard(name)["templating"]["list"]:
        if variable["type"] == "query":
            inside = variable["query"].removeprefix("label_values(").removesuffix(")")
            selector, _comma, label = inside.rpartition(", ")
            yield Query(name, variable["name"], filled.into(selector), True, "variable", label=label)
