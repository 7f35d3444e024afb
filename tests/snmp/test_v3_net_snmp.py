"""SNMPv3 against net-snmp: who is let in at which level, and what is said to those who are not."""

import tempfile
from pathlib import Path

import pytest

from agent.management.snmp.usm_keys import AUTHS, master_key
from tests.snmp.site import OTHER_SECRET, PRIORITY, SECRET, SYSTEM, Site, private, running

USM = "1.3.6.1.6.3.15.1.1"
ENGINE = "1.3.6.1.6.3.10.2.1"


@pytest.mark.parametrize("user", ["ops", "eye", "mid", "big", "small"])
def test_each_pair_of_protocols(reading: Site, user: str) -> None:
    """SHA-224 to SHA-512, AES-128 and AES-256 (SHA-224's key is lengthened for it as net-snmp does)."""
    assert reading.v3("snmpget", PRIORITY, user=user) == f".{PRIORITY} = Gauge32: 254\n"


def test_walks_of_v3_and_v2c_are_the_same(reading: Site) -> None:
    """One tree."""
    below = "1.3.6.1.4.1"
    assert reading.v3("snmpbulkwalk", below, user="big") == reading.v2c("snmpbulkwalk", below)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-A", "wrong passphrase"), "Authentication failure"),
        (("-X", "wrong passphrase"), "Decryption error"),
        (("-a", "SHA-512"), "Authentication failure"),
        (("-a", "SHA"), "Authentication failure"),
        (("-a", "MD5"), "Authentication failure"),
        (("-x", "AES-256"), "Decryption error"),
        (("-u", "nobody"), "Unknown user name"),
        (("-l", "authNoPriv"), "authorizationError"),
        (("-l", "noAuthNoPriv"), "authorizationError"),
        (("-n", "another context"), "Bad context"),
        (("-E", "80001f8805010203"), "Bad version"),  # net-snmp's words for a context engine that is not ours
    ],
)
def test_who_is_not_let_in_hears_why(reading: Site, options: tuple[str, ...], said: str) -> None:
    """A definite answer at once, no timeout; of the object nothing. authPriv is the least unless the user's entry says less."""
    answer = reading.v3("snmpget", PRIORITY, options=(*options, "-r", "0"))
    assert said in answer
    assert "254" not in answer


def test_a_user_without_privacy_cannot_be_asked_for_it(reading: Site) -> None:
    """unsupportedSecLevels; and what he has is enough for him."""
    assert "Unsupported security level" in reading.v3("snmpget", PRIORITY, user="signed")
    assert "254" in reading.v3("snmpget", PRIORITY, user="signed", options=("-l", "authNoPriv"))
    assert "authorizationError" in reading.v3("snmpget", PRIORITY, user="signed", options=("-l", "noAuthNoPriv"))


def test_a_user_without_keys(reading: Site) -> None:
    """Only where the users file says so; he reads and does not write."""
    assert "254" in reading.v3("snmpget", PRIORITY, user="open", options=("-l", "noAuthNoPriv"))
    assert "noAccess" in reading.v3("snmpset", PRIORITY, "u", "9", user="open", options=("-l", "noAuthNoPriv"))


def test_what_is_refused_is_counted(tmp_path: Path) -> None:
    """usmStats, one by one."""
    with running(tmp_path) as site:
        for options in (
            ("-l", "authPriv", "-u", "signed"),
            ("-u", "nobody"),
            ("-A", "wrong passphrase"),
            ("-X", "wrong passphrase"),
        ):
            site.v3("snmpget", PRIORITY, options=(*options, "-r", "0"))
        said = site.v2c("snmpwalk", USM).splitlines()
        assert [line.rpartition(": ")[2] for line in said[:6]] == ["1", "0", "1", "4", "1", "1"]


