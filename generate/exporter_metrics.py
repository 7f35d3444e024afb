"""Which objects Prometheus reads by way of snmp_exporter, and how: the same choice for its module and for its generator."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.model.kinds import Choice, Text
from agent.model.managed import Managed, Table
from agent.model.tables import TABLE, TABLES

STATE_SETS = frozenset(
    {
        ("member", "role"),
        ("member", "common_state"),
        ("member", "link_state"),
        ("member", "indicator"),
        ("member", "readiness_colour"),
        ("member", "protection"),
        ("member", "tracking_state"),
        ("peer", "readiness_colour"),
        ("coverage", "state"),
    }
)
"""One series a word, 0 or 1: what people filter and alert by."""
INFOS = frozenset({("alarm", "name")})
LOOKUPS = {
    "peer": "name",
    "packets": "word",
    "rejected": "word",
    "device": "name",
    "alarm": "group",
}
"""By table: the column whose value becomes a label, found by the row's numbers."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One object that is read."""

    table: Table
    column: Managed

    @property
    def override(self) -> str:
        """The type that the generator would not choose by itself; empty: it does."""
        key = self.table.name, self.column.name
        assert key not in STATE_SETS | INFOS or isinstance(self.column.kind, Choice)
        return "EnumAsStateSet" if key in STATE_SETS else "EnumAsInfo" if key in INFOS else ""


def exported() -> Iterator[Metric]:
    """All that have a name for Prometheus; text is no metric."""
    for table in TABLES:
        for column in table.columns:
            if column.metric and not isinstance(column.kind, Text):
                yield Metric(table, column)


def lookups() -> Iterator[tuple[Table, Managed]]:
    """Table and the column that is looked up."""
    for table, column in LOOKUPS.items():
        yield TABLE[table], TABLE[table].column(column)
