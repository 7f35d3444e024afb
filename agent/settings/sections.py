"""[unit] and [device.NAME], each read on its own; what lies between tables is in seats.py."""

import os
import re
from pathlib import Path

from agent.settings.model import DeviceSettings, UnitSettings
from agent.settings.reader import Table, shown

MAX_NAME_BYTES = 64
MAX_SOCKET_PATH_BYTES = 107
"""Of sun_path, less the NUL."""
_LONGEST_SOCKET = Path("run/control.sock")

_UNIT = UnitSettings("")
"""For its defaults."""
_DEVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


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
