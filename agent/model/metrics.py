"""Every object as Prometheus calls it: name, type, labels and help, derived from its declaration. Pure.

    Counter            counter, NAME_total                    Number, Flag       gauge (ms, µs: s; KiB: bytes; ppm: a share)
    Moment             gauge, NAME_timestamp_seconds          Choice             one gauge a word, 0 or 1, the word as a label
    Text               NAME_info: 1, with labels; else 1 when there is text, 0 when not

A table of conditions (alarm, reason) has one series of value 1 for each that lasts.
"""

from dataclasses import dataclass
from enum import Enum

from agent.model.kinds import Choice, Counter, Moment, Text
from agent.model.managed import Managed, Table
from agent.model.tables import TABLES

PREFIX = "understudy_"


class Type(Enum):
    """In the words of both formats, but `info`, which the older one does not know."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Family:
    """`name`: with the prefix, as its samples have it (`…_total`, `…_info`). `labels`: their names. `buckets`: of a histogram,
    upper bounds in its unit."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """An object and its family. `word_label`: of a Choice, the label that has its word; `divisor`: to base units."""

    table: Table
    column: Managed
    family: Family
    word_label: str = ""
    divisor: float = 1


LABELS: dict[str, tuple[str, ...]] = {
    "unit": (),
    "member": ("group",),
    "peer": ("group", "peer"),
    "reason": ("group", "peer"),
    "packets": ("group", "kind"),
    "rejected": ("group", "reason"),
    "device": ("device",),
    "coverage": ("group",),
    "alarm": ("group",),
}
"""Of every series of a table. What they are called is not what they hold: a peer and a device are told by name."""
INFO_LABELS: dict[str, tuple[tuple[str, str], ...]] = {
    "unit_info": (("unit", "name"), ("unit_id", "unit_id")),
    "build_info": (("version", "software"),),
    "member_info": (("device", "device"), ("designation", "designation"), ("seat", "seat")),
}
"""Label and column, besides the table's labels. build_info has the Python that runs as well."""
CONDITIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "alarm": (("alarm", "name"), ("severity", "severity")),
    "readiness_reason": (("reason", "word"),),
}
"""Series that are there, with value 1, for as long as a row is."""
WORD_LABELS = {"tracking_state": "state"}
"""Where the label that holds the word is not called as the object is."""
_DIVISORS = (("_ms", 1_000.0), ("_us", 1_000_000.0), ("_ppm", 1_000_000.0), ("_kib", 1 / 1024))


def told() -> tuple[Told, ...]:
    """Every object that has a name for Prometheus, in the order of the tables."""
    return tuple(_told(table, column) for table in TABLES for column in table.columns if column.metric)


def _told(table: Table, column: Managed) -> Told:
    labels, word_label = LABELS[table.name], ""
    if column.metric in INFO_LABELS | CONDITIONS:
        labels += tuple(label for label, _column in {**INFO_LABELS, **CONDITIONS}[column.metric])
    elif isinstance(column.kind, Choice):
        word_label = WORD_LABELS.get(column.name, column.name)
        labels += (word_label,)
    if column.metric == "build_info":
        labels += ("python",)
    family = Family(PREFIX + column.metric, _type(column), column.help, labels)
    return Told(table, column, family, word_label, _divisor(column))


def _type(column: Managed) -> Type:
    if isinstance(column.kind, Counter):
        return Type.COUNTER
    return Type.INFO if column.metric.endswith("_info") else Type.GAUGE


def _divisor(column: Managed) -> float:
    if isinstance(column.kind, Moment):
        return 1_000_000_000
    return next((divisor for ending, divisor in _DIVISORS if column.name.endswith(ending)), 1)


def is_presence(column: Managed) -> bool:
    """Is it 1 when there is text, 0 when there is none?"""
    return isinstance(column.kind, Text) and not column.metric.endswith("_info")
