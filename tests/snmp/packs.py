"""The packs for Zabbix and LibreNMS as those two read them: from a walk, each item and sensor finds its value."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import yaml

from tests.model.mibs import ROOT

AS_ZABBIX_WALKS = ("-Oe", "-Ot", "-On")
LINE = re.compile(r"^\.(\S+) = (?:[A-Za-z0-9-]+: )?(.*)$")
OID = re.compile(r"1\.3\.6\.1\.4\.1(?:\.\d+)+")
NUMBER = re.compile(r"-?\d+")
Json = dict[str, Any]
Walk = Mapping[str, str]
"""OID → value: a walk as Zabbix writes it down."""


def walk_of(text: str) -> Walk:
    """What snmpbulkwalk has printed."""
    return {found[1]: found[2].strip('"') for line in text.splitlines() if (found := LINE.match(line))}


@cache
def template() -> Json:
    """The committed one of Zabbix."""
    (found,) = yaml.safe_load((ROOT / "mibs" / "zabbix" / "understudy.yaml").read_text())["zabbix_export"]["templates"]
    assert isinstance(found, dict)
    return found


@cache
def sensors() -> list[Json]:
    """The committed ones of LibreNMS."""
    found = yaml.safe_load((ROOT / "mibs" / "librenms" / "os_discovery" / "understudy.yaml").read_text())["modules"]["sensors"]
    return [*found["state"]["data"], *found["count"]["data"]]


class Asked(NamedTuple):
    """`row`: its {#SNMPINDEX}; empty for what is there once. `oid`: that its value is taken from."""

    item: Json
    row: str
    oid: str


def rows_of(rule: Json, walk: Walk) -> list[str]:
    """Each {#SNMPINDEX}, as `SNMP walk to JSON` finds them by the first column."""
    column = f"{rule['preprocessing'][0]['parameters'][1]}."
    return [oid.removeprefix(column) for oid in walk if oid.startswith(column)]


def discovered(walk: Walk) -> dict[str, list[str]]:
    """Table → rows."""
    return {rule["key"].split(".")[1]: rows_of(rule, walk) for rule in template()["discovery_rules"]}


def asked(walk: Walk) -> Iterator[Asked]:
    """Every item and item to be."""
    for item in template()["items"]:
        if item["type"] == "DEPENDENT":
            yield Asked(item, "", item["preprocessing"][0]["parameters"][0])
    for rule in template()["discovery_rules"]:
        for prototype in rule["item_prototypes"]:
            for row in rows_of(rule, walk) if prototype["type"] == "DEPENDENT" else ():
                yield Asked(prototype, row, prototype["preprocessing"][0]["parameters"][0].replace("{#SNMPINDEX}", row))


def check_items(walk: Walk) -> int:
    """Each item finds a value of its type, with a word for it where words are shown; how many there are."""
    maps = {one["name"]: {each["value"] for each in one["mappings"]} for one in template()["valuemaps"]}
    seen = 0
    for item, _row, oid in asked(walk):
        value, seen = walk[oid], seen + 1
        assert item.get("value_type") == "CHAR" or NUMBER.fullmatch(value), (oid, value)
        assert value in maps.get(item.get("valuemap", {}).get("name"), {value}), (oid, value)
        # A value below 0 would be an error of an unsigned item.
        is_checked = any(step["type"] == "IN_RANGE" for step in item["preprocessing"])
        assert is_checked or item.get("value_type") in {"CHAR", "FLOAT"} or int(value) >= 0
    return seen


def check_walks(walk: Walk) -> None:
    """The template walks what there is."""
    for item in template()["items"]:
        for column in OID.findall(item.get("snmp_oid", "")):
            assert any(oid.startswith(f"{column}.") for oid in walk), column


def check_sensors(walk: Walk) -> None:
    """Each finds a value, and a state for it where it has states."""
    for sensor in sensors():
        column = sensor["num_oid"].removeprefix(".").removesuffix("{{ $index }}")
        values = [int(value) for oid, value in walk.items() if oid.startswith(column)]
        assert values, sensor["value"]
        assert set(values) <= {one["value"] for one in sensor.get("states", ())} or "states" not in sensor


def shown(walk: Walk) -> dict[tuple[str, str], str]:
    """What Zabbix shows of each item: (key without its row, row) → word or number."""
    words = {one["name"]: {each["value"]: each["newvalue"] for each in one["mappings"]} for one in template()["valuemaps"]}
    return {
        (item["key"].partition("[")[0], row): words.get(item.get("valuemap", {}).get("name"), {}).get(walk[oid], walk[oid])
        for item, row, oid in asked(walk)
    }


def states(walk: Walk) -> dict[str, str]:
    """What LibreNMS shows of each state: OID → word."""
    found: dict[str, str] = {}
    for sensor in sensors():
        words = {one["value"]: one["descr"] for one in sensor.get("states", ())}
        column = sensor["num_oid"].removeprefix(".").removesuffix("{{ $index }}")
        found |= {oid: words[int(value)] for oid, value in walk.items() if words and oid.startswith(column)}
    return found
