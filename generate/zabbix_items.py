"""Items of the Zabbix template: walks that fetch, and items that are taken from a walk, each a managed object."""

import hashlib
from collections.abc import Iterator

from agent.model.kinds import Choice, Flag, Number, Text
from agent.model.managed import Managed, Table
from agent.model.smi import ENTRY_ARC, OBJECTS_ARC
from agent.model.tables import TABLE, object_named
from generate.mib_objects import described_words
from generate.oids import Root, dotted
from generate.severities import STATES
from generate.smi_names import convention_of

Json = dict[str, object]
INTERVAL = "{$UNDERSTUDY.INTERVAL}"
ROW = {
    "member": "Group {#SNMPINDEX}",
    "peer": "Peer {#NAME} ({#SNMPINDEX})",
    "device": "Device {#NAME}",
    "coverage": "Group {#SNMPINDEX}",
}
"""By table: how a row is called."""
UNCHANGED: Json = {"type": "DISCARD_UNCHANGED_HEARTBEAT", "parameters": ["1h"]}
MAX_WALK_CHARS = 512
"""Zabbix keeps no longer one."""
# What is read beside the states, by table. What tells the rows apart comes first.
_MORE = {
    "unit": "name software boot description view_age_ms members peers alarms notifications_sent recorder_dropped recorder_fault",
    "member": "device_type device designation priority preempt advertisement_interval_ms takeover_timeout_us readiness "
    "master_name master_age_ms alarm_mask transitions last_text split_brains overlap_ms detect_us claim_us load_us lock_us "
    "open_us config_revision tracking_lag_ms",
    "peer": "name priority readiness age_ms",
    "device": "name error datagrams",
    "coverage": "covered_by best_name",
}
READ_TABLES = tuple(_MORE)
_SCALES = {"ms": "0.001", "µs": "0.000001"}
_ANCHOR = object_named("unit", "boot")


def read(table: Table) -> list[Managed]:
    """Columns that are read, in the order of the model."""
    wanted = {state.column.name for state in STATES if state.table is table} | set(_MORE[table.name].split())
    assert wanted <= {column.name for column in table.columns}
    return [column for column in table.columns if column.name in wanted]


def walks(root: Root) -> Iterator[tuple[str, Table, list[Managed]]]:
    """Key, table and columns of each walk: as many as fit."""
    for table in (TABLE[name] for name in READ_TABLES):
        columns, number = read(table), 1
        while columns:
            fitting = _fitting(root, table, columns)
            yield f"understudy.walk.{table.name}.{number}", table, columns[:fitting]
            columns, number = columns[fitting:], number + 1


def _fitting(root: Root, table: Table, columns: list[Managed]) -> int:
    return next(count for count in range(len(columns), 0, -1) if len(_walk(root, table, columns[:count])) <= MAX_WALK_CHARS)


def _walk(root: Root, table: Table, columns: list[Managed]) -> str:
    """With an object that always is there: a walk that finds nothing would be an error, and a unit may have no peers."""
    anchor = [oid_of_column(root, TABLE["unit"], _ANCHOR)] if table.index else []
    return f"walk[{','.join([*anchor, *(oid_of_column(root, table, column) for column in columns)])}]"


def walk_of(root: Root, table: Table, column: Managed) -> str:
    """The key of the walk that brings it."""
    return next(key for key, known, columns in walks(root) if known is table and column in columns)


def walk_items(root: Root) -> Iterator[Json]:
    """The only items that ask the unit."""
    for key, table, columns in walks(root):
        yield {
            "uuid": uuid_of(key),
            "name": f"SNMP walk: {table.name}, {columns[0].name} to {columns[-1].name}",
            "type": "SNMP_AGENT",
            "snmp_oid": _walk(root, table, columns),
            "key": key,
            "delay": INTERVAL,
            "history": "0",
            "trends": "0",
            "value_type": "TEXT",
            "description": "What other items are taken from.",
            "tags": [{"tag": "component", "value": "raw"}],
        }


def item_of(root: Root, table: Table, column: Managed) -> Json:
    """One managed object."""
    key = key_of(table, column.name)
    instance = "{#SNMPINDEX}" if table.index else "0"
    steps: list[Json] = [
        {"type": "SNMP_WALK_VALUE", "parameters": [f"{oid_of_column(root, table, column)}.{instance}", format_of(column)]},
        *_steps(column),
    ]
    return {
        "uuid": uuid_of(key),
        "name": _title(table, column.name),
        "type": "DEPENDENT",
        "key": key,
        "delay": "0",
        **_kind(column),
        "description": f"{column.snmp}: {described_words(column)}",
        **_mapped(column),
        "preprocessing": steps,
        "master_item": {"key": walk_of(root, table, column)},
        "tags": [{"tag": "component", "value": table.name}],
    }


def _kind(column: Managed) -> Json:
    """Numbers are whole unless they are scaled; no trends of states."""
    if isinstance(column.kind, Text):
        return {"value_type": "CHAR", "trends": "0"}
    if isinstance(column.kind, Number) and column.kind.unit in _SCALES:
        return {"value_type": "FLOAT", "units": "s"}
    return {"trends": "0"} if isinstance(column.kind, Choice | Flag) else {}


def _steps(column: Managed) -> Iterator[Json]:
    if isinstance(column.kind, Text):
        yield UNCHANGED
    if isinstance(column.kind, Number):
        if column.kind.low < 0:  # -1 says that it is not known
            yield {"type": "IN_RANGE", "parameters": ["0", ""], "error_handler": "DISCARD_VALUE"}
        if column.kind.unit in _SCALES:
            yield {"type": "MULTIPLIER", "parameters": [_SCALES[column.kind.unit]]}


def _mapped(column: Managed) -> Json:
    name = map_of(column)
    return {"valuemap": {"name": name}} if name else {}


def map_of(column: Managed) -> str:
    """The value map of a column; empty: none."""
    if isinstance(column.kind, Choice):
        return convention_of(column.kind)
    return "TruthValue" if isinstance(column.kind, Flag) else ""


def _title(table: Table, name: str) -> str:
    words = name.removesuffix("_ms").removesuffix("_us").replace("_", " ")
    return f"{ROW[table.name]}: {words}" if table.index else f"Unit: {words}"


def key_of(table: Table, name: str) -> str:
    """Of an item, or of the prototype for each row."""
    return f"understudy.{table.name}.{name}" + ("[{#SNMPINDEX}]" if table.index else "")


def format_of(column: Managed) -> str:
    """1: text, also when net-snmp shows it as Hex-STRING (whatever is not ASCII); 0: as it is."""
    return "1" if isinstance(column.kind, Text) else "0"


def oid_of_column(root: Root, table: Table, column: Managed) -> str:
    """Without the index."""
    entry = (ENTRY_ARC,) if table.index else ()
    return dotted((*root, OBJECTS_ARC, table.arc, *entry, column.column))


def uuid_of(text: str) -> str:
    """The same at each generation, so that an import updates; shaped as version 4, which the import checks."""
    digits = hashlib.sha256(f"understudy/{text}".encode()).hexdigest()[:32]
    return f"{digits[:12]}4{digits[13:16]}8{digits[17:]}"
