"""mibs/librenms/: what LibreNMS detects a unit by, and its states as sensors."""

from collections.abc import Iterator

from agent.model.managed import Managed, Table
from agent.model.smi import ENTRY_ARC, OBJECTS_ARC, PRODUCT_ARC, PRODUCTS_ARC
from agent.model.tables import object_named
from generate.oids import Root, dotted
from generate.severities import STATES, State
from generate.smi_names import label, table_prefix
from generate.yaml_text import yaml_of

OS, MIB = "understudy", "UNDERSTUDY-MIB"
_MADE = "from the model of the agent by ./dev generate: do not edit.\n"
_NAMES = {"peer": object_named("peer", "name"), "device": object_named("device", "name")}
"""By table: the column that a person knows a row by."""
_TITLES = {"unit": "", "member": "Group {{ $index }}: ", "coverage": "Group {{ $index }}: "}
_GROUPS = {"unit": "Unit", "member": "Groups", "peer": "Peers (group.peer)", "device": "Devices", "coverage": "Groups"}
_INDEX = "{{ $index }}"


def detection_page(root: Root) -> str:
    """os_detection/understudy.yaml."""
    found = {
        "os": OS,
        "text": "Understudy hot standby",
        "type": "appliance",
        "mib_dir": OS,
        "over": [{"graph": "device_state", "text": "States"}],
        "discovery": [{"sysObjectID": [f".{dotted((*root, PRODUCTS_ARC, PRODUCT_ARC))}"]}],
    }
    return f"# For LibreNMS, resources/definitions/os_detection/understudy.yaml, {_MADE}" + yaml_of(found)


def discovery_page(root: Root) -> str:
    """os_discovery/understudy.yaml."""
    head = f"# For LibreNMS, resources/definitions/os_discovery/understudy.yaml, {_MADE}"
    return f"{head}# States: 0 OK, 1 warning, 2 critical, 3 unknown.\n" + yaml_of({"modules": modules(root)})


def modules(root: Root) -> dict[str, object]:
    """What is discovered."""
    return {
        "os": {
            "version": f"{MIB}::{object_named('unit', 'software').snmp}.0",
            "serial": f"{MIB}::{object_named('unit', 'unit_id').snmp}.0",
            "features": f"{MIB}::{object_named('unit', 'name').snmp}.0",
        },
        "sensors": {
            "state": {"data": [_sensor(root, state) for state in STATES]},
            "count": {"data": list(_counts(root))},
        },
    }


def _sensor(root: Root, state: State) -> dict[str, object]:
    states = [
        {"value": number, "generic": int(state.words[word]), "graph": 0, "descr": label(word)}
        for word, number in state.numbers.items()
    ]
    return {**_read(root, state.table, state.column, state.title), "state_name": state.column.snmp, "states": states}


def _counts(root: Root) -> Iterator[dict[str, object]]:
    unit, member, coverage = (next(state.table for state in STATES if state.table.name == name) for name in _TITLES)
    yield _read(root, unit, unit.column("alarms"), "Alarms") | {"warn_limit": 0}
    yield _read(root, member, member.column("readiness"), "Readiness, 0 to 255") | {"low_limit": 1, "low_warn_limit": 128}
    yield _read(root, member, member.column("transitions"), "Changes of state")
    yield _read(root, member, member.column("split_brains"), "Two masters at once")
    yield _read(root, coverage, coverage.column("covered_by"), "Backups that could take over") | {"low_limit": 1}


def _read(root: Root, table: Table, column: Managed, title: str) -> dict[str, object]:
    entry = (ENTRY_ARC,) if table.index else ()
    return {
        # The whole table where the title needs the row's name.
        "oid": f"{MIB}::{table_prefix(table)}Table" if table.name in _NAMES else _name(column),
        "value": _name(column),
        "num_oid": f".{dotted((*root, OBJECTS_ARC, table.arc, *entry, column.column))}.{_INDEX}",
        "index": f"{column.snmp}.{_INDEX}",
        "descr": _title(table) + title,
        "group": _GROUPS[table.name],
    }


def _title(table: Table) -> str:
    if table.name in _NAMES:
        return f"{{{{ {_name(_NAMES[table.name])} }}}} ({_INDEX}): "
    return _TITLES[table.name]


def _name(column: Managed) -> str:
    return f"{MIB}::{column.snmp}"
