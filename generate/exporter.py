"""mibs/snmp.yml: a module that snmp_exporter 0.23 and later reads as it is. What its own generator makes of generator.yml.

mibs/snmp-0.22.yml: the same for older ones (Debian 12 has 0.21), which want the credentials in the module.
"""

from agent.model.kinds import Choice
from agent.model.managed import Managed, Table
from agent.model.smi import ENTRY_ARC, OBJECTS_ARC, Syntax, syntax_of
from generate.exporter_metrics import Metric, exported, lookups
from generate.mib_objects import described_words
from generate.oids import Root, dotted
from generate.smi_names import label
from generate.yaml_text import yaml_of

_TYPES = {
    Syntax.COUNTER64: "counter",
    Syntax.TEXT: "DisplayString",
    Syntax.DATE_AND_TIME: "DateAndTime",
    Syntax.OCTETS: "OctetString",
}
_HEAD = """# A module for snmp_exporter (0.23 or later), from the model of the agent by ./dev generate: do not edit.
# Put it into snmp.yml, or give it to the exporter as a further file:  --config.file=snmp.yml --config.file=THIS
# The credentials below are examples: set your own ([snmp] users_file of the units), and keep the file from others' eyes.
"""
_OLD_HEAD = """# A module for snmp_exporter 0.22 and older, from the model of the agent by ./dev generate: do not edit.
# Later ones want snmp.yml. This file has all that such an exporter reads, or is put into the one that it reads already.
# The credentials below are examples: set your own ([snmp] users_file of the units), and keep the file from others' eyes.
# For v2c:  version: 2  and, below auth, a community alone.
"""
AUTHS: dict[str, dict[str, object]] = {
    "understudy_v3": {
        "version": 3,
        "username": "monitor",
        "security_level": "authPriv",
        "password": "CHANGE-ME-AUTH",
        "auth_protocol": "SHA256",
        "priv_protocol": "AES",
        "priv_password": "CHANGE-ME-PRIV",
    },
    "understudy_v2": {"version": 2, "community": "CHANGE-ME"},
}


def exporter_page(root: Root) -> str:
    """The whole file."""
    return _HEAD + yaml_of({"auths": AUTHS, "modules": {"understudy": module(root)}})


def old_exporter_page(root: Root) -> str:
    """The whole file, in the form of before 0.23."""
    auth = dict(AUTHS["understudy_v3"])
    version = auth.pop("version")
    return _OLD_HEAD + yaml_of({"understudy": {"version": version, "auth": auth, **module(root)}})


def module(root: Root) -> dict[str, object]:
    """What to fetch, and what it means. Sorted as the generator sorts, by the text of the OID."""
    metrics = list(exported())
    columns = {_oid(root, metric.table, metric.column) for metric in metrics if metric.table.index}
    columns |= {_oid(root, table, column) for table, column in lookups()}
    scalars = {f"{_oid(root, metric.table, metric.column)}.0" for metric in metrics if not metric.table.index}
    return {
        "walk": sorted(columns),
        "get": sorted(scalars),
        "metrics": sorted((_metric(root, metric) for metric in metrics), key=lambda found: str(found["oid"])),
    }


def _metric(root: Root, metric: Metric) -> dict[str, object]:
    table, column = metric.table, metric.column
    oid = _oid(root, table, column)
    found: dict[str, object] = {
        "name": column.snmp,
        "oid": oid,
        "type": metric.override or _type(column),
        "help": f"{described_words(column).split('. ', maxsplit=1)[0]} - {oid}",
    }
    if table.index:
        found["indexes"] = [{"labelname": part.snmp, "type": "gauge"} for part in table.index]
    looked_up = [_lookup(root, table, wanted) for known, wanted in lookups() if known is table]
    enum = _enum(column)
    return found | ({"lookups": looked_up} if looked_up else {}) | ({"enum_values": enum} if enum else {})


def _lookup(root: Root, table: Table, wanted: Managed) -> dict[str, object]:
    labels = [part.snmp for part in table.index]
    return {"labels": labels, "labelname": wanted.snmp, "oid": _oid(root, table, wanted), "type": _type(wanted)}


def _enum(column: Managed) -> dict[int, str]:
    if syntax_of(column) is Syntax.TRUTH_VALUE:
        return {1: "true", 2: "false"}
    return {number: label(word) for word, number in column.kind.words.items()} if isinstance(column.kind, Choice) else {}


def _type(column: Managed) -> str:
    return _TYPES.get(syntax_of(column), "gauge")


def _oid(root: Root, table: Table, column: Managed) -> str:
    """Of the column; an instance has its index after it."""
    entry = (ENTRY_ARC,) if table.index else ()
    return dotted((*root, OBJECTS_ARC, table.arc, *entry, column.column))
