"""Who this SNMP engine is: an id made once, and how often it has started since (RFC 3411, RFC 3414 2.2).

Managers refuse what comes from an engine whose boots or time went back. So the number of boots is on the disk before the first
word is said with it; an engine that cannot do that stays silent in v3 rather than repeat a number.
"""

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

MAX_BOOTS: Final = 2**31 - 1
"""Latched (RFC 3414, 2.2.3): an engine that got so far needs a new id."""
MAX_TIME_S: Final = 2**31 - 1
_BEGINNING: Final = bytes.fromhex("80001f8805")
"""RFC 3411's new form; Net-SNMP's enterprise number, as we have none; 05: octets that we choose."""
_RANDOM_BYTES: Final = 12
MAX_FILE_BYTES: Final = 4096


class EngineError(Exception):
    """v3 cannot be served; a sentence that says why and what to do."""


class Engine:
    """`boots` 0: no v3. `now_s` counts up and never jumps."""

    def __init__(self, engine_id: bytes, boots: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self.engine_id, self.boots = engine_id, boots
        self._now_s, self._since_s = now_s, now_s()

    def engine_time(self) -> int:
        """Seconds since `boots` was counted up."""
        return min(int(self._now_s() - self._since_s), MAX_TIME_S)

    def uptime_ticks(self) -> int:
        """sysUpTime: hundredths of a second, 32 bits and then from 0 again."""
        return int((self._now_s() - self._since_s) * 100) & 0xFFFF_FFFF


def start_engine(directory: Path) -> Engine:
    """Read DATA_DIR/snmp/engine.json, count one boot, save. EngineError when it cannot be read, understood or saved."""
    path = directory / "engine.json"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine_id, boots = _read(path)
        if boots >= MAX_BOOTS:
            raise EngineError(f"{path}: {MAX_BOOTS} starts are all that an engine has. Remove the file: a new id will be made")
        _save(path, engine_id, boots + 1)
    except OSError as error:
        raise EngineError(
            f"{error.filename or path} cannot be kept: {error.strerror}. SNMPv3 stays off, since a number of starts "
            "that repeats would let old messages pass for new ones. Check the disk and its owner"
        ) from None
    return Engine(engine_id, boots + 1)


def _read(path: Path) -> tuple[bytes, int]:
    """A new id and 0 when there is no file. OSError, EngineError."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES)
    except FileNotFoundError:
        return _BEGINNING + secrets.token_bytes(_RANDOM_BYTES), 0
    try:
        value = json.loads(text)
        engine_id, boots = bytes.fromhex(value["engine_id"]), value["boots"]
    except (ValueError, KeyError, TypeError):
        engine_id, boots = b"", None
    if not 5 <= len(engine_id) <= 32 or type(boots) is not int or not 0 <= boots <= MAX_BOOTS:
        raise EngineError(f"{path} is damaged. Bring it back from a copy; or remove it: managers must then learn a new engine id")
    return engine_id, boots


def _save(path: Path, engine_id: bytes, boots: int) -> None:
    """The old file or the new one, whole, and on the disk when this returns. OSError."""
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"engine_id": engine_id.hex(), "boots": boots}, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    _sync(path.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
