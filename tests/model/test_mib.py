"""The MIB is one that others accept: libsmi at its strictest, net-snmp, pysmi, and the generator of snmp_exporter."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from agent.model.managed import Access
from agent.model.notifications import NOTIFICATION, NOTIFICATIONS
from agent.model.smi import DEFAULT_ROOT, oid_below_root, oid_of
from agent.model.tables import TABLES, object_named
from generate.exporter import module
from generate.exporter_generator import generator_page
from generate.mib import mib_page
from generate.oids import RootError, dotted, root_in
from tests.model.mibs import BASE, MIB, is_missing, output_of, translated

COLUMNS = [(table, column) for table in (*TABLES, NOTIFICATION) for column in table.columns]
OTHER_ROOT = (1, 3, 6, 1, 4, 1, 99999, 3)


@pytest.fixture(params=["default", "other"])
def mib(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The committed file, and one for a site with an OID of its own."""
    if request.param == "default":
        return MIB
    path = tmp_path / "UNDERSTUDY-MIB.txt"
    path.write_text(mib_page(OTHER_ROOT), encoding="ascii")
    return path


@pytest.mark.skipif(is_missing("smilint"), reason="needs smilint (Debian: smitools)")
def test_smilint_has_nothing_to_say(mib: Path) -> None:
    """facts: it exits with 0 whatever it finds, so its output counts."""
    assert output_of("smilint", "-l", "6", str(mib), SMIPATH=str(BASE)) == ""


