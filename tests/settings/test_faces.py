"""[management], [snmp], [modbus] and [http]: read, refused with line and remedy, and what `check` warns of."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from agent.settings.check import check
from agent.settings.errors import Finding
from agent.settings.model import Settings
from tests.settings.sample import PATH, findings, parse

SNMP = """
[snmp]
users_file = "users.toml"
"""
MODBUS = """
[modbus]
allow = ["10.1.0.0/16", "10.2.0.7"]
write_from = ["10.1.0.5"]
"""
TLS = """
[http]
port = 8443
certificate = "web.pem"
key = "web.key"
tokens_file = "tokens.toml"
"""


def test_without_sections_there_is_http_on_its_unix_socket_and_nothing_else() -> None:
    settings = parse()
    assert (settings.snmp, settings.modbus, settings.http.port) == (None, None, 0)
    assert settings.http.socket == settings.run_dir / "http.sock"
    assert settings.management.lock is True


def test_paths_start_at_the_settings_file_and_networks_are_networks() -> None:
    settings = parse(extra=SNMP + MODBUS + TLS)
    assert settings.snmp
    assert settings.modbus
    assert settings.snmp.users_file == PATH.parent / "users.toml"
    assert settings.modbus.allow == (ip_network("10.1.0.0/16"), ip_network("10.2.0.7/32"))
    assert settings.http.certificate == PATH.parent / "web.pem"
    assert settings.snmp.data_dir == settings.unit.data_dir


def test_v2c_reads_and_does_not_write_unless_told_from_where() -> None:
    """C-20."""
    settings = parse(extra='\n[snmp]\nv2c_community_file = "c"\n')
    assert settings.snmp
    assert settings.snmp.v2c_write_from == ()


def test_notify_targets() -> None:
    more = '[[snmp.notify]]\nhost = "10.0.0.9"\nuser = "noc"\nkind = "inform"\n[[snmp.notify]]\nhost = "::1"\nversion = "v2c"\n'
    settings = parse(extra=f'{SNMP}{more}community_file = "c"\n')
    assert settings.snmp
    one, two = settings.snmp.notify
    assert (one.host, one.port, one.version, one.kind, one.user) == ("10.0.0.9", 162, "v3", "inform", "noc")
    assert (two.version, two.community_file) == ("v2c", PATH.parent / "c")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("[snmpd]", 1, 'has no key "snmpd"'),
        ("[management]\nlok = true", 2, 'has no key "lok"'),
        ("[management]\naudit_max_entries = 10", 2, "out of range"),
        ("[snmp]\nport = 1161", 1, "lets nobody in"),
        ('[snmp]\nusers_file = "u"\nport = 0', 3, "out of range"),
        ('[snmp]\nusers_file = "u"\nroot = "1.3.6.1.x"', 3, "no OID"),
        ('[snmp]\nusers_file = "u"\nroot = "1.3"', 3, "no OID"),
        ('[snmp]\nusers_file = "u"\nroot = "1.3.6.1.4.1.99999999999"', 3, "no OID"),
        ('[snmp]\nusers_file = "u"\nv2c_write_from = ["10.0.0.1"]', 3, "no v2c_community_file"),
        ('[snmp]\nv2c_community_file = "c"\nv2c_write_from = ["10.0.0.1/8"]', 3, "not a network"),
        ('[snmp]\nusers_file = "u"\n[[snmp.notify]]\nhost = "noc.example"\nuser = "n"', 4, "not an address"),
        ('[snmp]\nusers_file = "u"\n[[snmp.notify]]\nhost = "10.0.0.9"', 3, "needs a user"),
        ('[snmp]\nusers_file = "u"\n[[snmp.notify]]\nhost = "10.0.0.9"\nversion = "v1"\nuser = "n"', 5, "is not known"),
        ('[snmp]\nlisten = false\nnotify = "10.0.0.9"', 3, "no list"),
        ("[modbus]\nunit_id = 248", 2, "out of range"),
        ("[modbus]\nunit_id = 0", 2, "out of range"),
        ('[modbus]\nallow = "10.0.0.0/8"', 2, "wrong type"),
        ('[modbus]\nserial = "/dev/ttyS0"\nbaud = 9601', 3, "no usual speed"),
        ("[modbus]\nbaud = 9600", 2, "no serial"),
        ('[modbus]\ncertificate = "c"', 1, "but no key"),
        ("[modbus]\ntls_port = 802", 2, "without certificates"),
        ('[modbus]\naddress = "plc"', 2, "not an address"),
        ('[snmp]\nusers_file = "u"\naddress = ["::1", "0:0:0:0:0:0:0:1"]', 3, "is written twice"),
        ("[http]\nport = 8080", 2, "in the clear"),
        ('[http]\nport = 8443\ncertificate = "c"\nkey = "k"', 2, "lets nobody in"),
        ('[http]\nhealth_role = "all"', 2, "is not known"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, what: str) -> None:
    before = len(parse().text.splitlines())
    found = findings(extra=text + "\n")
    assert any(what in finding.what and finding.line == before + line for finding in found), found


def checked(directory: Path, text: str) -> tuple[Settings, list[Finding]]:
    settings = parse(extra=text, path=directory / "u.toml")
    return settings, check(settings)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[snmp]\nusers_file = 'u'\nport = 7420", "[snmp] and [lan] both want UDP port 7420"),
        ("[modbus]\nport = 8443\n" + TLS, "[http] and [modbus] both want TCP port 8443"),
    ],
)
def test_two_faces_on_one_port_are_an_error(tmp_path: Path, text: str, what: str) -> None:
    _, found = checked(tmp_path, text)
    assert [finding.what for finding in found if finding.severity == "error" and "both want" in finding.what] == [what]


def test_one_port_on_different_addresses_is_fine(tmp_path: Path) -> None:
    text = TLS + '\naddress = "10.0.0.1"\n[modbus]\nport = 8443\naddress = "10.0.0.2"\n'
    assert not [finding for finding in checked(tmp_path, text)[1] if "both want" in finding.what]


def test_secrets_that_others_can_read_are_told_and_do_not_keep_the_unit_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    path.write_text("")
    path.chmod(0o640)
    _, found = checked(tmp_path, SNMP)
    of_it = [finding for finding in found if "users_file" in finding.what]
    assert [(finding.severity, finding.remedy) for finding in of_it] == [("warning", f"Run: chmod 600 {path}")]
    path.chmod(0o600)
    assert not [finding for finding in checked(tmp_path, SNMP)[1] if "users_file" in finding.what]
    path.unlink()
    assert any("users.toml cannot be read" in finding.what for finding in checked(tmp_path, SNMP)[1])


def test_open_doors_are_told(tmp_path: Path) -> None:
    """C-20."""
    _, found = checked(tmp_path, MODBUS + '\n[snmp]\nv2c_community_file = "c"\nv2c_write_from = ["10.0.0.1"]\n')
    told = " ".join(finding.what for finding in found)
    assert "plain Modbus knows no passwords" in told
    assert "a community crosses the network in the clear" in told
    assert "serves this machine alone" in " ".join(finding.what for finding in checked(tmp_path, "\n[modbus]\n")[1])
