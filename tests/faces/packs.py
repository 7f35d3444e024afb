"""What Zabbix and LibreNMS ought to show of a unit, from what its HTTP face says."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.model.kinds import Choice, Flag, Text, Value
from agent.model.managed import Managed
from agent.model.smi import oid_of
from agent.model.tables import TABLES
from generate.smi_names import label


class Shown(NamedTuple):
    """`key`: of Zabbix's item, without its row. `oid`: as LibreNMS finds it. `text`: what a person sees."""

    key: str
    row: str
    oid: str
    text: str


def of_view(view: dict[str, Any]) -> Iterator[Shown]:
    """Every object of every row."""
    for table in TABLES:
        said = view["tables"].get(table.name, [])
        for row in said if isinstance(said, list) else [said]:
            index = tuple(row[part.name] for part in table.index)
            for column in table.columns:
                if column.name in row:
                    oid = ".".join(map(str, oid_of(table, column, index)))
                    key = f"understudy.{table.name}.{column.name}"
                    yield Shown(key, ".".join(map(str, index)), oid, _text(column, row[column.name]))


def _text(column: Managed, value: Value) -> str:
    if value is None:
        return "" if isinstance(column.kind, Text) else "-1"
    if isinstance(column.kind, Flag):
        return "true" if value else "false"
    return label(str(value)) if isinstance(column.kind, Choice) else str(value)
