"""Objects and tables as OBJECT-TYPE."""

from collections.abc import Iterator

from agent.model.kinds import Choice, Number, Octets, Text
from agent.model.managed import Managed, Table
from agent.model.smi import ENTRY_ARC, Syntax, syntax_of
from generate.mib_text import clause, described
from generate.smi_names import convention_of, label, table_prefix, units_of, upper


def syntax_clause(column: Managed) -> str:
    """The SYNTAX of an object."""
    kind, syntax = column.kind, syntax_of(column)
    name: str = syntax.value
    if syntax is Syntax.TEST_AND_INCR:
        return name
    if isinstance(kind, Choice):
        return convention_of(kind)
    if isinstance(kind, Number):
        is_whole = (kind.low, kind.high) == (0, 2**32 - 1)
        return name if is_whole else f"{name} ({kind.low}..{kind.high})"
    if isinstance(kind, Text):
        return f"{name} (SIZE (0..{kind.max_bytes}))"
    if isinstance(kind, Octets):
        return f"{name} (SIZE (0 | {kind.size}))"
    return name


def entry_syntax(column: Managed) -> str:
    """In the SEQUENCE of a row: without ranges."""
    return syntax_clause(column).split(" (", maxsplit=1)[0]


def object_type(column: Managed, parent: str) -> str:
    """One object."""
    units = units_of(column)
    default = _default(column)
    return (
        f"{column.snmp} OBJECT-TYPE\n"
        + clause("SYNTAX     ", syntax_clause(column))
        + (clause("UNITS      ", f'"{units}"') if units else "")
        + clause("MAX-ACCESS ", column.access.value)
        + clause("STATUS     ", "current")
        + described(described_words(column))
        + (clause("DEFVAL     ", f"{{ {default} }}") if default else "")
        + f"    ::= {{ {parent} {column.column} }}\n"
    )


def described_words(column: Managed) -> str:
    """Its help; words of a list are named as the list names them in the MIB."""
    text = column.help
    for word in sorted(column.kind.words, key=len, reverse=True) if isinstance(column.kind, Choice) else ():
        if "_" in word:
            text = text.replace(word, label(word))
    return text


def _default(column: Managed) -> str:
    return "noAction" if column.name == "command" else ""


def table_types(table: Table, arc_of: str) -> Iterator[str]:
    """The table, its row, the row's SEQUENCE, then every column; of scalars the node and the objects."""
    prefix = table_prefix(table)
    if not table.index:
        yield f"{prefix} OBJECT IDENTIFIER ::= {{ {arc_of} {table.arc} }}\n"
        yield from (object_type(column, prefix) for column in table.columns)
        return
    yield _table(table, prefix, arc_of)
    yield _entry(table, prefix)
    yield _sequence(table, prefix)
    yield from (object_type(column, f"{prefix}Entry") for column in (*table.index, *table.columns))


def _table(table: Table, prefix: str, arc_of: str) -> str:
    return (
        f"{prefix}Table OBJECT-TYPE\n"
        + clause("SYNTAX     ", f"SEQUENCE OF {upper(prefix)}Entry")
        + clause("MAX-ACCESS ", "not-accessible")
        + clause("STATUS     ", "current")
        + described(f"{table.help} At most {table.limit} rows.")
        + f"    ::= {{ {arc_of} {table.arc} }}\n"
    )


def _entry(table: Table, prefix: str) -> str:
    return (
        f"{prefix}Entry OBJECT-TYPE\n"
        + clause("SYNTAX     ", f"{upper(prefix)}Entry")
        + clause("MAX-ACCESS ", "not-accessible")
        + clause("STATUS     ", "current")
        + described("One row.")
        + clause("INDEX      ", f"{{ {', '.join(column.snmp for column in table.index)} }}")
        + f"    ::= {{ {prefix}Table {ENTRY_ARC} }}\n"
    )


def _sequence(table: Table, prefix: str) -> str:
    columns = (*table.index, *table.columns)
    width = max(len(column.snmp) for column in columns) + 1
    lines = ",\n".join(f"    {column.snmp:<{width}}{entry_syntax(column)}" for column in columns)
    return f"{upper(prefix)}Entry ::= SEQUENCE {{\n{lines}\n}}\n"
