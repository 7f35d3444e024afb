"""The settings file becomes values, or every problem in it with line and remedy."""

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.settings.errors import SettingsError
from agent.settings.load import find_data_dir, load_settings, parse_settings, read_stdin
from agent.wire.message import Designation
from tests.settings.sample import N_TO_M, PATH, SAMPLE, SECOND_MEMBER, findings, parse


def test_the_file_of_the_manual_becomes_values() -> None:
    """C-01: designation is a setting of its own; relative paths start at the file's directory."""
    settings = parse()
    member = settings.members[0]
    assert (member.group, member.priority, member.advertisement_interval_ms) == (7, 254, 1000)
    assert member.designation is Designation.MAIN
    assert settings.unit.data_dir == Path("/etc/understudy/data")
    assert settings.lan.key_file == Path("/etc/understudy/lan.key")
    assert settings.devices["rx"].options["input"] == "udp://239.1.1.1:5000"
    assert settings.text == SAMPLE


def test_defaults_are_the_documented_ones() -> None:
    settings = parse(("port = 7420\n", ""), ('multicast_address = "239.192.7.7"\n', ""), ("device_type = 1\n", ""))
    assert (settings.lan.port, settings.lan.multicast_address) == (7420, "239.192.7.7")
    assert (settings.members[0].device_type, settings.members[0].preempt, settings.lan.beacon) == (1, False, True)


@pytest.mark.parametrize(("word", "designation"), [("main", 0), ("reserve", 1), ("nmBackup", 2)])
def test_three_designations(word: str, designation: int) -> None:
    """C-01"""
    assert parse(('"main"', f'"{word}"'), ("= 254", "= 200"), extra=N_TO_M).members[0].designation == designation


@pytest.mark.parametrize(("seconds", "ms"), [("0.01", 10), ("0.1", 100), ("1", 1000), ("40.95", 40950), ("0.333", 333)])
def test_intervals_become_milliseconds(seconds: str, ms: int) -> None:
    assert (
        parse(("advertisement_interval = 1.0", f"advertisement_interval = {seconds}")).members[0].advertisement_interval_ms == ms
    )


def test_the_preempt_delay_becomes_milliseconds() -> None:
    assert parse(("preempt = false", "preempt_delay = 2.5")).members[0].preempt_delay_ms == 2500


@pytest.mark.parametrize("priority", [1, 254, 255])
def test_priorities_1_to_255_are_settings(priority: int) -> None:
    """S-03"""
    assert parse(("= 254", f"= {priority}")).members[0].priority == priority


def test_priority_0_is_a_message_not_a_setting() -> None:
    """C-04, S-03"""
    (finding,) = findings(("priority = 254", "priority = 0"))
    assert "priority 0 is a message, not a setting" in finding.what
    assert finding.line == 15


