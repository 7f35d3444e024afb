"""The packs for Zabbix and LibreNMS: every OID and name is the MIB's, every word has its state, and nothing points nowhere."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from agent.model.smi import DEFAULT_ROOT
from agent.model.tables import TABLES
from agent.model.words import ALARM
from generate.librenms import detection_page, discovery_page
from generate.oids import dotted
from generate.severities import STATES
from generate.smi_names import label
from generate.zabbix import zabbix_page
from generate.zabbix_items import MAX_WALK_CHARS
from generate.zabbix_triggers import ALARMS, UNIT_WIDE
from tests.model.mibs import ROOT, is_missing, translated

Json = dict[str, Any]
OID = re.compile(r"1\.3\.6\.1\.4\.1(?:\.\d+)+")
OTHER_ROOT = (1, 3, 6, 1, 4, 1, 99999, 3)
# From the schemas of LibreNMS (misc/discovery_schema.json, later resources/definitions/schema/): what a sensor may say.
STATE_KEYS = {"oid", "value", "num_oid", "index", "descr", "group", "state_name", "states"}
COUNT_KEYS = {"oid", "value", "num_oid", "index", "descr", "group", "low_limit", "low_warn_limit", "warn_limit"}
NUM_OID = re.compile(r"(\.\d+)+\.\{\{ \$index \}\}")
UUID_4 = re.compile(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")
PRIORITIES = {"INFO", "WARNING", "AVERAGE", "HIGH", "DISASTER"}


@pytest.fixture(scope="module")
def template() -> Json:
    """The committed one."""
    export = yaml.safe_load((ROOT / "mibs" / "zabbix" / "understudy.yaml").read_text())["zabbix_export"]
    assert export["version"] == "6.4"
    (found,) = export["templates"]
    assert found["groups"] == [{"name": group["name"]} for group in export["template_groups"]]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def sensors() -> Json:
    """The committed ones, by class."""
    found = yaml.safe_load((ROOT / "mibs" / "librenms" / "os_discovery" / "understudy.yaml").read_text())["modules"]["sensors"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def mib() -> dict[str, str]:
    """OID → name, as net-snmp reads the committed MIB."""
    pairs = (re.findall(r'"([^"]+)"', line) for line in translated("-Tz"))
    return {oid: name for name, oid in (pair for pair in pairs if len(pair) == 2)}


def items(template: Json) -> Iterator[Json]:
    """Items and prototypes."""
    yield from template["items"]
    for rule in template["discovery_rules"]:
        yield from rule["item_prototypes"]


def triggers(template: Json) -> Iterator[Json]:
    """Triggers and prototypes."""
    for item in items(template):
        yield from (*item.get("triggers", ()), *item.get("trigger_prototypes", ()))


def all_values(node: object, key: str) -> Iterator[Any]:
    """Every value of a key, wherever it is."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if name == key:
                yield inner
            yield from all_values(inner, key)
    elif isinstance(node, list):
        for inner in node:
            yield from all_values(inner, key)


# Against the MIB -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(is_missing("snmptranslate"), reason="needs snmptranslate (Debian: snmp)")
def test_every_oid_of_the_template_is_an_object_of_the_mib(template: Json, mib: dict[str, str]) -> None:
    for item in items(template):
        for oid in OID.findall(item.get("snmp_oid", "")):
            assert mib[oid].startswith("us")
        for step in item.get("preprocessing", ()):
            for oid in OID.findall(str(step["parameters"][0])):
                column = oid.removesuffix(".0") if item in template["items"] else oid
                assert item["description"].startswith((f"{mib[column]}: ", "1: this unit is master"))
    for rule in template["discovery_rules"]:
        assert all(mib[oid].startswith("us") for oid in OID.findall(str(rule["preprocessing"])))


@pytest.mark.skipif(is_missing("snmptranslate"), reason="needs snmptranslate (Debian: snmp)")
def test_every_sensor_has_the_name_and_the_number_of_one_object(sensors: Json, mib: dict[str, str]) -> None:
    for sensor in (*sensors["state"]["data"], *sensors["count"]["data"]):
        oid = sensor["num_oid"].removeprefix(".").removesuffix(".{{ $index }}")
        assert sensor["value"] == f"UNDERSTUDY-MIB::{mib[oid]}"
        assert sensor["index"] == f"{mib[oid]}.{{{{ $index }}}}"
        for name in (sensor["oid"], *re.findall(r"\{\{ (\S+::\S+) \}\}", sensor["descr"])):
            assert name.removeprefix("UNDERSTUDY-MIB::") in mib.values()


