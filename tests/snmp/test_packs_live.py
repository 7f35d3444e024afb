"""The packs for Zabbix and LibreNMS against a real SNMP agent: every item and sensor finds its value, as they read it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.model.mibs import ROOT as REPOSITORY
from tests.model.mibs import is_missing
from tests.snmp.site import ROOT, Site

pytestmark = pytest.mark.skipif(is_missing("snmpbulkwalk"), reason="needs snmpbulkwalk (Debian: snmp)")
LINE = re.compile(r"^\.(\S+) = (?:[A-Za-z0-9-]+: )?(.*)$")
OID = re.compile(r"1\.3\.6\.1\.4\.1(?:\.\d+)+")
NUMBER = re.compile(r"-?\d+")
Json = dict[str, Any]


@pytest.fixture(scope="module")
def walked(reading: Site) -> dict[str, str]:
    """OID → value: a walk as Zabbix writes it down."""
    lines = reading.v2c("snmpbulkwalk", ROOT, options=("-Oe", "-Ot", "-On")).splitlines()
    return {found[1]: found[2].strip('"') for line in lines if (found := LINE.match(line))}


@pytest.fixture(scope="module")
def template() -> Json:
    """The committed one."""
    (found,) = yaml.safe_load((REPOSITORY / "mibs" / "zabbix" / "understudy.yaml").read_text())["zabbix_export"]["templates"]
    assert isinstance(found, dict)
    return found


def rows_of(rule: Json, walked: dict[str, str]) -> list[str]:
    """Each {#SNMPINDEX}, as `SNMP walk to JSON` finds them by the first column."""
    column = f"{rule['preprocessing'][0]['parameters'][1]}."
    return [oid.removeprefix(column) for oid in walked if oid.startswith(column)]


def asked(template: Json, walked: dict[str, str]) -> Iterator[tuple[Json, str]]:
    """Every item and item to be, with the OID that its value is taken from."""
    for item in template["items"]:
        if item["type"] == "DEPENDENT":
            yield item, item["preprocessing"][0]["parameters"][0]
    for rule in template["discovery_rules"]:
        for prototype in rule["item_prototypes"]:
            for row in rows_of(rule, walked) if prototype["type"] == "DEPENDENT" else ():
                yield prototype, prototype["preprocessing"][0]["parameters"][0].replace("{#SNMPINDEX}", row)


def test_zabbix_discovers_every_row(template: Json, walked: dict[str, str]) -> None:
    found = {rule["key"].split(".")[1]: rows_of(rule, walked) for rule in template["discovery_rules"]}
    assert found == {"member": ["7", "9"], "peer": ["7.1", "9.1"], "device": ["1"], "coverage": ["7", "9"]}


def test_zabbix_finds_a_value_of_its_type_for_every_item(template: Json, walked: dict[str, str]) -> None:
    maps = {one["name"]: {each["value"] for each in one["mappings"]} for one in template["valuemaps"]}
    seen = 0
    for item, oid in asked(template, walked):
        value, seen = walked[oid], seen + 1
        assert item.get("value_type") == "CHAR" or NUMBER.fullmatch(value), (oid, value)
        assert value in maps.get(item.get("valuemap", {}).get("name"), {value}), (oid, value)
        # A value below 0 would be an error of an unsigned item.
        is_checked = any(step["type"] == "IN_RANGE" for step in item["preprocessing"])
        assert is_checked or item.get("value_type") in {"CHAR", "FLOAT"} or int(value) >= 0
    assert seen > 100


def test_the_walks_of_the_template_ask_for_what_there_is(template: Json, walked: dict[str, str]) -> None:
    for item in template["items"]:
        for column in OID.findall(item.get("snmp_oid", "")):
            assert any(oid.startswith(f"{column}.") for oid in walked), column


def test_librenms_finds_a_known_state_for_every_sensor(walked: dict[str, str]) -> None:
    page = REPOSITORY / "mibs" / "librenms" / "os_discovery" / "understudy.yaml"
    sensors = yaml.safe_load(page.read_text())["modules"]["sensors"]
    for sensor in (*sensors["state"]["data"], *sensors["count"]["data"]):
        column = sensor["num_oid"].removeprefix(".").removesuffix("{{ $index }}")
        values = [int(value) for oid, value in walked.items() if oid.startswith(column)]
        assert values, sensor["value"]
        assert set(values) <= {one["value"] for one in sensor.get("states", ())} or "states" not in sensor