WRONG = [
    ("priority = 254", "priority = 256", 15, "1..255"),
    ("priority = 254", "priority = -1", 15, "1..255"),
    ("priority = 254", "priority = true", 15, "wrong type"),
    ("priority = 254", "priority = 254.0", 15, "wrong type"),
    ("priority = 254\n", "", 11, "lacks priority"),
    ("group = 7", "group = 256", 12, "0..255"),
    ("group = 7", "group = 0xffffffffffffffffffffffffffffffffffffffffffffffffff", 12, "0..255"),
    ("device_type = 1", "device_type = -1", 13, "0..255"),
    ('"main"', '"mane"', 14, "Did you mean main?"),
    ("= 1.0", "= 0.009", 17, "0.01..40.95"),
    ("= 1.0", "= 40.96", 17, "0.01..40.95"),
    ("= 1.0", "= 1.0005", 17, "whole number of milliseconds"),
    ("preempt = false", "preempt_delay = 0.0005", 16, "whole number of milliseconds"),
    ("preempt = false", "preempt_delay = 3601", 16, "0..3600"),
    ("= 1.0", "= nan", 17, "out of range"),
    ("= 1.0", "= -inf", 17, "out of range"),
    ("= 1.0", '= "1.0"', 17, "wrong type"),
    ('device = "rx"', 'device = "ry"', 18, "Did you mean rx?"),
    ("preempt = false", "preempt = 0", 16, "true or false"),
    ("preempt = false", "pre_empt = false", 16, "Did you mean preempt?"),
    ("port = 7420", "port = 0", 8, "1..65535"),
    ("port = 7420", "port = 65536", 8, "1..65535"),
    ("239.192.7.7", "10.0.0.1", 7, "not a multicast address"),
    ("239.192.7.7", "fe80::1", 7, "not a multicast address"),
    ("239.192.7.7", "239.192.7", 7, "not a multicast address"),
    ("239.192.7.7", "ff02::1%lo", 7, "names an interface. Leave out what begins with %"),
    ("port = 7420", 'peers = ["10.0.0.2"]', 8, "both peers and multicast_address"),
    ("port = 7420", "minimum_ttl = 254", 8, "without peers"),
    ("port = 7420", 'on_carrier_loss = "keep"', 8, "mute, hold"),
    ('multicast_address = "239.192.7.7"', 'peers = ["rx-b.example"]', 7, "names are not looked up"),
    ('multicast_address = "239.192.7.7"', 'peers = ["239.1.1.1"]', 7, "not a unit's address"),
    ('multicast_address = "239.192.7.7"', 'peers = ["10.0.0.2", "10.0.0.2"]', 7, "twice"),
    ('multicast_address = "239.192.7.7"', 'peers = ["10.0.0.2", "fd00::2"]', 7, "mixes"),
    ('multicast_address = "239.192.7.7"', 'peers = ["fe80::2%eth0"]', 7, "the setting interface says it"),
    ('multicast_address = "239.192.7.7"', "peers = []", 7, "has 0 addresses"),
    ("[unit]", f"a = '{'x' * 4096}'\n[unit]", 1, "longer than 4096 characters"),
    ('multicast_address = "239.192.7.7"', "peers = [1]", 7, "no text"),
    ('interface = "lo"', 'interface = "a-name-longer-than-15"', 6, "interface's name"),
    ('name = "rx-a"', 'name = ""', 2, "empty"),
    ('name = "rx-a"', 'name = "rx\\u0007a"', 2, "control characters"),
    ('name = "rx-a"', f'name = "{"ö" * 33}"', 2, "66 bytes"),
    ('data_dir = "data"', f'data_dir = "/{"d" * 100}"', 3, "socket path of 118 bytes"),
    ('key_file = "lan.key"', "key_file = 3", 9, "wrong type"),
    ('driver = "receiver"\n', "", 20, "lacks driver"),
    ("[device.rx]", '[device."r x"]', 20, "letters, digits"),
    ("[unit]", "[units]", 1, "Did you mean unit?"),
    ("[[member]]", "[member]", 11, "list of tables"),
    ('[device.rx]\ndriver = "receiver"', "[device]\nrx = 3", 21, "wrong type"),
    ("[unit]", "[unit", 1, "not TOML"),
]


@pytest.mark.parametrize(("old", "new", "line", "phrase"), WRONG)
def test_a_wrong_value_is_told_with_its_line(old: str, new: str, line: int, phrase: str) -> None:
    """S-03 for the priority; every other range of the manual."""
    found = findings((old, new))
    assert any(finding.line == line and phrase in finding.text(PATH) for finding in found), found
    assert all(finding.remedy for finding in found)


def test_all_problems_are_told_at_once() -> None:
    found = findings(("= 254", "= 256"), ("= 7420", "= 0"), ("= 1.0", "= 0"), ('"main"', "3"), ("group = 7", "group = 700"))
    assert [finding.line for finding in found] == [8, 12, 14, 15, 17]


def test_a_group_has_one_seat_in_a_unit() -> None:
    """C-05: the group identity is unique; told at the second member."""
    (finding,) = findings(extra=SECOND_MEMBER.replace("group = 8", "group = 7"))
    assert "group = 7 is there already" in finding.what
    assert finding.line == 26


def test_two_members_cannot_share_a_device() -> None:
    (finding,) = findings(extra=SECOND_MEMBER.replace('device = "ry"', 'device = "rx"'))
    assert "one output cannot serve two groups" in finding.what