@pytest.mark.skipif(is_missing("smilint"), reason="needs smilint (Debian: smitools)")
def test_smilint_would_say_something(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    bad = tmp_path / "UNDERSTUDY-MIB.txt"
    bad.write_text(MIB.read_text().replace("SYNTAX      UsRole\n", "SYNTAX      UsRool\n", 1))
    assert "UsRool" in output_of("smilint", "-l", "6", str(bad), SMIPATH=str(BASE))


@pytest.mark.skipif(is_missing("snmptranslate"), reason="needs snmptranslate (Debian: snmp)")
def test_net_snmp_knows_every_name_by_its_number_and_back() -> None:
    names = [f"UNDERSTUDY-MIB::{column.snmp}" for _table, column in COLUMNS]
    names += [f"UNDERSTUDY-MIB::{told.snmp}" for told in NOTIFICATIONS] + ["UNDERSTUDY-MIB::usUnderstudy"]
    oids = [dotted((*DEFAULT_ROOT, *oid_below_root(table, column))) for table, column in COLUMNS]
    oids = [oid.removesuffix(".0") if not table.index else oid for oid, (table, _column) in zip(oids, COLUMNS, strict=True)]
    oids += [dotted((*DEFAULT_ROOT, 0, told.arc)) for told in NOTIFICATIONS] + [dotted((*DEFAULT_ROOT, 3, 1))]
    assert [line for line in translated("-On", *names) if line] == [f".{oid}" for oid in oids]
    assert [line for line in translated(*(f".{oid}" for oid in oids)) if line] == names


@pytest.mark.skipif(is_missing("snmptranslate"), reason="needs snmptranslate (Debian: snmp)")
def test_net_snmp_reads_ranges_units_and_access() -> None:
    """S-03: a manager that knows the MIB refuses 256 by itself."""
    text = " ".join(translated("-Td", "UNDERSTUDY-MIB::usMemberAdvertisementInterval", "UNDERSTUDY-MIB::usMemberPriority"))
    for said in ("Unsigned32 (10..40950)", "milliseconds", "read-write", "Unsigned32 (1..255)"):
        assert said in text
    assert "command(" not in text
    assert "setMaster(2)" in " ".join(translated("-Td", "UNDERSTUDY-MIB::usMemberCommand"))


def test_pysmi_compiles_it_without_asking_the_network(tmp_path: Path) -> None:
    """facts: it asks the network unless it is told where everything is."""
    sources = [f"--mib-source=file://{folder}" for folder in (MIB.parent, BASE)]
    mibdump = str(Path(sys.executable).parent / "mibdump")
    target = tmp_path / "json"
    options = ["--mib-borrower=/nonexistent", "--destination-format=json", f"--destination-directory={target}"]
    said = output_of(mibdump, *sources, *options, "UNDERSTUDY-MIB", folder=tmp_path)
    found = json.loads((target / "UNDERSTUDY-MIB.json").read_text())
    assert "Failed MIBs: \n" in said
    assert found["usMemberRole"]["syntax"]["type"] == "UsRole"
    assert found["usMemberPriority"]["maxaccess"] == "read-write"
    assert {told.snmp for told in NOTIFICATIONS} <= found.keys()


@pytest.mark.skipif(is_missing("prometheus-snmp-generator"), reason="needs Debian's prometheus-snmp-exporter")
def test_snmp_exporters_own_generator_makes_the_module_that_we_ship(tmp_path: Path) -> None:
    """Debian's is of before 0.23, which kept credentials elsewhere; what is walked and how has not changed."""
    wanted = yaml.safe_load(generator_page())["modules"]
    (tmp_path / "generator.yml").write_text(yaml.safe_dump({"modules": wanted}))
    said = output_of("prometheus-snmp-generator", "generate", folder=tmp_path, MIBDIRS=f"{BASE}:{MIB.parent}")
    made = yaml.safe_load((tmp_path / "snmp.yml").read_text())["understudy"]
    assert made == module(DEFAULT_ROOT), said


def test_the_shipped_module_is_in_the_form_of_today() -> None:
    """facts: auths apart from modules since 0.23; a state set for the role; labels by lookup on a row's number."""
    shipped = yaml.safe_load((MIB.parent / "snmp.yml").read_text())
    metrics = {metric["name"]: metric for metric in shipped["modules"]["understudy"]["metrics"]}
    assert shipped.keys() == {"auths", "modules"}
    assert shipped["auths"]["understudy_v3"]["security_level"] == "authPriv"
    assert metrics["usMemberRole"]["type"] == "EnumAsStateSet"
    assert metrics["usMemberRole"]["enum_values"][1] == "off"
    assert metrics["usPeerAble"]["lookups"][0]["labelname"] == "usPeerName"
    assert not [metric for metric in metrics.values() if metric["type"] == "DisplayString"]


def test_numbers_of_columns_are_those_that_were_published() -> None:
    """Managers keep OIDs for years: add, never change."""
    published = {
        "usUnitName": (1, 1, 1, 0),
        "usUnitWriteSemaphore": (1, 1, 27, 0),
        "usMemberRole": (1, 2, 1, 5),
        "usMemberPriority": (1, 2, 1, 11),
        "usMemberPreempt": (1, 2, 1, 12),
        "usMemberAdvertisementInterval": (1, 2, 1, 13),
        "usMemberLocked": (1, 2, 1, 17),
        "usMemberReadiness": (1, 2, 1, 35),
        "usMemberLastReason": (1, 2, 1, 61),
        "usMemberCommand": (1, 2, 1, 90),
        "usPeerAge": (1, 3, 1, 12),
        "usRejectedCount": (1, 6, 1, 4),
        "usCoverageState": (1, 8, 1, 6),
        "usEventText": (1, 10, 1, 7),
        "usAlarmSeverity": (1, 11, 1, 4),
    }
    found = {column.snmp: oid_below_root(table, column) for table, column in COLUMNS}
    assert {name: found[name] for name in published} == published


def test_only_what_can_be_set_is_writable() -> None:
    """S-03, S-32, D-50: and everything that the issue names is."""
    writable = {column.name for table, column in COLUMNS if table.name == "member" and column.access is Access.WRITE}
    assert writable == {
        "priority", "preempt", "advertisement_interval_ms", "return_policy", "return_hold_ms", "standby_mode", "locked",
        "auto_lock", "maintenance", "maintenance_minutes", "command", "command_reason",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "1.3.6.1", "1.2.3.4.5", "1.3.6.1.4.1.x", "1.3.6.1.4.1.4294967296", "1.3.6.1..4", "1.3.6.1.²"]
)
def test_a_root_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RootError):
        root_in(text)


def test_a_root_of_ones_own() -> None:
    assert root_in(".1.3.6.1.4.1.99999.3") == OTHER_ROOT
    table = next(table for table in TABLES if table.name == "member")
    assert oid_of(table, object_named("member", "role"), (7,), OTHER_ROOT) == (*OTHER_ROOT, 1, 2, 1, 5, 7)
    assert "enterprises 8072" not in mib_page(OTHER_ROOT)
