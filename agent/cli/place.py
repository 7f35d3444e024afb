"""Where the settings file is, and where the running agent has its sockets."""

import os
import tomllib
from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.cli import exits
from agent.cli.stop import Stop
from agent.settings.regular import read_regular

DEFAULT_FILE = Path("/etc/understudy/understudy.toml")
"""As agent.settings.model has it; importing that takes longer than some commands."""
_DEFAULT_DATA_DIR = "/var/lib/understudy"
_MAX_SETTINGS_BYTES = 256 * 1024
_MAX_LINE_BYTES = 4096


def default_file() -> Path:
    """What stands for a missing -c FILE."""
    return Path(os.environ.get("UNDERSTUDY_CONFIG") or DEFAULT_FILE)


def run_dir(options: Namespace) -> Path:
    """Of the unit whose settings file was named. Stop when that does not say."""
    file: Path = options.file
    return (_data_dir_quickly(file) or _data_dir_with_all_checks(file)) / "run"


def _data_dir_with_all_checks(path: Path) -> Path:
    from agent.settings.errors import SettingsError
    from agent.settings.load import find_data_dir

    try:
        return find_data_dir(path)
    except SettingsError as error:
        raise Stop(exits.BAD_SETTINGS, str(error)) from None


def _data_dir_quickly(path: Path) -> Path | None:
    """Without the checks that take 30 ms to import; None: there is something odd in the file, and they have the words for it."""
    unit = values_quickly(path).get("unit")
    data_dir = unit.get("data_dir", _DEFAULT_DATA_DIR) if isinstance(unit, dict) else None
    is_plain = isinstance(data_dir, str) and bool(data_dir.strip()) and data_dir.isprintable()
    return path.absolute().parent / str(data_dir) if is_plain else None


def values_quickly(path: Path) -> dict[str, Any]:
    """What the settings file says, unchecked; empty when it cannot be read."""
    try:
        return tomllib.loads(_plain_text(path))
    except (OSError, ValueError, RecursionError):
        return {}


def _plain_text(path: Path) -> str:
    data = read_regular(path, _MAX_SETTINGS_BYTES).data
    if len(data) > _MAX_SETTINGS_BYTES or any(len(line) > _MAX_LINE_BYTES for line in data.split(b"\n")):
        raise ValueError("not what a settings file looks like")
    return data.decode("utf-8-sig")
