"""Turning N:M on and off (S-18, S-34): one word of the settings file is changed, every other character stays as it is."""

import codecs
import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from agent.settings.errors import Finding, SettingsError, one_error
from agent.settings.lines import LineFinder
from agent.settings.load import parse_settings, read_text, read_toml
from agent.settings.model import Settings
from agent.settings.regular import read_regular
from agent.settings.replace import replace_text
from agent.wire.message import DESIGNATION_WORDS, Designation

_VALUE = re.compile(r"""(\bn_to_m["']?\s*=\s*)(true|false)""")
_BY_HAND = "Write n_to_m = {} on a line of its own below a line [pool], and run: understudy check"


def enable(path: Path) -> str:
    """Write `n_to_m = true`. A sentence that says what changes at the next start.

    SettingsError, and the file is as it was: the result would be no valid settings (preempt on, a priority 255: S-24, C-16),
    or it cannot be edited by us. OSError: it cannot be written.
    """
    return _switch(path, is_on=True)


def disable(path: Path) -> str:
    """Write `n_to_m = false`. As enable(); refused while the file has an nmBackup, which would protect nothing then."""
    return _switch(path, is_on=False)


def _switch(path: Path, *, is_on: bool) -> str:
    text = read_text(path)
    word = "on" if is_on else "off"
    if _is_on(read_toml(text, path)) is is_on:
        parse_settings(text, path)
        return f"N:M is {word} in {path} already; nothing was changed."
    edited, inserted_line = _edited(text, path, is_on)
    settings = _parsed(edited, path, inserted_line)
    if read_text(path) != text:
        raise one_error(path, "the file was changed by somebody else meanwhile, so nothing was written", "Run it again")
    replace_text(path, _byte_order_mark(path) + edited)
    return f"N:M is {word} in {path}. At the next start of the agent (until then nothing changes): {_meaning(settings)}."


def _is_on(values: Mapping[str, object]) -> bool | None:
    """What [pool] n_to_m says, false when it is not there; None: neither true nor false."""
    pool = values.get("pool", {})
    value = pool.get("n_to_m", False) if isinstance(pool, dict) else None
    return value if isinstance(value, bool) else None


def _byte_order_mark(path: Path) -> str:
    """Of an editor that writes one: it stays."""
    return "\ufeff" if read_regular(path, 3).data.startswith(codecs.BOM_UTF8) else ""


def _edited(text: str, path: Path, is_on: bool) -> tuple[str, int]:
    """The new text, and which line (1..) it has more than the old one; 0: none, or at its end. SettingsError."""
    word = str(is_on).lower()
    lines = text.split("\n")
    finder = LineFinder(text)
    value_line, header_line, inserted_line = finder.line(("pool", "n_to_m")), finder.line(("pool",)), 0
    if finder.knows(("pool", "n_to_m")):
        lines[value_line - 1] = _VALUE.sub(rf"\g<1>{word}", lines[value_line - 1], count=1)
    elif header_line:
        inserted_line = header_line + 1
        lines.insert(header_line, f"n_to_m = {word}{_return_of(lines[header_line - 1])}")
    else:
        lines = _appended(lines, word)
    edited = "\n".join(lines)
    if not _is_same_but_for_it(read_toml(text, path), edited, path, is_on):
        raise one_error(path, "n_to_m stands where it cannot be changed by itself", _BY_HAND.format(word), header_line)
    return edited, inserted_line


def _appended(lines: list[str], word: str) -> list[str]:
    """[pool] at the end of the file, with the line ends that it has."""
    end = _return_of(lines[0])
    has_last_end = lines[-1] == ""
    before = lines[:-1] if has_last_end else [*lines[:-1], lines[-1] + end]
    return [*before, end, f"[pool]{end}", f"n_to_m = {word}{end}", ""]


def _return_of(line: str) -> str:
    return "\r" if line.endswith("\r") else ""


def _is_same_but_for_it(old: Mapping[str, object], edited: str, path: Path, is_on: bool) -> bool:
    """Does the new text say what the old one says, and n_to_m?"""
    try:
        new = read_toml(edited, path)
    except SettingsError:
        return False
    pool = old.get("pool", {})
    return isinstance(pool, dict) and new == {**old, "pool": {**pool, "n_to_m": is_on}}


def _parsed(edited: str, path: Path, inserted_line: int) -> Settings:
    """SettingsError with the lines of the file as it still is."""
    try:
        return parse_settings(edited, path)
    except SettingsError as error:
        raise SettingsError(path, tuple(_as_before(finding, inserted_line) for finding in error.findings)) from None


def _as_before(finding: Finding, inserted_line: int) -> Finding:
    is_behind = 0 < inserted_line <= finding.line
    return dataclasses.replace(finding, line=finding.line - 1) if is_behind else finding


def _meaning(settings: Settings) -> str:
    """What the switch means to this very unit."""
    if not settings.pool.n_to_m:
        return "every group is protected by the units of that group alone (1:1), and N:M commands are refused here"
    seats = [f"it is {DESIGNATION_WORDS[member.designation]} of group {member.group}" for member in settings.members]
    masters = [str(member.group) for member in settings.members if member.designation is Designation.MAIN]
    if any(member.is_nm_backup for member in settings.members):
        return f"this unit stands in for the groups that it protects ({'; '.join(seats)})"
    if masters:
        return f"an nmBackup of another unit may take over group {', '.join(masters)} when this one fails"
    return f'this unit may become part of a pool ({"; ".join(seats)}; add a [[member]] with designation = "nmBackup")'
