"""mibs/zabbix/understudy.yaml: a template for Zabbix 6.4 and later. A few walks a poll; everything else depends on them."""

from collections.abc import Iterator

from agent.model.kinds import Choice
from agent.model.managed import Managed, Table
from agent.model.tables import TABLE, object_named
from agent.model.words import ROLE
from generate.oids import Root
from generate.severities import TRUTH_VALUE
from generate.smi_names import label
from generate.yaml_text import yaml_of
from generate.zabbix_items import (
    INTERVAL,
    READ_TABLES,
    ROW,
    UNCHANGED,
    Json,
    format_of,
    item_of,
    key_of,
    map_of,
    oid_of_column,
    read,
    uuid_of,
    walk_items,
    walk_of,
)
from generate.zabbix_triggers import MASTERS, STATUS, Trigger, alarms, states

TEMPLATE, FOLDER = "Understudy by SNMP", "Templates/Understudy"
_HEAD = """# A template for Zabbix 6.4 or later, from the model of the agent by ./dev generate: do not edit.
# Data collection > Templates > Import. Put the hosts into the host group that {$UNDERSTUDY.HOSTS} names, for "Two masters".
"""
_MACROS = (
    (INTERVAL, "30s", "How often a unit is asked. A failover that is over between two polls is in the counters."),
    ("{$UNDERSTUDY.HOSTS}", "Understudy", "Host group of all units among which a group has one master."),
    ("{$UNDERSTUDY.FRESH}", "2m", "What a unit said longer ago does not count when masters are counted."),
    ("{$UNDERSTUDY.FLAPS}", "6", "More changes of state than this in 10 minutes are flapping."),
)
_FOUND = {
    "member": {"{#DEVICETYPE}": "device_type", "{#DEVICE}": "device"},
    "peer": {"{#NAME}": "name"},
    "device": {"{#NAME}": "name"},
    "coverage": {"{#COVEREDBY}": "covered_by"},
}
"""By table: what is found out about each row when it is discovered."""
_AIRS = "understudy.member.airs[{#SNMPINDEX},{#DEVICETYPE}]"


def zabbix_page(root: Root) -> str:
    """The whole file."""
    return _HEAD + yaml_of({"zabbix_export": export(root)})


def export(root: Root) -> Json:
    """What is imported."""
    template: Json = {
        "uuid": uuid_of(TEMPLATE),
        "template": TEMPLATE,
        "name": TEMPLATE,
        "description": "Hot-standby units: who is master, how ready the backups are, and what is wrong. UNDERSTUDY-MIB.",
        "groups": [{"name": FOLDER}],
        "items": [*walk_items(root), *_items(root, TABLE["unit"])],
        "discovery_rules": [_rule(root, TABLE[name]) for name in _FOUND],
        "tags": [{"tag": "class", "value": "redundancy"}, {"tag": "target", "value": "understudy"}],
        "macros": [{"macro": macro, "value": value, "description": text} for macro, value, text in _MACROS],
        "valuemaps": list(_value_maps()),
    }
    groups = [{"uuid": uuid_of(FOLDER), "name": FOLDER}]
    return {"version": "6.4", "template_groups": groups, "templates": [template]}


def _items(root: Root, table: Table) -> Iterator[Json]:
    for column in read(table):
        yield item_of(root, table, column) | _triggers(table, column.name)


def _rule(root: Root, table: Table) -> Json:
    found = _FOUND[table.name]
    columns = [table.column(name) for name in found.values()]
    (walk,) = {walk_of(root, table, column) for column in columns}
    return {
        "uuid": uuid_of(f"discovery {table.name}"),
        "name": f"Discovery of {table.name}",
        "type": "DEPENDENT",
        "key": f"understudy.{table.name}.discovery",
        "delay": "0",
        "description": f"{table.help} {{#SNMPINDEX}}: {', '.join(part.name for part in table.index)}.",
        "item_prototypes": [*_items(root, table), *(_counted(root) if table.name == "member" else ())],
        "master_item": {"key": walk},
        "preprocessing": [_to_json(root, table, list(zip(found, columns, strict=True))), UNCHANGED],
    }


