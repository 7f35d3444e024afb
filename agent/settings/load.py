"""The text of a settings file → Settings, or SettingsError with every problem in it."""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from agent.settings.errors import SettingsError, one_error
from agent.settings.faces_metrics import read_metrics
from agent.settings.faces_modbus import read_modbus
from agent.settings.faces_read import read_http, read_management
from agent.settings.faces_snmp import read_snmp
from agent.settings.lan import read_lan
from agent.settings.members import read_members
from agent.settings.model import Settings
from agent.settings.pool import read_handover, read_pool
from agent.settings.pool_seats import check_pool
from agent.settings.reader import Problems, Table, shown
from agent.settings.recorder import read_recorder
from agent.settings.regular import read_regular
from agent.settings.seats import check_seats
from agent.settings.sections import read_data_dir, read_devices, read_unit

MAX_SETTINGS_BYTES = 256 * 1024
"""256 members need 60 KiB."""
MAX_NESTING = 16
"""The settings need five."""
MAX_LINE_CHARACTERS = 4096
"""64 IPv6 peers need 3,000. TOML's reader takes time with the square of a dotted key's length: minutes for 100 KB."""


def load_settings(path: Path) -> Settings:
    """Read the file. SettingsError when it cannot be read, or for what is in it."""
    return parse_settings(read_text(path), path)


def read_stdin(path: Path) -> Settings:
    """What the supervisor hands to the unit's processes on standard input; `path` is where it came from. SettingsError."""
    return parse_settings(_decoded(sys.stdin.buffer.read(MAX_SETTINGS_BYTES + 1), path), path)


def find_data_dir(path: Path) -> Path:
    """Only where the unit's sockets are, so that `status` works while somebody is half-way through editing the rest."""
    top = Table(read_toml(read_text(path), path), (), "the file", problems := Problems(""))
    data_dir = read_data_dir(top.table("unit", "[unit]"), path.absolute().parent)
    if problems.findings:
        raise SettingsError(path, tuple(problems.findings))
    return data_dir


def read_text(path: Path) -> str:
    """What the file holds, without a byte order mark. SettingsError when it cannot be read."""
    try:
        data = read_regular(path, MAX_SETTINGS_BYTES).data
    except (OSError, ValueError) as error:
        raise one_error(path, f"the settings cannot be read: {_reason(error)}", _READ_REMEDY) from None
    return _decoded(data, path)


_SECTIONS = (
    *("unit", "lan", "pool", "handover", "member", "device"),
    *("management", "snmp", "modbus", "http", "metrics", "recorder"),
)
_READ_REMEDY = "Name a settings file that exists and that this user may read (-c FILE, or UNDERSTUDY_CONFIG)"


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise one_error(path, "the file is not UTF-8 text", "Save it as UTF-8", line) from None


def parse_settings(text: str, path: Path) -> Settings:
    """The settings that `text` says. `path` is where it came from: relative paths in it start at its directory.

    SettingsError, and nothing else, for any text whatever.
    """
    return settings_of(read_toml(text, path), text, path)


def settings_of(values: Mapping[str, object], text: str, path: Path) -> Settings:
    """What these tables say; `text` is where the lines of its findings are looked up. SettingsError."""
    problems = Problems(text)
    top = Table(values, (), "the file", problems)
    top.only(_SECTIONS)
    directory = Path(path).absolute().parent
    unit = read_unit(top.table("unit", "[unit]"), directory)
    lan = read_lan(top.table("lan", "[lan]"), directory)
    pool, handover = read_pool(top.table("pool", "[pool]")), read_handover(top, directory)
    members, devices = read_members(top), read_devices(top)
    management = read_management(top.table("management", "[management]"))
    recorder = read_recorder(top.table("recorder", "[recorder]"))
    snmp, http = read_snmp(top, directory, unit.data_dir), read_http(top, directory, unit.data_dir)
    modbus, metrics = read_modbus(top, directory), read_metrics(top, directory)
    check_seats(members, devices, problems)
    check_pool(top, pool, members)
    if problems.findings:
        raise SettingsError(path, tuple(sorted(problems.findings, key=lambda finding: finding.line)))
    own = (path, text, unit, lan, tuple(members.values()), devices, pool, handover)
    return Settings(*own, management=management, snmp=snmp, modbus=modbus, http=http, metrics=metrics, recorder=recorder)


def read_toml(text: str, path: Path) -> dict[str, object]:
    """The tables of the text, of whatever it speaks. SettingsError when it is no TOML, or none that settings could be."""
    if len(text.encode("utf-8", "replace")) > MAX_SETTINGS_BYTES:
        raise one_error(path, f"the file is longer than {MAX_SETTINGS_BYTES // 1024} KiB", "Is it really the settings file?")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE_CHARACTERS:
            what = f"the line is longer than {MAX_LINE_CHARACTERS} characters"
            raise one_error(path, what, "Break it: a list may go over several lines", number)
    try:
        text.encode()
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from None
    except (ValueError, RecursionError):  # half a surrogate, a number of 5,000 digits, a thousand brackets
        raise _strange(path) from None
    if not _is_flat(values):
        raise _strange(path)
    return values


def _strange(path: Path) -> SettingsError:
    return one_error(path, "the file holds something that no settings file has", "Is it really the settings file?")


def _is_flat(values: object) -> bool:
    """At most 16 tables and lists in one another: what shows a value, or looks for its line, goes down into it."""
    level = [values]
    for _ in range(MAX_NESTING):
        level = [inner for value in level for inner in _inside(value)]
    return not level


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _syntax_error(path: Path, text: str, message: str) -> SettingsError:
    """tomllib names the line in its sentence: `… (at line 3, column 9)`."""
    found = re.search(r" \(at line (\d+), column \d+\)$", message)
    line = int(found[1]) if found else text.count("\n") + 1
    what = message[: found.start()] if found else message.removesuffix(" (at end of document)")
    return one_error(path, f"this is not TOML: {shown(what)[1:-1]}", "Texts stand in quotes; each key on a line of its own", line)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
