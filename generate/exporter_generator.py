"""mibs/generator.yml: for those who make one snmp.yml for all of their devices with snmp_exporter's generator."""

from generate.exporter import AUTHS
from generate.exporter_metrics import exported, lookups
from generate.yaml_text import yaml_of

_HEAD = """# For the generator of snmp_exporter (0.23 or later), from the model of the agent by ./dev generate: do not edit.
# It needs UNDERSTUDY-MIB.txt and the IETF's SNMPv2-SMI, SNMPv2-TC, SNMPv2-CONF and SNMP-FRAMEWORK-MIB:
#   MIBDIRS=mibs generator generate
"""


def generator_page() -> str:
    """The whole file. By names, so it holds for any root."""
    return _HEAD + yaml_of({"auths": AUTHS, "modules": {"understudy": generator_module()}})


def generator_module() -> dict[str, object]:
    """What to walk, which numbers become labels, and which enumerations become state sets."""
    metrics = list(exported())
    return {
        "walk": [metric.column.snmp for metric in metrics],
        "lookups": [
            {"source_indexes": [part.snmp for part in table.index], "lookup": column.snmp} for table, column in lookups()
        ],
        "overrides": {metric.column.snmp: {"type": metric.override} for metric in metrics if metric.override},
    }
