"""Where each value of each member comes from: the default, a line of the settings file, or somebody at run time."""

from collections.abc import Iterable

from agent.management.arbiter_values import columns_of
from agent.management.operations import iso
from agent.settings.lines import LineFinder, Place
from agent.settings.overrides import IN_FILE, Overrides
from agent.settings.runtime_file import Override

_KEYS = {
    "priority": "priority",
    "preempt": "preempt",
    "advertisement_interval_ms": "advertisement_interval",
    "return_policy": "return_policy",
    "return_hold_ms": "return_hold",
    "standby_mode": "takeover",
}
AT_RUN_TIME = ("locked", "auto_lock", "maintenance", "maintenance_minutes", "off")
JsonObject = dict[str, object]


def origins(overrides: Overrides, groups: Iterable[int]) -> list[JsonObject]:
    """`name` (member.7.priority), `value`, `origin` (default, file, runtime), `where` (file:line), `author`, `at`, `reason`."""
    lines = LineFinder(overrides.settings.text)
    found = [_of_unit(name, one) for name, one in overrides.runtime.unit.items()]
    for group in groups:
        found += _of_group(overrides, lines, group)
    return found


def _of_group(overrides: Overrides, lines: LineFinder, group: int) -> Iterable[JsonObject]:
    own, values = overrides.runtime.of(group), columns_of(overrides, group, 0)
    index = next((index for index, member in enumerate(overrides.settings.members) if member.group == group), None)
    for name in IN_FILE if index is not None else ():
        entry: JsonObject = {"name": f"member.{group}.{name}", "value": values[name]}
        yield entry | (_at_run_time(own[name]) if name in own else _in_file(overrides, lines, index or 0, name))
    for name in AT_RUN_TIME:
        value = (name in own) if name == "off" else values[name]
        entry = {"name": f"member.{group}.{name}", "value": value}
        yield entry | (_at_run_time(own[name]) if name in own else _default())


def _of_unit(name: str, one: Override) -> JsonObject:
    return {"name": f"unit.{name}", "value": one.value} | _at_run_time(one)


def _at_run_time(one: Override) -> JsonObject:
    where = "" if one.file is None else f"the file says {one.file}"
    return {"origin": "runtime", "where": where, "author": one.author, "at": iso(one.at_ns), "reason": one.reason}


def _in_file(overrides: Overrides, lines: LineFinder, index: int, name: str) -> JsonObject:
    places: list[Place] = [("member", index, _KEYS[name])]
    if name in ("return_policy", "return_hold_ms"):
        places.append(("pool", _KEYS[name]))
    for place in places:
        if lines.knows(place):
            where = f"{overrides.settings.path.name}:{lines.line(place)}"
            return {"origin": "file", "where": where, "author": "", "at": None, "reason": ""}
    return _default()


def _default() -> JsonObject:
    return {"origin": "default", "where": "", "author": "", "at": None, "reason": ""}