def _to_json(root: Root, table: Table, found: list[tuple[str, Managed]]) -> Json:
    """No row is no error."""
    parameters = [part for macro, column in found for part in (macro, oid_of_column(root, table, column), format_of(column))]
    step: Json = {"type": "SNMP_WALK_TO_JSON", "parameters": parameters}
    return step | {"error_handler": "CUSTOM_VALUE", "error_handler_params": "[]"}


def _counted(root: Root) -> Iterator[Json]:
    """1 while this unit is master, and how many are: only values of now count, so a unit that is away airs nothing."""
    table, column = TABLE["member"], object_named("member", "role")
    role = f"{oid_of_column(root, table, column)}.{{#SNMPINDEX}}"
    yield {
        "uuid": uuid_of(_AIRS),
        "name": "Group {#SNMPINDEX}: airs",
        "type": "DEPENDENT",
        "key": _AIRS,
        "delay": "0",
        "description": "1: this unit is master.",
        "preprocessing": [
            {"type": "SNMP_WALK_VALUE", "parameters": [role, "0"]},
            {"type": "JAVASCRIPT", "parameters": [f"return Number(value) === {ROLE.words['master']} ? 1 : 0;"]},
        ],
        "master_item": {"key": walk_of(root, table, column)},
        "tags": [{"tag": "component", "value": "member"}],
    }
    yield {
        "uuid": uuid_of(MASTERS),
        "name": "Group {#SNMPINDEX}: masters in all units",
        "type": "CALCULATED",
        "key": key_of(table, MASTERS),
        "delay": INTERVAL,
        "params": f'sum(last_foreach(/*/{_AIRS}?[group="{{$UNDERSTUDY.HOSTS}}"],{{$UNDERSTUDY.FRESH}}))',
        "description": "Units of the host group {$UNDERSTUDY.HOSTS} that say they are master.",
        "tags": [{"tag": "component", "value": "member"}],
        **_triggers(table, MASTERS),
    }


def _triggers(table: Table, name: str) -> Json:
    found = [trigger for trigger in (*states(), *alarms()) if trigger.key == (table.name, name)]
    if not found:
        return {}
    return {"trigger_prototypes" if table.index else "triggers": [_trigger(table, trigger) for trigger in found]}


def _trigger(table: Table, trigger: Trigger) -> Json:
    others = [found for found in alarms() if found.name in trigger.silent_while]
    return {
        "uuid": uuid_of(f"trigger {trigger.key} {trigger.name}"),
        **_called(table, trigger),
        "priority": trigger.priority,
        "description": f"{trigger.help} {STATUS}",
        **({"manual_close": "YES"} if trigger.is_closed_by_hand else {}),
        **({"dependencies": [_called(table, other) for other in others]} if others else {}),
        "tags": [{"tag": "scope", "value": "availability"}],
    }


def _called(table: Table, trigger: Trigger) -> Json:
    """What other triggers know it by."""
    row = f"{ROW[table.name]}: " if table.index else ""
    item = f"/{TEMPLATE}/{key_of(table, trigger.key[1])}"
    return {"expression": trigger.formula.format(item), "name": f"Understudy: {row}{trigger.name}"}


def _value_maps() -> Iterator[Json]:
    used = {map_of(column): column for name in READ_TABLES for column in read(TABLE[name]) if map_of(column)}
    for name, column in sorted(used.items()):
        words = column.kind.words if isinstance(column.kind, Choice) else TRUTH_VALUE
        mappings = [{"value": str(number), "newvalue": label(word)} for word, number in words.items()]
        yield {"uuid": uuid_of(f"map {name}"), "name": name, "mappings": mappings}
