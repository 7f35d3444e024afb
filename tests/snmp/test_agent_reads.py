"""GET, GETNEXT, GETBULK and walks, asked by net-snmp's own tools."""

from pathlib import Path

from agent.management.snmp.ber import oid_content
from tests.snmp.site import MEMBER, PRIORITY, ROOT, SYSTEM, Site, running

BASE_MIBS = Path(__file__).parents[1] / "model" / "base_mibs"
MIBS = Path(__file__).parents[2] / "mibs"


def lines(text: str) -> list[str]:
    """Without the one that says that the view has ended."""
    return [line for line in text.splitlines() if "No more variables" not in line]


def test_get_of_several_objects(reading: Site) -> None:
    """Numbers, flags, texts and choices, each with its own syntax; S-03: the priority is one of 256 levels."""
    said = reading.v2c("snmpget", PRIORITY, f"{MEMBER}.12.7", f"{MEMBER}.5.9", f"{ROOT}.1.1.1.0", f"{MEMBER}.60.7")
    assert lines(said) == [
        f".{PRIORITY} = Gauge32: 254",
        f".{MEMBER}.12.7 = INTEGER: 2",
        f".{MEMBER}.5.9 = INTEGER: 5",
        f'.{ROOT}.1.1.1.0 = STRING: "rx-a"',
        f".{MEMBER}.60.7 = Counter64: 3",
    ]


def test_what_is_not_there_is_said_so(reading: Site) -> None:
    """noSuchInstance for a row that is not, noSuchObject for an object that is not; the rest is answered."""
    said = lines(reading.v2c("snmpget", f"{MEMBER}.11.8", f"{MEMBER}.999.7", "1.3.6.1.2.1.2.1.0", PRIORITY))
    assert "No Such Instance" in said[0]
    assert "No Such Object" in said[1]
    assert "No Such Object" in said[2]
    assert said[3].endswith("Gauge32: 254")


def test_dates_and_what_is_not_known(reading: Site) -> None:
    """DateAndTime in UTC; what is not known now is said by the value that the MIB names."""
    said = reading.v2c("snmpget", f"{ROOT}.1.1.6.0", f"{MEMBER}.22.7", f"{MEMBER}.31.7", f"{MEMBER}.48.7")
    assert "07 EA 01 01 03 04 05 06 2B 00 00" in said  # 2026-01-01 03:04:05.6 +0:0
    assert "00 00 00 00 00 00 00 00" in said
    assert f".{MEMBER}.31.7 = INTEGER: -1" in said
    assert f".{MEMBER}.48.7 = INTEGER: -1" in said


def test_a_walk_sees_everything_once_and_in_order(reading: Site) -> None:
    """By GETNEXT, step by step; snmpwalk itself stops at an OID that does not increase."""
    said = lines(reading.v2c("snmpwalk", f"{ROOT}.1.2"))
    oids = [line.split(" ")[0] for line in said if line.startswith(".1")]  # long octets go on in lines of their own
    numbers = [tuple(map(int, oid.strip(".").split("."))) for oid in oids]
    assert numbers == sorted(set(numbers))
    assert {oid.rpartition(".")[2] for oid in oids} == {"7", "9"}
    assert len(oids) % 2 == 0
    assert len(oids) > 100


def test_bulk_walk_sees_the_same_as_a_walk(reading: Site) -> None:
    """Whatever the number of repetitions; also across the end of tables, and to the end of the view."""
    one_by_one = lines(reading.v2c("snmpwalk", ROOT))
    for repetitions in ("1", "10", "500"):
        assert lines(reading.v2c("snmpbulkwalk", ROOT, options=(f"-Cr{repetitions}",))) == one_by_one


def test_getnext_from_names_that_do_not_exist(reading: Site) -> None:
    """Before the first, between rows, behind the last row of a column, behind everything."""
    starts = ("0.0", f"{MEMBER}.11.8", f"{MEMBER}.11.7.200000", f"{MEMBER}.11.9", f"{MEMBER}.11", "2.5")
    said = lines(reading.v2c("snmpgetnext", *starts))
    assert said[0].startswith(f".{SYSTEM}.1.0 =")
    assert [line.split(" ")[0] for line in said[1:5]] == [
        f".{MEMBER}.11.9",
        f".{MEMBER}.11.9",
        f".{MEMBER}.12.7",
        f".{MEMBER}.11.7",
    ]
    assert "No more variables" in reading.v2c("snmpgetnext", "2.5")


