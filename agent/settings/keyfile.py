"""The key file: one LAN key a line, 64 hex digits; `#` begins a comment. The first key signs, all are accepted.

No message, finding or exception made here contains a key or a part of one; key ids are public (they go over the LAN).
"""

from pathlib import Path

from agent.settings.errors import Finding, SettingsError, one_error
from agent.settings.regular import read_regular
from agent.wire.keys import KEY_BYTES, MAX_KEYS, Key, Keyring, make_key

MAX_KEY_FILE_BYTES = 16 * 1024
"""Eight keys with their comments need 1 KiB."""
_REMEDY = "Make one with: understudy keygen FILE"


def load_keys(path: Path) -> Keyring:
    """The keyring of the file. SettingsError when it cannot be read or any line of it is wrong."""
    return Keyring(load_key_list(path))


def load_key_list(path: Path) -> tuple[Key, ...]:
    """1..8 keys in the order of the file. SettingsError as load_keys."""
    return parse_keys(read_key_file(path), path)


def usable_keys(path: Path) -> tuple[Key, ...]:
    """As load_key_list, and SettingsError also when others than its owner may write the file."""
    return _usable_keys(path)[0]


def _usable_keys(path: Path) -> tuple[tuple[Key, ...], int]:
    """The keys and the mode, of one and the same file: it is opened once."""
    text, mode = _read(path)
    keys = parse_keys(text, path)
    if mode & 0o022:
        raise one_error(path, "the key file can be written by others: they could put their own key in", f"Run: chmod 600 {path}")
    return keys, mode


def parse_keys(text: str, path: Path) -> tuple[Key, ...]:
    """1..8 keys, all different. No key at all is an error: it would silently mean a LAN that anyone may speak on."""
    keys: list[Key] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.splitlines(), 1):
        digits = key_digits(line)
        if digits:
            _enter(keys, findings, number, digits)
    if not keys and not findings:
        findings.append(Finding(0, "error", "the key file has no key in it", _REMEDY))
    if findings:
        raise SettingsError(path, tuple(findings))
    return tuple(keys)


def key_digits(line: str) -> str:
    """The line without its comment; empty: no key here."""
    return line.partition("#")[0].strip()


def _enter(keys: list[Key], findings: list[Finding], number: int, digits: str) -> None:
    try:
        key = make_key(bytes.fromhex(digits))
    except ValueError:
        what = f"this is not a key ({len(digits)} characters)"
        findings.append(Finding(number, "error", what, f"A key is {2 * KEY_BYTES} hex digits. {_REMEDY}"))
        return
    if key in keys:
        findings.append(Finding(number, "error", f"key {key.key_id.hex()} is there twice", "Remove this line"))
    elif len(keys) == MAX_KEYS:
        findings.append(Finding(number, "error", f"there are more than {MAX_KEYS} keys", "Remove the oldest ones"))
    else:
        keys.append(key)


def read_key_file(path: Path) -> str:
    """Its text. SettingsError for a file that is absent, forbidden, not regular, too long or not ASCII."""
    return _read(path)[0]


def _read(path: Path) -> tuple[str, int]:
    """Text and mode."""
    try:
        data, mode = read_regular(path, MAX_KEY_FILE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not a path"
        raise one_error(path, f"the key file cannot be read: {reason}", f"Check its place and owner. {_REMEDY}") from None
    if len(data) > MAX_KEY_FILE_BYTES or not data.isascii():
        raise one_error(path, "this is not a key file", _REMEDY)
    return data.decode("ascii"), mode


def key_file_findings(path: Path) -> list[Finding]:
    """Everything wrong with the file and with who may touch it; errors keep `run` and `reload-keys` from using it."""
    try:
        _, mode = _usable_keys(path)
    except SettingsError as error:
        return list(error.findings)
    if mode & 0o044:
        what = "the key file can be read by others: whoever reads it can forge adverts"
        return [Finding(0, "warning", what, f"Run: chmod 600 {path}; then change the key (understudy keygen --add)")]
    return []
