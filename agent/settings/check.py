"""What a settings file that is valid may still lead to: warnings with reasons, for `understudy check` and before `run`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.devices.options import check_receiver_options
from agent.engine.timing import MS, takeover_timeout_ns
from agent.settings.check_faces import face_findings
from agent.settings.check_machine import machine_findings
from agent.settings.check_members import member_findings, survived_adverts
from agent.settings.check_pool import pool_findings, pool_summary
from agent.settings.errors import Finding
from agent.settings.keyfile import key_file_findings
from agent.settings.lines import LineFinder
from agent.settings.model import NO_OUTPUT, Settings
from agent.settings.reader import did_you_mean, shown
from agent.settings.recorder import recorder_findings
from agent.wire.message import DESIGNATION_WORDS, REQUIRED_TTL

_DRIVERS = ("receiver", NO_OUTPUT)


def check(settings: Settings) -> list[Finding]:
    """Everything worth telling about these settings on this machine, in the order of the file; empty: fine."""
    lines = LineFinder(settings.text)
    found = [*_lan(settings, lines), *_devices(settings, lines), *member_findings(settings, lines)]
    found += [*pool_findings(settings, lines), *face_findings(settings, lines), *machine_findings(settings, lines)]
    found += recorder_findings(settings, lines)
    return sorted(found, key=lambda finding: finding.line)


def summary(settings: Settings) -> list[str]:
    """One line a member: when it would take over, in figures (S-12, F-2). What an nmBackup protects comes last."""
    lines = [
        f"group {member.group}: {DESIGNATION_WORDS[member.designation]}, priority {member.priority}: takes over "
        f"{takeover_timeout_ns(member.advertisement_interval_ms, member.priority) // MS / 1000:g} s after the last advert heard; "
        f"survives {survived_adverts(member)} lost advert(s), or one that is late by under {(256 - member.priority) / 10:g} s"
        for member in settings.members
        if not member.is_nm_backup
    ]
    return lines + pool_summary(settings)


def _lan(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    lan = settings.lan
    if lan.key_file is None:
        yield _unauthenticated(lines.line(("lan",)))
    else:
        yield from _keys(lan.key_file, lines.line(("lan", "key_file")))
    if lan.on_carrier_loss == "hold":
        what = "on_carrier_loss = hold: a master whose own cable is out keeps its output open while a backup may take over"
        remedy = "Keep it for a direct (crossover) cable between two units only; with a switch between them use mute"
        yield Finding(lines.line(("lan", "on_carrier_loss")), "warning", what, remedy)
    if not lan.beacon:
        what = "beacon = false: backups are silent, so a master cannot know whether anyone would succeed it (C-07)"
        remedy = "Remove it, or expect set-backup to need --force"
        yield Finding(lines.line(("lan", "beacon")), "warning", what, remedy)
    if lan.minimum_ttl < REQUIRED_TTL:
        routers = REQUIRED_TTL - lan.minimum_ttl
        what = f"minimum_ttl = {lan.minimum_ttl}: packets that crossed {routers} routers are believed"
        remedy = f"Set {REQUIRED_TTL} less the number of routers between the units, and use a key_file"
        yield Finding(lines.line(("lan", "minimum_ttl")), "warning", what, remedy)


def _unauthenticated(line: int) -> Finding:
    what = (
        "no key_file: the LAN is unauthenticated. Anyone on it can forge an advert that keeps the backups waiting or a give-up "
        "that moves the role, and a backup whose interval is shorter than the master's may open early (C-21)"
    )
    remedy = 'Run: understudy keygen /etc/understudy/lan.key; copy it to every unit; add key_file = "/etc/understudy/lan.key"'
    return Finding(line, "warning", what, remedy)


def _keys(path: Path, line: int) -> Iterator[Finding]:
    """The key file's own findings, told at the line that names it."""
    for finding in key_file_findings(path):
        place = f"{path}:{finding.line}" if finding.line else str(path)
        yield Finding(line, finding.severity, f"{place}: {finding.what}", finding.remedy)


def _devices(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    used = {device for member in settings.members for device in member.devices}
    for name, device in settings.devices.items():
        place = ("device", name)
        if device.driver not in _DRIVERS:
            what = f"[device.{name}] driver = {shown(device.driver)} is not known"
            yield Finding(lines.line((*place, "driver")), "error", what, did_you_mean(device.driver, _DRIVERS))
        elif device.has_worker:
            yield from _receiver_options(name, device.options, settings.handover is not None, lines)
        else:
            yield from _no_output(name, device.options, lines)
        if name not in used:
            what = f"[device.{name}] belongs to no member, so its output never opens"
            yield Finding(lines.line(place), "warning", what, f'Name it in a [[member]] (device = "{name}") or remove it')


def _no_output(name: str, options: Mapping[str, object], lines: LineFinder) -> Iterator[Finding]:
    """Driver `none`: the role is kept, but no output."""
    line = lines.line(("device", name, "driver"))
    if options:
        yield Finding(line, "error", f"[device.{name}] driver none has no options", "Remove them, or choose another driver")
    what = f"[device.{name}] driver none holds no output: the group is watched over, nothing is muted or fenced (C-24)"
    yield Finding(line, "warning", what, 'Use driver = "receiver", or act on the role by other means')


def _receiver_options(name: str, options: Mapping[str, object], has_configuration: bool, lines: LineFinder) -> Iterator[Finding]:
    """The driver checks its own options. With [handover] a group's configuration may say what to receive and to send."""
    for key, what, remedy in check_receiver_options(options, has_configuration):
        yield Finding(lines.line(("device", name, key)), "error", f"[device.{name}] {what}", remedy)
