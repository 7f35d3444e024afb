"""The four kinds of tables of the settings file, each read on its own. What lies between them is in seats.py."""

import os
import re
from pathlib import Path

from agent.settings.model import DeviceSettings, MemberSettings, UnitSettings
from agent.settings.reader import Table, shown
from agent.wire.message import DESIGNATION_WORDS, Designation

MAX_NAME_BYTES = 64
MAX_SOCKET_PATH_BYTES = 107
"""Of sun_path, less the NUL."""
_LONGEST_SOCKET = Path("run/control.sock")

_DESIGNATIONS = {word: designation for designation, word in DESIGNATION_WORDS.items()}
_UNIT = UnitSettings("")
_MEMBER = MemberSettings(0, Designation.MAIN, 1, "")
"""For their defaults."""
_DEVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_MEMBER_KEYS = (
    "group",
    "device_type",
    "designation",
    "priority",
    "preempt",
    "preempt_delay",
    "advertisement_interval",
    "heal_policy",
    "device",
)


def read_unit(table: Table, directory: Path) -> UnitSettings:
    """[unit]: the name goes over the LAN in 1..64 bytes; the sockets' paths must fit into 107."""
    table.only(("name", "data_dir"))
    name = table.text("name")
    if len(name.encode()) > MAX_NAME_BYTES:
        table.wrong("name", f"name has {len(name.encode())} bytes", f"Shorten it to {MAX_NAME_BYTES} bytes of UTF-8")
    data_dir = read_data_dir(table, directory)
    size = len(os.fsencode(data_dir / _LONGEST_SOCKET))
    if size > MAX_SOCKET_PATH_BYTES:
        what = f"data_dir makes a socket path of {size} bytes; the system allows {MAX_SOCKET_PATH_BYTES}"
        table.wrong("data_dir", what, f"Choose one that is shorter by {size - MAX_SOCKET_PATH_BYTES} bytes")
    return UnitSettings(name, data_dir)


def read_data_dir(table: Table, directory: Path) -> Path:
    """`data_dir` of [unit], relative to the directory of the settings file."""
    return directory / table.text("data_dir", str(_UNIT.data_dir))


def read_members(top: Table) -> dict[int, MemberSettings]:
    """Every [[member]], by its index in the file."""
    value = top.values.get("member", [])
    if not isinstance(value, list) or not value:
        what = "has no [[member]]" if value == [] else "has a member that is no list of tables"
        top.wrong("member", what, "Add a line [[member]] with group, designation, priority and device below it")
        return {}
    members = {}
    for index, entry in enumerate(value):
        if isinstance(entry, dict):
            members[index] = _read_member(Table(entry, ("member", index), "[[member]]", top.problems))
        else:
            top.problems.add(
                ("member", index), f"member {shown(entry)} is no table", "Write a line [[member]] with keys below it"
            )
    return members


def _read_member(table: Table) -> MemberSettings:
    table.only(_MEMBER_KEYS)
    return MemberSettings(
        group=table.integer("group", 0, 255),
        designation=_DESIGNATIONS[table.choice("designation", _DESIGNATIONS)],
        priority=_priority(table),
        device=table.text("device"),
        device_type=table.integer("device_type", 0, 255, _MEMBER.device_type),
        preempt=table.flag("preempt", _MEMBER.preempt),
        preempt_delay_ms=_milliseconds(table, "preempt_delay", 0.0, 3600.0, _MEMBER.preempt_delay_ms),
        advertisement_interval_ms=_milliseconds(table, "advertisement_interval", 0.01, 40.95, _MEMBER.advertisement_interval_ms),
        heal_policy=table.choice("heal_policy", ("priority", "incumbent"), _MEMBER.heal_policy),
    )


def _priority(table: Table) -> int:
    """1..255 (S-03); 0 is what a leaving master sends (C-04)."""
    if type(table.values.get("priority")) is int and table.values["priority"] == 0:
        what = "priority = 0: priority 0 is a message, not a setting (the master sends it to give up)"
        table.wrong("priority", what, "Set 1..255; to take a unit out of service, use set-backup or stop it")
        return 1
    return table.integer("priority", 1, 255)


def _milliseconds(table: Table, key: str, low_s: float, high_s: float, default_ms: int) -> int:
    """Whole ms, written in seconds low..high with at most three decimals."""
    seconds = table.seconds(key, low_s, high_s, default_ms / 1000)
    whole_ms = round(seconds * 1000)
    if abs(seconds * 1000 - whole_ms) > 1e-6:
        what = f"{key} = {seconds!r} is not a whole number of milliseconds"
        table.wrong(key, what, f"Write {max(whole_ms / 1000, low_s):g}")
    return whole_ms


def read_devices(top: Table) -> dict[str, DeviceSettings]:
    """Every [device.NAME]. The names become arguments and file names, so they are plain."""
    tables = top.table("device", "[device.NAME]")
    devices = {}
    for name in tables.values:
        if not _DEVICE_NAME.fullmatch(name):
            remedy = "Use 1..32 letters, digits, - and _, a letter or digit first"
            tables.wrong(name, f"{shown(name)} cannot be a device's name", remedy)
            continue
        table = tables.table(name, f"[device.{name}]")
        options = {key: value for key, value in table.values.items() if key != "driver"}
        devices[name] = DeviceSettings(name, table.text("driver"), options)
    return devices
