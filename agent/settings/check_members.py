"""Warnings about the members: what their figures mean on the air."""

from collections.abc import Iterator

from agent.engine.timing import MS, is_tie, skew_ns, takeover_timeout_ns
from agent.settings.errors import Finding
from agent.settings.lines import LineFinder, Place
from agent.settings.model import MemberSettings, Settings
from agent.wire.message import Designation


def member_findings(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    """Of every member in turn, and of what differs between them."""
    for index, member in enumerate(settings.members):
        for key, what, remedy in (*_priority(member), *_timing(member), *_preempt(member)):
            yield _warn(lines, ("member", index, key), f"group {member.group}: {what}", remedy)
    yield from _different_intervals(settings.members, lines)


def survived_adverts(member: MemberSettings) -> int:
    """How many adverts in a row may be lost without a takeover: the greatest n with (256-P)*0.1 > n*A (F-2)."""
    return (skew_ns(member.priority) - 1) // (member.advertisement_interval_ms * MS)


_Problem = tuple[str, str, str]
"""Key, what, remedy."""


def _warn(lines: LineFinder, place: Place, what: str, remedy: str) -> Finding:
    return Finding(lines.line(place), "warning", what, remedy)


def _priority(member: MemberSettings) -> Iterator[_Problem]:
    if member.priority == 255:
        what = "priority 255 never gives the role up to a peer, whatever the preempt settings (C-03, S-05)"
        remedy = "Set at most 254 for a normal master; at 255 only set-backup --override on this very unit moves the role"
        yield "priority", what, remedy
    elif member.priority == 254 and member.designation is Designation.RESERVE:
        what = "a reserve with priority 254 leaves no higher one for its main, and the unit id decides between equals"
        yield "priority", what, "Set 253 or less here and 254 at the main (S-04)"


def _timing(member: MemberSettings) -> Iterator[_Problem]:
    """Ties (F-2) and backups that one lost advert would wake (S-15)."""
    interval_ms = member.advertisement_interval_ms
    timeout_s = takeover_timeout_ns(interval_ms, member.priority) / 1e9
    better = [p for p in (member.priority - 1, member.priority + 1) if 1 <= p <= 254 and not is_tie(interval_ms, p)]
    if is_tie(interval_ms, member.priority) and better:
        lost = skew_ns(member.priority) // (interval_ms * MS)
        what = f"the timer runs out after {timeout_s:g} s, just as an advert is due: after {lost} lost ones chance decides (F-2)"
        yield "priority", what, f"Set priority = {' or '.join(map(str, better))}"
    elif survived_adverts(member) == 0 and member.designation is not Designation.MAIN:
        enough = 256 - (interval_ms // 100 + 1)
        what = (
            f"takes over {timeout_s:g} s after the last advert, so it survives 0 lost adverts: one that is lost, or late by "
            f"{(256 - member.priority) / 10:g} s, makes two masters for a moment (S-15)"
        )
        lower = f"Set priority = {enough} to survive 1 (slower), or " if enough >= 1 else ""
        yield "priority", what, f"{lower or 'Set '}a shorter advertisement_interval on all units"


def _preempt(member: MemberSettings) -> Iterator[_Problem]:
    if member.preempt and member.priority == 255:
        yield "preempt", "preempt has no effect at priority 255 (S-06)", "Remove it"
    elif member.preempt:
        what = "preempt is on: each fault costs two interruptions, one when the unit fails and one when it returns (S-11)"
        yield "preempt", what, "Set preempt = false, and change back with set-master when it suits the programme"
    if member.preempt_delay_ms and not member.preempt:
        yield "preempt_delay", "preempt_delay has no effect without preempt", "Remove it"


def _different_intervals(members: tuple[MemberSettings, ...], lines: LineFinder) -> Iterator[Finding]:
    """C-21. Only this unit's settings are known here; at run time an alarm compares with what the peers advertise."""
    usual_ms = members[0].advertisement_interval_ms
    for index, member in enumerate(members):
        if member.advertisement_interval_ms != usual_ms:
            what = (
                f"group {member.group}: advertisement_interval {member.advertisement_interval_ms / 1000:g} s differs from the "
                f"{usual_ms / 1000:g} s of group {members[0].group}. {_equal_to(member)} (C-21)"
            )
            remedy = "Use one interval everywhere, or make sure that every other unit of this group has the same"
            yield _warn(lines, ("member", index, "advertisement_interval"), what, remedy)


def _equal_to(member: MemberSettings) -> str:
    if member.is_nm_backup:
        return "It has to be equal to that of every master that the nmBackup protects"
    return "Within a group it has to be equal on all units"
