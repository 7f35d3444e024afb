"""N:M and configuration handover: what valid settings may still lead to, and in figures what a unit protects."""

from collections.abc import Iterator

from agent.engine.timing import MS, SECOND, takeover_timeout_ns
from agent.settings.errors import Finding
from agent.settings.licence import Allowance
from agent.settings.lines import LineFinder, Place
from agent.settings.model import MemberSettings, Settings

SLOW_TAKEOVER_NS = 5 * SECOND
"""F-6: 50 masters of unique priorities push the first backup that far."""
_BEST_PRIORITY = 253
"""Of an nmBackup: every master can then have 254."""


def pool_findings(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    """Of [pool], of [handover], and of each nmBackup in turn."""
    for place, what, remedy in (*_pool(settings), *_handover(settings)):
        yield Finding(lines.line(place), "warning", what, remedy)
    for index, member in enumerate(settings.members):
        if member.is_nm_backup and takeover_timeout_ns(member.advertisement_interval_ms, member.priority) > SLOW_TAKEOVER_NS:
            yield _slow(member, lines.line(("member", index, "priority")))


def pool_summary(settings: Settings) -> list[str]:
    """What each nmBackup protects, with what and how fast (S-22, D-34, D-36); empty on other units."""
    return [line for member in settings.members if member.is_nm_backup for line in _protection(settings, member)]


_Problem = tuple[Place, str, str]
"""Place, what, remedy."""


def _pool(settings: Settings) -> Iterator[_Problem]:
    pool = settings.pool
    if pool.n_to_m and not (settings.handover and settings.handover.can_track):
        yield _no_certificates(settings)
    if pool.return_policy == "after_hold" and not pool.n_to_m:
        what = "return_policy has no effect while N:M is off"
        yield ("pool", "return_policy"), what, "Remove it, or set n_to_m = true"
    for index, member in enumerate(settings.members):
        if member.return_policy == "after_hold" and not pool.n_to_m:
            what = f"group {member.group}: return_policy has no effect while N:M is off"
            yield ("member", index, "return_policy"), what, "Remove it, or set n_to_m = true"


def _no_certificates(settings: Settings) -> _Problem:
    """C-08: the configuration must be there before its master is gone."""
    if any(member.is_nm_backup for member in settings.members):
        what = "N:M without certificates: this unit gets no snapshot of any master's configuration, so it claims none (C-08)"
    else:
        what = "N:M without certificates: no backup can fetch this unit's configuration, so none takes over from it (C-08)"
    remedy = "Run: understudy pki issue; and write certificate, key and ca under [handover]"
    return ("handover",) if settings.handover else ("pool", "n_to_m"), what, remedy


def _handover(settings: Settings) -> Iterator[_Problem]:
    handover = settings.handover
    if problem := Allowance(settings).licence().problem:
        what, _, remedy = problem.partition(". ")
        yield ("handover", "licence"), f"{what}: this unit takes nothing over (Z-10)", remedy
    if handover and not handover.allow_partial and not handover.capacity and not handover.licence:
        what = "allow_partial = false has no effect without capacity: nothing is ever found to be too much (C-15)"
        yield ("handover", "allow_partial"), what, "Set capacity to the number of services that this unit can carry"


def _slow(member: MemberSettings, line: int) -> Finding:
    """F-6: T = A + (256-P)*0.1 s, and every master has to be above P."""
    interval_ms = member.advertisement_interval_ms
    timeout_s = takeover_timeout_ns(interval_ms, member.priority) / SECOND
    what = (
        f"group {member.group}: takes over {timeout_s:g} s after a master's last advert: {interval_ms / 1000:g} s for the "
        f"interval and {(256 - member.priority) / 10:g} s for the priorities from {member.priority} up (F-6)"
    )
    enough = 256 - (SLOW_TAKEOVER_NS // MS - interval_ms) // 100
    if enough > _BEST_PRIORITY:
        return Finding(line, "warning", what, "Set a shorter advertisement_interval on all units")
    remedy = f"Let masters share priorities (C-05) and set {enough}..{_BEST_PRIORITY} here, below all of them"
    return Finding(line, "warning", what, remedy)


def _protection(settings: Settings, member: MemberSettings) -> Iterator[str]:
    timeout_ns = takeover_timeout_ns(member.advertisement_interval_ms, member.priority)
    yield (
        f"group {member.group}: nmBackup, priority {member.priority}: protects {_protected(member)} with "
        f"{', '.join(member.devices)}: takes over {timeout_ns // MS / 1000:g} s after the last advert heard; "
        f"every master on the LAN must be above {member.priority} (S-23)"
    )
    yield f"group {member.group}: {_share(settings, member)}; {_return(settings)}"


def _protected(member: MemberSettings) -> str:
    if member.protects is None:
        return f"every master of device type {member.device_type}"
    return f"group{'s' if len(member.protects) > 1 else ''} {', '.join(map(str, sorted(member.protects)))}"


def _share(settings: Settings, member: MemberSettings) -> str:
    """D-34: independent needs equipment for parallel airing."""
    count = len(member.devices)
    if settings.pool.reserve == "exclusive":
        return "exclusive: one group at a time, the others wait until it is given back (D-36)"
    if member.protects is not None and len(member.protects) <= count:
        return "independent: a device for each group (D-33)"
    at_once = "1 group" if count == 1 else f"{count} groups"
    return f"independent: at most {at_once} at the same time, as many as it has devices (D-34)"


def _return(settings: Settings) -> str:
    """C-10"""
    if settings.pool.return_policy == "manual":
        return "gives a group back by command (C-10)"
    return f"gives a group back when its master has been stable for {settings.pool.return_hold_ms / 1000:g} s (C-10)"