def test_an_nm_backup_has_no_preempt_and_no_255() -> None:
    """S-24, C-03"""
    found = findings(('"main"', '"nmBackup"'), ("preempt = false", "preempt = true"), ("= 254", "= 255"), extra=N_TO_M)
    assert [finding.line for finding in found] == [15, 16]


def test_what_follows_from_a_wrong_value_is_not_told_again() -> None:
    found = findings(("group = 7\n", ""), extra=SECOND_MEMBER.replace("group = 8\n", ""))
    assert [finding.what for finding in found] == ["[[member]] lacks group"] * 2


def test_peers_replace_the_multicast_address() -> None:
    lan = parse(('multicast_address = "239.192.7.7"', 'peers = ["fd00::2", "fd00::3"]\nminimum_ttl = 250')).lan
    assert (lan.multicast_address, lan.peers, lan.minimum_ttl) == (None, ("fd00::2", "fd00::3"), 250)


def test_ipv6_multicast() -> None:
    assert parse(("239.192.7.7", "ff02::7")).lan.multicast_address == "ff02::7"


def test_the_error_reads_as_file_line_what_remedy() -> None:
    with pytest.raises(SettingsError) as caught:
        parse(("port = 7420", "prot = 7420"))
    assert str(caught.value) == f'{PATH}:8: error: [lan] has no key "prot". Did you mean port?'


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 300_000, b"a = " + b"[" * 5000, b"a = " + b"9" * 5000])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "u.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError):
        load_settings(path)


SLOW_TO_READ = {
    "a dotted key of 100 KB": ".".join("a" * 50_000) + " = 1",
    "dotted keys as long as lines may be": "\n".join(f"k{number}." + ".".join("a" * 2040) + " = 1" for number in range(20)),
    "a value that is too deep to be shown": SAMPLE.replace("name =", "name." + ".".join("a" * 1500) + " ="),
    "an option that is too deep to be shown": SAMPLE.replace("input =", "input." + ".".join("a" * 1500) + " ="),
    "headers as long as lines may be": "\n".join(f"[k{number}." + ".".join("a" * 2040) + "]" for number in range(20)),
    "statements of nearly as many lines as are looked into": "".join(
        f"b{number} = [\n'{'y' * 1200}',\n" + "1,\n" * 190 + "]\n" for number in range(120)
    ),
}


@pytest.mark.parametrize("what", SLOW_TO_READ)
def test_no_file_makes_it_hang(what: str) -> None:
    """A SettingsError in seconds, not a RecursionError and not minutes."""
    started_s = time.process_time()
    with pytest.raises(SettingsError):
        parse_settings(SLOW_TO_READ[what], PATH)
    assert time.process_time() - started_s < 5


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A FIFO would be waited for for ever, a device never end."""
    make(tmp_path / "u.toml")
    with pytest.raises(SettingsError, match="not a regular file"):
        load_settings(tmp_path / "u.toml")
    with pytest.raises(SettingsError, match="not a regular file"):
        find_data_dir(tmp_path / "u.toml")


@pytest.mark.parametrize("name", ["absent", "", "a\0b"])
def test_a_file_that_cannot_be_read_is_a_settings_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / name)


def stdin_of(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_the_processes_of_a_unit_read_their_settings_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin_of(monkeypatch, SAMPLE.encode())
    assert read_stdin(PATH) == parse()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 300_000, b"", b"[unit"])
def test_bad_settings_on_stdin_are_a_settings_error(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Never a UnicodeDecodeError: who starts the process reads a sentence."""
    stdin_of(monkeypatch, content)
    with pytest.raises(SettingsError, match=str(PATH)):
        read_stdin(PATH)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "u.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SAMPLE.encode())
    assert parse_settings(load_settings(path).text, path).unit.name == "rx-a"


def test_the_sockets_are_found_while_the_rest_is_being_edited(tmp_path: Path) -> None:
    path = tmp_path / "u.toml"
    path.write_text('[unit]\ndata_dir = "d"\n[lan]\nport = "?"\n')
    assert find_data_dir(path) == tmp_path / "d"
