"""How SNMP says the kinds of the model: the syntax of each, where it stands, and what stands for `not known`."""

from enum import Enum

from agent.model.kinds import Choice, Counter, Flag, Moment, Number, Octets, Text, Value
from agent.model.managed import Managed, Table
from agent.model.tables import object_named
from agent.model.view import Index

DEFAULT_ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 7421)
"""netSnmpPlaypen: no enterprise number is registered for this project."""
NOTIFICATIONS_ARC, OBJECTS_ARC, CONFORMANCE_ARC, PRODUCTS_ARC = range(4)
PRODUCT_ARC = 1
"""Below the products: this agent; root.3.1 is its sysObjectID."""
ENTRY_ARC = 1
_SEMAPHORE = object_named("unit", "write_semaphore")
_ABSENT: dict[type, Value] = {Counter: 0, Flag: False, Text: "", Octets: b"", Moment: 0}


class Syntax(Enum):
    """As in the MIB."""

    INTEGER32 = "Integer32"
    UNSIGNED32 = "Unsigned32"
    COUNTER64 = "Counter64"
    ENUMERATION = "INTEGER"
    TRUTH_VALUE = "TruthValue"
    TEXT = "SnmpAdminString"
    OCTETS = "OCTET STRING"
    DATE_AND_TIME = "DateAndTime"
    TEST_AND_INCR = "TestAndIncr"


_OF_KIND = {
    Counter: Syntax.COUNTER64,
    Choice: Syntax.ENUMERATION,
    Flag: Syntax.TRUTH_VALUE,
    Text: Syntax.TEXT,
    Octets: Syntax.OCTETS,
    Moment: Syntax.DATE_AND_TIME,
}


def syntax_of(column: Managed) -> Syntax:
    """Numbers that may be negative are Integer32, as are those of an index by custom Unsigned32."""
    if column == _SEMAPHORE:
        return Syntax.TEST_AND_INCR
    if isinstance(column.kind, Number):
        return Syntax.INTEGER32 if column.kind.low < 0 else Syntax.UNSIGNED32
    return _OF_KIND[type(column.kind)]


def absent(column: Managed) -> Value:
    """What says `not known now` where nothing but a value of the kind can be said. Of a Moment 0: a date of zero octets."""
    kind = column.kind
    if isinstance(kind, Number):
        return -1 if kind.low < 0 else max(0, kind.low)
    if isinstance(kind, Choice):
        return next((kind.words[word] for word in ("unknown", "none") if word in kind.words), min(kind.words.values()))
    return _ABSENT[type(kind)]


def oid_below_root(table: Table, column: Managed, index: Index = ()) -> tuple[int, ...]:
    """Of an instance: scalars root.1.ARC.COLUMN.0, rows root.1.ARC.1.COLUMN.INDEX."""
    if not table.index:
        return (OBJECTS_ARC, table.arc, column.column, 0)
    return (OBJECTS_ARC, table.arc, ENTRY_ARC, column.column, *index)


def oid_of(table: Table, column: Managed, index: Index = (), root: tuple[int, ...] = DEFAULT_ROOT) -> tuple[int, ...]:
    """The whole OID of an instance."""
    return (*root, *oid_below_root(table, column, index))