def test_a_sensor_that_is_called_by_its_rows_name_walks_the_whole_table(sensors: Json) -> None:
    """LibreNMS knows of a row what it has walked."""
    for sensor in (*sensors["state"]["data"], *sensors["count"]["data"]):
        assert sensor["oid"].endswith("Table") == ("::" in sensor["descr"])


def test_a_site_with_an_oid_of_its_own_has_its_packs() -> None:
    for page in (zabbix_page(OTHER_ROOT), detection_page(OTHER_ROOT), discovery_page(OTHER_ROOT)):
        assert {oid[: len(dotted(OTHER_ROOT))] for oid in OID.findall(page)} == {dotted(OTHER_ROOT)}


# Words and states ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.column.snmp)
def test_every_word_of_a_state_is_good_or_bad(state: Any) -> None:
    assert dict(state.words).keys() == dict(state.numbers).keys()


def test_librenms_has_every_word_with_its_number(sensors: Json) -> None:
    found = {sensor["state_name"]: sensor["states"] for sensor in sensors["state"]["data"]}
    assert len(found) == len(STATES)
    for state in STATES:
        assert {(one["descr"], one["value"], one["generic"]) for one in found[state.column.snmp]} == {
            (label(word), number, int(state.words[word])) for word, number in state.numbers.items()
        }


def test_sensors_are_as_the_schemas_of_librenms_want_them(sensors: Json) -> None:
    """Both of them: pre-cache became additional_oids, so neither is used."""
    assert sensors.keys() == {"state", "count"}
    for kind, keys in (("state", STATE_KEYS), ("count", COUNT_KEYS)):
        for sensor in sensors[kind]["data"]:
            assert sensor.keys() <= keys
            assert NUM_OID.fullmatch(sensor["num_oid"])
            assert all(one["generic"] in range(4) and one["graph"] == 0 for one in sensor.get("states", ()))
    indexes = [sensor["index"] for kind in sensors.values() for sensor in kind["data"]]
    assert len(indexes) == len(set(indexes))


def test_librenms_detects_a_unit_by_its_sysobjectid() -> None:
    found = yaml.safe_load((ROOT / "mibs" / "librenms" / "os_detection" / "understudy.yaml").read_text())
    assert found["os"] == "understudy"
    assert found["discovery"] == [{"sysObjectID": [f".{dotted(DEFAULT_ROOT)}.3.1"]}]


def test_value_maps_have_every_word_and_each_is_used(template: Json) -> None:
    maps = {one["name"]: {each["value"]: each["newvalue"] for each in one["mappings"]} for one in template["valuemaps"]}
    assert {item["valuemap"]["name"] for item in items(template) if "valuemap" in item} == maps.keys()
    for state in STATES:
        item = next(item for item in items(template) if item["description"].startswith(f"{state.column.snmp}: "))
        assert maps[item["valuemap"]["name"]] == {str(number): label(word) for word, number in state.numbers.items()}


# The template in itself ------------------------------------------------------------------------------------------------


def test_ids_and_keys_are_of_one_thing_each(template: Json) -> None:
    """An import refuses what is no version 4, and mixes up what is there twice."""
    ids = list(all_values(template, "uuid"))
    assert all(UUID_4.fullmatch(one) for one in ids)
    keys = [item["key"] for item in items(template)] + [rule["key"] for rule in template["discovery_rules"]]
    names = [trigger["name"] for trigger in triggers(template)]
    assert all(len(found) == len(set(found)) for found in (ids, keys, names))
    assert all(len(name) <= 255 for name in (*names, *all_values(template, "name")))


def test_what_depends_on_a_walk_is_in_that_walk(template: Json) -> None:
    walks = {item["key"]: item["snmp_oid"] for item in template["items"] if item["type"] == "SNMP_AGENT"}
    assert all(len(walk) <= MAX_WALK_CHARS for walk in walks.values())
    dependent = [one for one in (*items(template), *template["discovery_rules"]) if one["type"] == "DEPENDENT"]
    assert len(dependent) > 60
    for one in dependent:
        walked = OID.findall(walks[one["master_item"]["key"]])
        oids = OID.findall(str(one["preprocessing"]))
        assert oids
        assert all(oid.removesuffix(".0") in walked for oid in oids)


def test_macros_of_a_prototype_are_those_that_its_discovery_finds(template: Json) -> None:
    for rule in template["discovery_rules"]:
        found = {"{#SNMPINDEX}", *rule["preprocessing"][0]["parameters"][::3]}
        assert set(re.findall(r"\{#\w+\}", str(rule["item_prototypes"]))) <= found
        assert len(rule["preprocessing"][0]["parameters"]) % 3 == 0
    macros = {macro["macro"] for macro in template["macros"]}
    assert set(re.findall(r"\{\$[\w.]+\}", str(template))) == macros


