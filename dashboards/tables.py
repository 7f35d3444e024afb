"""Tables: one query a column, joined by the labels that all of them have."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

from grafana_foundation_sdk.builders import common, prometheus, table
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.looks import Mappings
from dashboards.panels import DATASOURCE, About, begun


@dataclass(frozen=True)
class Column:
    """A value; its expression keeps only the labels of the rows, and those that become columns of their own.

    Hidden: asked for its labels alone.
    """

    title: str
    expression: str
    unit: str = "none"
    mappings: Mappings | None = None
    thresholds: build.ThresholdsConfig | None = None
    width: int = 0
    is_hidden: bool = False


@dataclass(frozen=True)
class Label:
    """A label that is shown as a column, perhaps leading somewhere when it is clicked."""

    label: str
    title: str
    link: build.DashboardLink | None = None
    width: int = 0


HIDDEN: Final = ("Time", "__name__", "job")


def rows(about: About, labels: Sequence[Label], columns: Sequence[Column], sort: str = "") -> table.Panel:
    """A table with one row for every set of labels. Columns stand in the order given, labels first."""
    panel = begun(table.Panel(), about, [_query(column) for column in columns]).filterable(True)
    panel = panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    panel = panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=_organized(labels, columns)))
    for column in columns:
        panel = panel.override_by_name(column.title, _looks(column))
    for label in labels:
        panel = panel.override_by_name(label.title, _label_looks(label))
    return panel.sort_by([_sorted_by(sort or labels[0].title)])


def _query(column: Column) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(DATASOURCE).expr(column.expression).instant().format(PromQueryFormat.TABLE)


def _organized(labels: Sequence[Label], columns: Sequence[Column]) -> dict[str, object]:
    """Grafana calls the value of query A `Value #A`, and `Value` when it is the only one."""
    letters = ascii_uppercase[: len(columns)]
    fields = [label.label for label in labels] + ([f"Value #{letter}" for letter in letters] if len(columns) > 1 else ["Value"])
    hidden = [field for field, column in zip(fields[len(labels) :], columns, strict=True) if column.is_hidden]
    titles = [label.title for label in labels] + [column.title for column in columns]
    return {
        "excludeByName": dict.fromkeys([*HIDDEN, *hidden], True),
        "indexByName": {field: place for place, field in enumerate(fields)},
        "renameByName": dict(zip(fields, titles, strict=True)),
    }


def _looks(column: Column) -> list[model.DynamicConfigValue]:
    found = [model.DynamicConfigValue("unit", column.unit)]
    if column.mappings is not None:
        found.append(model.DynamicConfigValue("mappings", column.mappings))
    if column.thresholds is not None:
        found.append(model.DynamicConfigValue("thresholds", column.thresholds.build()))
    if column.mappings is not None or column.thresholds is not None:
        found.append(model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    return [*found, *_width(column.width)]


def _label_looks(label: Label) -> list[model.DynamicConfigValue]:
    links = [model.DynamicConfigValue("links", [label.link.build()])] if label.link else []
    return [*links, *_width(label.width)]


def _width(pixels: int) -> list[model.DynamicConfigValue]:
    return [model.DynamicConfigValue("custom.width", pixels)] if pixels else []


def _sorted_by(title: str) -> common.TableSortByFieldState:
    return common.TableSortByFieldState().display_name(title).desc(False)
