"""docs/reference.md: every managed object, as each face calls it."""

from agent.model.managed import Access, Bank, Managed, Table
from agent.model.notifications import NOTIFICATION, NOTIFICATIONS
from agent.model.registers import group_address
from agent.model.smi import NOTIFICATIONS_ARC, oid_below_root, syntax_of
from agent.model.tables import TABLE, TABLES
from generate.markdown import range_of, table, unit_of
from generate.metrics import metrics_section
from generate.oids import Root, dotted
from generate.smi_names import table_prefix

_HEAD = """# Reference: every managed object

Made from the model of the agent (`agent/model`) by `./dev generate`: do not edit.

Every object is declared once, and SNMP, Modbus, HTTP, Prometheus and the command line are derived from that. Names are those of
JSON and the command line. OIDs are below the root, `{root}` unless `[snmp] root` says otherwise (no enterprise number is
registered for this project); G, P, N stand for the row's numbers. Registers are 0-based addresses: `input 1002 + 64 G` is the
input register 1002 for group 0, 1066 for group 1 ([the register map](../mibs/UNDERSTUDY-REGISTERS.md)). Metrics have the prefix
`understudy_`. What is not known now is `null` in JSON; in SNMP -1, an empty text, or a date of eight zero octets; in Modbus 65535
in every word, or 0x8000 and zeros where a number may be negative.

Settings are written with `understudy set`, `PATCH`, a SET or a register; each change is saved before it acts and kept across
restarts (`understudy config show --origin`).
"""
_WRITABLE = {Access.WRITE: "yes", Access.READ: "", Access.INDEX: "index", Access.NOTIFY: ""}


def reference_page(root: Root) -> str:
    """The whole page."""
    parts = [_HEAD.format(root=dotted(root)), *(_section(known) for known in TABLES), _notifications(), metrics_section()]
    return "\n".join(parts)


def _section(known: Table) -> str:
    columns = (*known.index, *known.columns)
    head = ("name", "range", "unit", "set", "SNMP", "OID below the root", "register", "metric", "meaning", "why")
    title = f"## {known.name}\n\n{known.help}" + (f" At most {known.limit} rows." if known.index else "")
    return f"{title}\n\n" + table(head, [_row(known, column) for column in columns])


def _row(known: Table, column: Managed) -> tuple[str, ...]:
    return (
        f"`{column.name}`",
        range_of(column.kind),
        unit_of(column.kind),
        _WRITABLE[column.access],
        f"`{column.snmp}` {syntax_of(column).value}",
        _oid(known, column),
        _register(known, column),
        f"`{column.metric}`" if column.metric else "",
        column.help,
        column.requirement,
    )


def _oid(known: Table, column: Managed) -> str:
    if column.access is Access.INDEX:
        return ""
    index = "".join(f".{'GPN'[place] if known.index[0].name == 'group' else 'N'}" for place in range(len(known.index)))
    return dotted(oid_below_root(known, column)) + index


def _register(known: Table, column: Managed) -> str:
    if column.register is None:
        return ""
    bank = "input" if column.register.bank is Bank.INPUT else "holding"
    size = f" ({column.register.words})" if column.register.words > 1 else ""
    if known.index:
        return f"{bank} {group_address(0) + column.register.offset} + 64 G{size}"
    return f"{bank} {column.register.offset}{size}"


def _notifications() -> str:
    known: dict[str, Table] = {**TABLE, NOTIFICATION.name: NOTIFICATION}
    rows = [
        (
            f"`{told.snmp}`",
            f"{NOTIFICATIONS_ARC}.{told.arc}",
            told.help,
            ", ".join(f"`{known[place].column(column).snmp}`" for place, column in told.objects),
            told.requirement,
        )
        for told in NOTIFICATIONS
    ]
    about = "Traps and informs. Their objects (prefix `" + table_prefix(NOTIFICATION) + "`) are of the moment that they tell of."
    return f"## notifications\n\n{about}\n\n" + table(("name", "OID below the root", "when", "objects", "why"), rows)