def test_triggers_ask_items_that_there_are(template: Json) -> None:
    keys = {item["key"] for item in items(template)}
    for item in items(template):
        for trigger in (*item.get("triggers", ()), *item.get("trigger_prototypes", ())):
            asked = set(re.findall(r"/Understudy by SNMP/([\w.]+(?:\[[^]]*\])?)", trigger["expression"]))
            assert asked == {item["key"]}
            assert asked <= keys
            assert trigger["priority"] in PRIORITIES
            assert trigger["description"]


@pytest.mark.parametrize(("name", "value_map", "word"), [
    ("Group {#SNMPINDEX}: No master is heard", "UsCommonState", "none"),
    ("Group {#SNMPINDEX}: Unprotected: nobody could take over", "UsProtection", "unprotected"),
    ("Group {#SNMPINDEX}: Not ready", "UsColour", "red"),
    ("Group {#SNMPINDEX}: Fault", "UsRole", "fault"),
    ("Device {#NAME}: Device does not answer", "TruthValue", "false"),
    ("The core process does not answer", "TruthValue", "true"),
])  # fmt: skip
def test_a_state_trigger_waits_for_its_word_twice(template: Json, name: str, value_map: str, word: str) -> None:
    (trigger,) = (found for found in triggers(template) if found["name"] == f"Understudy: {name}")
    item = next(
        found for found in items(template) if trigger in (*found.get("triggers", ()), *found.get("trigger_prototypes", ()))
    )
    assert item["valuemap"]["name"] == value_map
    mappings = next(found["mappings"] for found in template["valuemaps"] if found["name"] == value_map)
    (number,) = (each["value"] for each in mappings if each["newvalue"] == word)
    assert trigger["expression"] == f'count(/Understudy by SNMP/{item["key"]},#2,"eq",{number})=2'


def test_every_alarm_of_the_model_raises_a_problem(template: Json) -> None:
    """By its bit; of those of the whole unit, core_away by what is shown being old, recorder by its fault."""
    assert ALARMS.keys() == ALARM.words.keys()
    found = {trigger["name"].rpartition("Group {#SNMPINDEX}: ")[2]: trigger["expression"] for trigger in triggers(template)}
    for word, number in ALARM.words.items():
        if word not in UNIT_WIDE:
            bit = f"bitand(last(/Understudy by SNMP/understudy.member.alarm_mask[{{#SNMPINDEX}}]),{2 ** (number - 1)})<>0"
            assert found[ALARMS[word].name] == bit
    assert {name.rpartition(": ")[2] for name in found} >= {ALARMS[word].name for word in UNIT_WIDE}


def test_what_a_person_has_ordered_silences_what_follows_from_it(template: Json) -> None:
    """A dependency is by name and expression: an import refuses one that there is not."""
    known = {(trigger["name"], trigger["expression"]) for trigger in triggers(template)}
    found = {
        trigger["name"].rpartition(": ")[2]: trigger["dependencies"]
        for trigger in triggers(template)
        if "dependencies" in trigger
    }
    assert found.keys() == {"Not ready", "Not fully ready"}
    for dependencies in found.values():
        assert {(one["name"], one["expression"]) for one in dependencies} < known
        assert len(dependencies) == 2


def test_two_masters_are_counted_over_all_units_that_say_so_now(template: Json) -> None:
    found = {item["key"]: item for item in items(template)}
    masters = found["understudy.member.masters[{#SNMPINDEX}]"]
    airs = "understudy.member.airs[{#SNMPINDEX},{#DEVICETYPE}]"
    assert masters["params"] == f'sum(last_foreach(/*/{airs}?[group="{{$UNDERSTUDY.HOSTS}}"],{{$UNDERSTUDY.FRESH}}))'
    assert found[airs]["preprocessing"][1]["parameters"] == ["return Number(value) === 5 ? 1 : 0;"]
    (trigger,) = masters["trigger_prototypes"]
    assert (trigger["priority"], trigger["expression"][:4], trigger["expression"][-3:]) == ("DISASTER", "min(", ">=2")


def test_all_tables_that_are_read_are_discovered(template: Json) -> None:
    names = {table.name for table in TABLES}
    found = {rule["key"].split(".")[1] for rule in template["discovery_rules"]}
    assert found == {"member", "peer", "device", "coverage"}
    assert found <= names
