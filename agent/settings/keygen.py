"""Making and rotating LAN keys. Every step leaves the old file or the new one, whole, whatever fails."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from agent.settings.errors import one_error
from agent.settings.keyfile import key_digits, parse_keys, read_key_file
from agent.settings.replace import replace_text, sync_directory, write_all
from agent.wire.keys import KEY_BYTES, MAX_KEYS, make_key

_HEADER = "# Understudy LAN keys: the first signs, all are accepted. Keep them secret.\n"


def create(path: Path) -> str:
    """A new file (mode 0600) with one key; gives the key's id. FileExistsError: nothing is ever overwritten. OSError."""
    line, key_id = _new_key_line()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, _HEADER + line)
    except OSError:
        path.unlink()
        raise
    sync_directory(path)
    return key_id


def add(path: Path) -> str:
    """Append a new key: accepted, not yet signing. Gives its id. SettingsError: the file is wrong or full. OSError."""
    text = read_key_file(path)
    if len(parse_keys(text, path)) == MAX_KEYS:
        remedy = f"Finish the last rotation: understudy keygen --remove-old {path}"
        raise one_error(path, f"there are {MAX_KEYS} keys already", remedy)
    line, key_id = _new_key_line()
    replace_text(path, text + ("" if text.endswith("\n") else "\n") + line)
    return key_id


def promote(path: Path) -> str:
    """Move the last key to the top: it signs from now on. Gives its id. SettingsError: there is one key only. OSError."""
    lines, places = _lines_of_several(path, "promote", f"Add one first: understudy keygen --add {path}")
    line = lines.pop(places[-1])
    lines.insert(places[0], line)
    replace_text(path, "".join(lines))
    return _id_of(line)


def remove_old(path: Path) -> str:
    """Drop the last key. Gives its id. SettingsError: it is the only one, or newer than the signing one. OSError."""
    lines, places = _lines_of_several(path, "remove", "Nothing is left over from a rotation")
    if _made_at(lines[places[-1]]) > _made_at(lines[places[0]]):
        remedy = f"Make it the signing key first: understudy keygen --promote {path}"
        raise one_error(path, "the last key is the newest, not the old one", remedy, places[-1] + 1)
    line = lines.pop(places[-1])
    replace_text(path, "".join(lines))
    return _id_of(line)


def _new_key_line() -> tuple[str, str]:
    secret = secrets.token_bytes(KEY_BYTES)
    key_id = make_key(secret).key_id.hex()
    made_at = datetime.now(UTC).isoformat(timespec="microseconds")
    return f"{secret.hex()}  # id {key_id} made {made_at}\n", key_id


def _made_at(line: str) -> str:
    """ISO time from our own comment: sorts as text. Empty for a key from elsewhere."""
    return line.partition(" made ")[2].strip()


def _id_of(line: str) -> str:
    return make_key(bytes.fromhex(key_digits(line))).key_id.hex()


def _lines_of_several(path: Path, verb: str, remedy: str) -> tuple[list[str], list[int]]:
    """The lines, and which of them hold keys; SettingsError unless there are two keys or more."""
    text = read_key_file(path)
    if len(parse_keys(text, path)) < 2:
        raise one_error(path, f"there is one key only, and none to {verb}", remedy)
    lines = [f"{line}\n" for line in text.splitlines()]
    return lines, [index for index, line in enumerate(lines) if key_digits(line)]
