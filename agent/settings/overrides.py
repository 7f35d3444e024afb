"""The settings in force: those of the file, and over them what was set at run time (runtime_disk.py).

Every process of a unit that asks here gets the same answer. The later writer wins: an override whose value in the file has been
edited since is dropped. Nothing here raises for what is on the disk: a unit must start.
"""

import time
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from agent.settings.errors import SettingsError, sentences
from agent.settings.load import settings_of
from agent.settings.model import MemberSettings, Settings
from agent.settings.runtime_disk import find_runtime
from agent.settings.runtime_file import Override, Runtime, Value

DEFAULT_MAINTENANCE_MINUTES = 120
IN_FILE = ("priority", "preempt", "advertisement_interval_ms", "return_policy", "return_hold_ms", "standby_mode")
"""Those that the settings file says too."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """`settings`: the file's. `effective`: with what was set at run time. `told`: what a person must know, whole sentences.

    `refused`: files that are not ours, or broken. `is_lost`: none could be used. `is_stale`: the disk is to be written anew.
    """

    settings: Settings
    runtime: Runtime
    effective: Settings
    told: tuple[str, ...] = ()
    refused: tuple[Path, ...] = ()
    is_lost: bool = False
    is_stale: bool = False

    def controls(self, group: int, now_ns: int | None = None) -> dict[str, object]:
        """What core is to know of one seat, pooled ones too: the keys of `adjust`, and `off`. `now_ns`: wall clock. KeyError."""
        member, own = self.member_of(group), self.runtime.of(group)
        now_ns = time.time_ns() if now_ns is None else now_ns
        until_ns = maintenance_until_ns(own, now_ns)
        return {
            "priority": member.priority,
            "preempt": member.preempt,
            "interval_ms": member.advertisement_interval_ms,
            "return_hold_ms": self.effective.returns_after_ms(member),
            "attended": member.takeover == "attended",
            "maintenance": until_ns is not None,
            "maintenance_until_ns": None if until_ns is None else time.monotonic_ns() + until_ns - now_ns,
            "locked": self.is_locked(group),
            "off": "off" in own,
        }

    def member_of(self, group: int) -> MemberSettings:
        """Whose values hold in this group: its own seat, else the nmBackup that protects it (S-22). KeyError."""
        members = self.effective.members
        own = (member for member in members if member.group == group)
        listed = (member for member in members if member.protects is not None and group in member.protects)
        everywhere = (member for member in members if member.is_nm_backup and member.protects is None)
        for member in chain(own, listed, everywhere):
            return member
        raise KeyError(group)

    def is_locked(self, group: int) -> bool:
        """Never while the settings hide the lock (D-53)."""
        return self.settings.management.lock and "locked" in self.runtime.of(group)


def maintenance_until_ns(own: Mapping[str, Override], now_ns: int) -> int | None:
    """When it ends, wall clock; None: it is off, or has ended by itself."""
    until_ns = int(own["maintenance"].value) if "maintenance" in own else 0
    return until_ns if until_ns > now_ns else None


def load_overrides(data_dir: Path, settings: Settings) -> Overrides:
    """What was set at run time over these settings. Reads only: keeping a bad file aside is management's."""
    found = find_runtime(data_dir)
    made = overrides_of(settings, found.runtime)
    is_stale = made.is_stale or found.is_stale
    return replace(made, told=(*found.told, *made.told), refused=found.refused, is_lost=found.is_lost, is_stale=is_stale)


def overrides_of(settings: Settings, runtime: Runtime) -> Overrides:
    """As load_overrides, of what is in memory."""
    kept, told = _without_edited(settings, runtime)
    try:
        effective = effective_settings(settings, kept)
    except SettingsError as error:
        why = sentences(error.findings[0].what, error.findings[0].remedy)
        told.append(f"What was set at run time does not go with the settings file and is dropped. {why}")
        kept, effective = _without_values(kept), settings
    return Overrides(settings, kept, effective, tuple(told), is_stale=kept != runtime)


def overrides_with(settings: Settings, runtime: Runtime) -> Overrides:
    """Of what somebody wants to set now. SettingsError, in the settings' own sentences, for what `check` calls an error."""
    return Overrides(settings, runtime, effective_settings(settings, runtime))


def settings_with(settings: Settings, overrides: Overrides) -> Settings:
    """The settings in force. `overrides` are of these very settings."""
    assert overrides.settings is settings
    return overrides.effective


def file_values(settings: Settings, member: MemberSettings) -> dict[str, Value]:
    """What the file (or its default) says of a member, by the names of IN_FILE."""
    policy, hold_ms = settings.return_of(member)
    return {
        "priority": member.priority,
        "preempt": member.preempt,
        "advertisement_interval_ms": member.advertisement_interval_ms,
        "return_policy": policy,
        "return_hold_ms": hold_ms,
        "standby_mode": member.takeover,
    }


def file_value(settings: Settings, group: int, name: str) -> Value | None:
    """One of them; None: the file has no say."""
    member = next((member for member in settings.members if member.group == group), None)
    return None if member is None else file_values(settings, member).get(name)


def effective_settings(settings: Settings, runtime: Runtime) -> Settings:
    """The file as it would be with these values written into it: read and checked the same way. SettingsError."""
    if not any(name in IN_FILE for own in runtime.groups.values() for name in own):
        return settings
    values = deepcopy(tomllib.loads(settings.text))
    for entry in values["member"]:
        for name, one in runtime.of(entry["group"]).items():
            if name in IN_FILE:
                key, value = _as_in_file(name, one.value)
                entry[key] = value
    return settings_of(values, settings.text, settings.path)


def _as_in_file(name: str, value: Value) -> tuple[str, object]:
    """Key and value of [[member]]."""
    if name == "standby_mode":
        return "takeover", value
    return (name.removesuffix("_ms"), int(value) / 1000) if name.endswith("_ms") else (name, value)


def _without_edited(settings: Settings, runtime: Runtime) -> tuple[Runtime, list[str]]:
    """Less what the file has said something new about, and less groups in which the unit has no seat any more."""
    told, groups = [], {}
    for group, own in runtime.groups.items():
        kept = {name: one for name, one in own.items() if one.file == file_value(settings, group, name)}
        told += [_dropped(settings, group, name, own[name]) for name in own if name not in kept]
        if kept:
            groups[group] = kept
    return replace(runtime, groups=groups), told


def _dropped(settings: Settings, group: int, name: str, one: Override) -> str:
    now = file_value(settings, group, name)
    what = f"group {group}: {name} = {one.value}, set at run time by {one.author}, is dropped"
    if now is None:
        return f"{what}: the settings file has no such member any more"
    return f"{what}: the settings file was edited since, from {one.file} to {now}"


def _without_values(runtime: Runtime) -> Runtime:
    """Lock, maintenance and off stay: they are no values of the file."""
    groups = {group: {name: one for name, one in own.items() if name not in IN_FILE} for group, own in runtime.groups.items()}
    return replace(runtime, groups={group: own for group, own in groups.items() if own})