def test_bulkget_with_non_repeaters(reading: Site) -> None:
    """One name once, two names three times, in turn."""
    said = lines(reading.v2c("snmpbulkget", f"{SYSTEM}.4", f"{MEMBER}.11", f"{MEMBER}.13", options=("-Cn1", "-Cr3")))
    assert [line.split(" ")[0] for line in said] == [
        f".{SYSTEM}.4.0",
        f".{MEMBER}.11.7",
        f".{MEMBER}.13.7",
        f".{MEMBER}.11.9",
        f".{MEMBER}.13.9",
        f".{MEMBER}.12.7",
        f".{MEMBER}.14.7",
    ]


def test_bulkget_at_the_end_of_the_view(reading: Site) -> None:
    """It ends; it does not repeat the end of the view for ever."""
    said = reading.v2c("snmpbulkget", "1.3.6.1.6.3.15.1.1.5", options=("-Cn0", "-Cr50")).splitlines()
    assert said[0].startswith(".1.3.6.1.6.3.15.1.1.5.0 = Counter32")
    assert said[1].startswith(".1.3.6.1.6.3.15.1.1.6.0 = Counter32")
    assert said[2].startswith(".1.3.6.1.6.3.15.1.1.6.0 = No more variables")
    assert len(said) == 3


def test_system_group(reading: Site) -> None:
    """Z-19: sysName is the unit's name. sysObjectID is a number of our own, by which managers know what this is."""
    said = lines(reading.v2c("snmpwalk", SYSTEM))
    assert f".{SYSTEM}.2.0 = OID: .{ROOT}.3.1" in said
    assert f'.{SYSTEM}.4.0 = STRING: "the transmitter room"' in said
    assert f'.{SYSTEM}.5.0 = STRING: "rx-a"' in said
    assert f'.{SYSTEM}.6.0 = STRING: "hall 3"' in said
    assert not any(line.startswith(f".{SYSTEM}.9") for line in said)


def test_counters_of_the_agent_itself(tmp_path: Path) -> None:
    """snmp group: what came, what was wrong with it."""
    with running(tmp_path) as site:
        before = int(site.v2c("snmpget", "1.3.6.1.2.1.11.4.0").split()[-1])
        assert "Timeout" in site.v2c("snmpget", PRIORITY, community="wrong", options=("-t", "0.2", "-r", "0"))
        assert "Timeout" in site.v2c("snmpget", PRIORITY, options=("-v1", "-t", "0.2", "-r", "0"))
        said = site.v2c("snmpget", "1.3.6.1.2.1.11.4.0", "1.3.6.1.2.1.11.3.0").splitlines()
        assert int(said[0].split()[-1]) == before + 1
        assert int(said[1].split()[-1]) == 1


def test_the_mib_names_what_the_agent_answers(reading: Site) -> None:
    """snmptable and snmpget by name, with the MIB that is shipped: C-17, the command reads as no action."""
    options = ("-M", f"{BASE_MIBS}:{MIBS}", "-m", "UNDERSTUDY-MIB", "-OQs")
    said = reading.v2c("snmpget", "usMemberPriority.7", "usMemberCommand.7", "usUnitName.0", options=options)
    assert lines(said) == ["usMemberPriority.7 = 254", "usMemberCommand.7 = noAction", "usUnitName.0 = rx-a"]
    table = reading.v2c("snmptable", "usCoverageTable", options=(*options, "-Ci", "-Cf", "|"))
    assert [line.split("|")[0].strip() for line in table.splitlines()[2:]][-2:] == ["7", "9"]


def test_an_oid_of_large_arcs_is_answered(reading: Site) -> None:
    """Five bytes an arc, the largest that there are."""
    said = lines(reading.v2c("snmpget", f"{MEMBER}.11.4294967295", PRIORITY))
    assert "No Such Instance" in said[0]
    assert said[1].endswith("254")
    assert oid_content((1, 3, 4294967295)) == b"\x2b\x8f\xff\xff\xff\x7f"
