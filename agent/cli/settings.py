"""`understudy set`, `lock`, `unlock`, `maintenance`: settings at run time, by the one arbiter (S-03, D-49, D-50)."""

import re
from argparse import Namespace

from agent.cli import exits
from agent.cli.control_socket import asked, report
from agent.cli.groups import checked
from agent.cli.plain import readable
from agent.cli.stop import Stop
from agent.cli.streams import complain
from agent.management.memory import JsonObject

_MINUTES = {"m": 1, "h": 60, "d": 1440}
MAX_MINUTES = 7 * 1440
_ON, _OFF = frozenset({"true", "on", "yes"}), frozenset({"false", "off", "no"})


def set_(options: Namespace) -> int:
    """`set 7 priority=200 preempt=off`: all of it or nothing."""
    table, index = ("unit", []) if options.group == "unit" else ("member", [_group(options.group)])
    return _set(options, table, index, _values(table, options.pairs))


def _group(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 6):
        raise Stop(exits.BAD_SETTINGS, f"GROUP {word!r} is no group. Give a whole number 0..255, or the word unit.")
    return checked(int(word))


def _values(table: str, pairs: list[str]) -> JsonObject:
    """Each name once. Stop, with the names there are."""
    from agent.model.tables import TABLE

    values: JsonObject = {}
    known = settable(table)
    for pair in pairs:
        name, sign, given = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not sign or name not in known:
            raise Stop(exits.BAD_SETTINGS, f"{pair}: write NAME=VALUE, with one of: {', '.join(known)}.")
        if name in values:
            raise Stop(exits.BAD_SETTINGS, f"{name} is given twice. Give it once.")
        values[name] = _value(TABLE[table].column(name).kind, given.strip())
    return values


def settable(table: str) -> list[str]:
    """The names that `set` takes, in the order of the model."""
    from agent.model.tables import TABLE, settings_of

    return [column.name for column in settings_of(TABLE[table])]


def _value(kind: object, given: str) -> object:
    """As JSON has it; what does not fit goes as it is, and is refused with the words that every face has."""
    from agent.model.kinds import Flag, Number

    if isinstance(kind, Flag) and given.lower() in _ON | _OFF:
        return given.lower() in _ON
    if isinstance(kind, Number) and re.fullmatch(r"-?[0-9]{1,18}", given):
        return int(given)
    return given


def lock(options: Namespace) -> int:
    """Orders are refused until it is unlocked."""
    return _set(options, "member", [checked(options.group)], {"locked": True})


def unlock(options: Namespace) -> int:
    """Orders pass again; with auto_lock the next change locks anew (D-51)."""
    return _set(options, "member", [checked(options.group)], {"locked": False})


def maintenance(options: Namespace) -> int:
    """On for a time that ends by itself, so that it cannot be forgotten."""
    group, is_on = checked(options.group), options.state == "on"
    if options.duration and not is_on:
        raise Stop(exits.BAD_SETTINGS, "--for belongs to `maintenance GROUP on`.")
    values: JsonObject = {"maintenance_minutes": minutes_in(options.duration)} if options.duration else {}
    return _set(options, "member", [group], {**values, "maintenance": is_on})


def minutes_in(duration: str) -> int:
    """`90m`, `2h`, `1d`, or several together (`1h30m`). Stop."""
    found = re.fullmatch(r"((?P<d>\d{1,4})d)?((?P<h>\d{1,4})h)?((?P<m>\d{1,6})m)?", duration.strip().lower())
    minutes = sum(int(count) * _MINUTES[unit] for unit, count in found.groupdict().items() if count) if found else 0
    if not 1 <= minutes <= MAX_MINUTES:
        raise Stop(exits.BAD_SETTINGS, f"--for {duration}: write a time of 1m to 7d, as in 90m, 2h or 1d.")
    return minutes


def _set(options: Namespace, table: str, index: list[int], values: JsonObject) -> int:
    request: JsonObject = {"verb": "set", "table": table, "index": index, "values": values, "reason": options.reason}
    answer = asked(options, request)
    details = answer.get("details")
    note = str(details.get("note", "")) if isinstance(details, dict) else ""
    if note and not options.json:
        answer = {**answer, "text": str(answer.get("text")).removesuffix(note).removesuffix(" Note: ")}
    code = report(options, answer)
    if note:
        complain(f"warning: {readable(note)}")
    return code