def test_a_clock_that_is_wrong_is_told_the_right_time(reading: Site) -> None:
    """notInTimeWindows, signed: the manager takes boots and time from it and asks again."""
    before = int(reading.v2c("snmpget", f"{USM}.2.0").split()[-1])
    engine_id = reading.v3("snmpget", f"{ENGINE}.1.0").partition("STRING: ")[2]
    engine_id = "".join(engine_id.split())
    assert "254" in reading.v3("snmpget", PRIORITY, options=("-e", engine_id, "-Z", "0,900"))
    assert int(reading.v2c("snmpget", f"{USM}.2.0").split()[-1]) > before


def test_boots_and_time_are_shown(reading: Site) -> None:
    """snmpEngine group: one boot, a few seconds."""
    assert reading.v3("snmpget", f"{ENGINE}.1.0").startswith(f".{ENGINE}.1.0 = Hex-STRING: 80 00 1F 88 05")
    boots, seconds, size = (int(reading.v3("snmpget", f"{ENGINE}.{number}.0").split()[-1]) for number in (2, 3, 4))
    assert boots == 1
    assert 0 <= seconds < 100
    assert size == 65507


def test_master_keys_instead_of_passphrases(tmp_path: Path) -> None:
    """auth_key and priv_key in the file, and the same passphrases at the manager."""
    keys = [master_key(AUTHS["SHA-256"], secret.encode()).hex() for secret in (SECRET, OTHER_SECRET)]
    text = f'[[user]]\nname = "ops"\nauth = "SHA-256"\nauth_key = "{keys[0]}"\npriv = "AES"\npriv_key = "0x{keys[1]}"\n'
    with running(tmp_path, users_file=private(tmp_path / "keys.toml", text)) as site:
        assert site.v3("snmpget", PRIORITY).endswith("254\n")


def test_without_a_users_file_there_is_no_v3(tmp_path: Path) -> None:
    """And no engine that would have to be kept."""
    with running(tmp_path, users_file=None) as site:
        assert "Timeout" in site.v3("snmpget", PRIORITY, options=("-r", "0", "-t", "0.3"))
        assert not (tmp_path / "data").exists()


def test_without_communities_there_is_no_v2c(tmp_path: Path) -> None:
    """v3 alone, as it should be."""
    with running(tmp_path, v2c_community_file=None) as site:
        assert site.v3("snmpget", f"{SYSTEM}.5.0").endswith('"rx-a"\n')
        assert "Timeout" in site.v2c("snmpget", PRIORITY, options=("-r", "0", "-t", "0.3"))


def test_the_switch_hands_v3_to_pysnmp(tmp_path: Path) -> None:
    """own_message_security = false: the same answers, the same refusals, through somebody else's message security."""
    before = list(Path(tempfile.gettempdir()).glob("__pysnmp/*"))
    with running(tmp_path, own_message_security=False) as site:
        for user in ("ops", "mid", "big"):
            assert site.v3("snmpget", PRIORITY, user=user) == f".{PRIORITY} = Gauge32: 254\n"
        assert site.v3("snmpbulkwalk", "1.3.6.1.4.1") == site.v2c("snmpbulkwalk", "1.3.6.1.4.1")
        assert "Gauge32: 9" in site.v3("snmpset", PRIORITY, "u", "9")
        assert "wrongType" in site.v3("snmpset", PRIORITY, "s", "9")
        assert "noAccess" in site.v3("snmpset", PRIORITY, "u", "10", user="eye")
        assert "Unsupported security level" in site.v3("snmpget", PRIORITY, options=("-l", "authNoPriv"))
        assert "254" in site.v3("snmpget", f"{PRIORITY[:-1]}9", user="signed", options=("-l", "authNoPriv"))
        assert "Authentication failure" in site.v3("snmpget", PRIORITY, options=("-A", "wrong passphrase"))
        assert "Unknown user name" in site.v3("snmpget", PRIORITY, user="nobody")
        assert "noAccess" in site.v3("snmpset", "1.3.6.1.6.3.15.1.2.2.1.3.1", "s", "x")
        assert OTHER_SECRET not in site.v3("snmpbulkwalk", "1.3.6.1")
        assert len(site.model.changed) == 1
    assert list(Path(tempfile.gettempdir()).glob("__pysnmp/*")) == before
