"""Who this unit is, kept in the data directory: `unit_id` for life, `boot` greater at every start.

The boot number is saved before the first packet; it never falls below UTC seconds, so that a lost data directory or a full
disk does not make this unit look like an old recording of itself.
"""

import contextlib
import os
import secrets
import sys
import time
from pathlib import Path

from agent import __version__
from agent.engine.config import Identity

_BOOT_MAX = 0xFFFF_FFFF


def load_identity(data_dir: Path, name: str) -> Identity:
    """Read both files, count the boot up and save it. A disk that cannot be written is reported, not fatal."""
    unit_id = _load_unit_id(data_dir / "unit_id")
    stored = _read_int(data_dir / "boot", 10)
    if stored >= _BOOT_MAX:  # nobody starts that often: damage, and counting on from there would give every start one boot
        stored = 0
    boot = min(max(stored + 1, int(time.time())), _BOOT_MAX)
    _save(data_dir / "boot", f"{boot}\n")
    return Identity(unit_id, boot, name, __version__, secrets.token_bytes(16))


def _load_unit_id(path: Path) -> int:
    unit_id = _read_int(path, 16)
    if not 0 < unit_id < 1 << 64:
        unit_id = secrets.randbits(64) | 1
        _save(path, f"{unit_id:016x}\n")
    return unit_id


def _read_int(path: Path, base: int) -> int:
    try:
        return int(path.read_text().strip(), base)
    except (OSError, ValueError):
        return 0


def _save(path: Path, text: str) -> None:
    """Old or new, never a mixture."""
    new = path.with_suffix(".new")
    try:
        with new.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        print(f"understudy: cannot save {path}: {error}. Free space, or mend the disk; going on.", file=sys.stderr)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
