"""What a schema is made of: fields with their class, tables of fields, keyed rows of tables, and free-form tables.

The classes are those of C-19: only `always` and `only-while-acting` values are handed over; the others never leave the unit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from agent.documents.errors import Finding, Problem

Document: TypeAlias = dict[str, Any]
"""A table of str, int, float, bool, list and table values, as it stands in TOML or JSON."""


class FieldClass(StrEnum):
    """Who has a value (C-19). The default for any address is own-per-unit."""

    ALWAYS = "always"
    NEVER = "never"
    OWN = "own-per-unit"
    ACTING = "only-while-acting"

    @property
    def is_shared(self) -> bool:
        """Does it belong to the part that is tracked, digested and handed over?"""
        return self is FieldClass.ALWAYS or self is FieldClass.ACTING


class Kind(Protocol):
    """The type, unit and range of a value."""

    def problem(self, value: object) -> Problem | None:
        """What is wrong with it; None: nothing. Never raises."""

    def wanted(self) -> str:
        """What to write, with range and unit: "a whole number 0..8191"."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value. `help`: a sentence for the reference page. `refers_to`: rows of the document that it names by key."""

    kind: Kind
    help: str
    field_class: FieldClass = FieldClass.ALWAYS
    is_required: bool = False
    default: Any = None
    refers_to: str = ""
    is_set: bool = False
    """A list whose order means nothing."""
    is_shared: bool = field(init=False)
    """Of its class; here because it is asked for every value."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_shared", self.field_class.is_shared)


@dataclass(frozen=True, slots=True)
class Table:
    """Named values and tables."""

    help: str
    fields: Mapping[str, "Node"]
    required: tuple[tuple[str, Field], ...] = field(init=False)
    """The values that must be there."""

    def __post_init__(self) -> None:
        required = [(name, node) for name, node in self.fields.items() if isinstance(node, Field) and node.is_required]
        object.__setattr__(self, "required", tuple(required))


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of tables, each known by its `key`, a shared text that no other row of the list has. Their order means nothing."""

    help: str
    key: str
    table: Table
    most: int = 1024


@dataclass(frozen=True, slots=True)
class Free:
    """A table whose content is not ours to know: bounded, always shared."""

    help: str
    most_values: int = 10_000
    deepest: int = 12


Node: TypeAlias = Field | Table | Rows | Free

Rule: TypeAlias = Callable[[Document], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Schema:
    """`name`: of the driver. Another major: not readable; another minor: readable (C-14). `rules`: what crosses tables."""

    name: str
    major: int
    minor: int
    root: Table | Free
    rules: tuple[Rule, ...] = ()
    keyed: Mapping[str, Rows] = field(init=False)
    """The rows at the top, by name: what a reference may name."""

    def __post_init__(self) -> None:
        fields = self.root.fields if isinstance(self.root, Table) else {}
        rows = {name: node for name, node in fields.items() if isinstance(node, Rows)}
        object.__setattr__(self, "keyed", MappingProxyType(rows))


def walk(table: Table, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every node with its path ("carrier[].lnb.tone"), in order: for reference pages."""
    for name, node in table.fields.items():
        yield f"{path}{name}", node
        if isinstance(node, Table):
            yield from walk(node, f"{path}{name}.")
        elif isinstance(node, Rows):
            yield from walk(node.table, f"{path}{name}[].")


def node_at(schema: Schema, segments: Iterable[str]) -> Node | None:
    """The node that a path names; a row is its Table; anything within a Free is that Free. None: unknown."""
    node: Node | None = schema.root
    steps = iter(segments)
    for name in steps:
        if isinstance(node, Rows):
            node = node.table
        elif isinstance(node, Table):
            node = node.fields.get(name)
        elif not isinstance(node, Free):
            return None
    return node
