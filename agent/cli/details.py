"""What stands below the table of `status`: alarms first, then every group, the unit and its devices."""

from collections.abc import Iterator, Mapping
from textwrap import wrap

from agent.cli.details_config import config_lines, entry_of, handover_lines
from agent.cli.details_device import config_facts, is_config_wrong
from agent.cli.details_model import model_lines
from agent.cli.details_pool import peer_facts, pool_lines
from agent.cli.line import Line
from agent.cli.plain import one_line, seconds, table_in, tables_in

_FAULT_COUNTS = ("sync_errors", "transport_errors", "not_ts", "overruns_in", "send_errors", "late_sends", "input_lost_count")
_Object = Mapping[str, object]


def details_of(status: _Object, width: int) -> list[Line]:
    """Wrapped to `width`. What is as it should be and needs no words is left out."""
    unit, members = table_in(status.get("unit")), tables_in(status.get("members"))
    found = [alarm for member in members for alarm in _alarms(member)]
    found += [line for member in members for line in _group(status, member, unit)]
    found += [
        *_unit(status, unit),
        *handover_lines(status),
        *_faces(table_in(status.get("faces"))),
        *_devices(table_in(status.get("devices")), table_in(unit.get("devices"))),
    ]
    return [Line(piece, line.tone) for line in found for piece in _wrapped(line.text, width)]


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(width, 20), subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)


def _alarms(member: _Object) -> Iterator[Line]:
    for alarm in tables_in(member.get("alarms")):
        severity = one_line(alarm.get("severity"))
        since = f" since {one_line(alarm['raised_at'])}" if alarm.get("raised_at") else ""
        what = f"group {one_line(member.get('group'))}: {one_line(alarm.get('name'))}{since}: {one_line(alarm.get('text'))}"
        yield Line(f"{severity.upper()} {what}", severity)


def _group(status: _Object, member: _Object, unit: _Object) -> Iterator[Line]:
    """Each line begins with the group, so that it can be searched for."""
    for text, tone in (
        *_roles(member),
        *model_lines(status, member),
        *pool_lines(member),
        *config_lines(member, entry_of(status, member)),
        *_troubles(member, unit),
    ):
        yield Line(f"group {one_line(member.get('group'))}: {text}", tone)


def _roles(member: _Object) -> Iterator[Line]:
    master, change, running = (table_in(member.get(key)) for key in ("master", "last_transition", "operation"))
    if master and member.get("role") != "master":
        gone = ", which has given up" if master.get("gone") is True else ""
        heard = f"priority {one_line(master.get('priority'))}, heard {seconds(master.get('age_ms'), 1000)} ago{gone}"
        yield Line(f"master {one_line(master.get('name'))}, {heard}")
    if change:
        what = f"{one_line(change.get('before'))} to {one_line(change.get('after'))}, {one_line(change.get('reason'))}"
        yield Line(f"last change {one_line(change.get('time'))}: {what}: {one_line(change.get('text'))}")
    if running:
        who = f"{one_line(running.get('verb'))} by {one_line(running.get('author'))}"
        yield Line(f"{who} has been running for {seconds(running.get('age_ms'), 1000)}")
    peers = [_peer(peer, master) for peer in tables_in(member.get("peers"))]
    yield Line(f"peers: {'; '.join(peers) or 'none heard'}")


def _peer(peer: _Object, master: _Object) -> str:
    """Able means: as a backup that takes over; so the master is none."""
    is_master = peer.get("unit_id") == master.get("unit_id") and master.get("gone") is False
    able = "is master" if is_master else "able" if peer.get("able") is True else "NOT able"
    heard = f"heard {seconds(peer.get('age_ms'), 1000)} ago"
    return f"{one_line(peer.get('name'))} (priority {one_line(peer.get('priority'))}) {able}, {heard}{peer_facts(peer)}"


def _troubles(member: _Object, unit: _Object) -> Iterator[Line]:
    packets, everywhere = table_in(member.get("packets")), table_in(unit.get("rejected"))
    rejected = table_in(packets.get("rejected"))
    own = {name: count for name, count in rejected.items() if everywhere.get(name) != count}  # the unit's are said once, below
    if own:
        yield Line(f"packets rejected: {_counts(own)}")
    if packets.get("send_failures"):
        yield Line(f"packets that could not be sent: {one_line(packets['send_failures'])}", "warning")
    if member.get("overlap_ms"):
        times = f"{one_line(member.get('split_brains'))} time(s)"
        yield Line(f"two masters {times}, overlap {seconds(member['overlap_ms'], 1000)} in all", "warning")
    if member.get("fenced") is False:
        yield Line("not fenced: nothing mutes the output when the lease ends", "warning")


def _unit(status: _Object, unit: _Object) -> Iterator[Line]:
    """Of all groups together."""
    link, everywhere = table_in(unit.get("link")), table_in(unit.get("rejected"))
    if link.get("up") is False:
        yield Line(f"LAN link down: {one_line(link.get('detail'))}", "critical")
    if unit.get("lan_error"):
        yield Line(f"LAN: {one_line(unit['lan_error'])}", "critical")
    if unit.get("real_time") is False:
        missing = unit.get("not_permitted")
        which = ", ".join(map(one_line, missing)) if isinstance(missing, list) else "-"
        yield Line(f"not punctual on a busy machine (real_time no); not permitted: {which}", "warning")
    if everywhere:
        yield Line(f"packets rejected in all groups: {_counts(everywhere)}")
    if status.get("unreadable_packets"):
        yield Line(f"packets of core that could not be read: {one_line(status['unreadable_packets'])}", "warning")


def _faces(faces: _Object) -> Iterator[Line]:
    """Only those that have something to say; the sentence begins with the face."""
    for said in map(table_in, faces.values()):
        yield Line(f"face {one_line(said.get('text'))} (since {one_line(said.get('at'))})", "warning")


def _counts(counts: _Object) -> str:
    return ", ".join(f"{one_line(name)} {one_line(count)}" for name, count in sorted(counts.items()))


def _devices(devices: _Object, states: _Object) -> Iterator[Line]:
    for name in sorted({*devices, *states}):
        status = table_in(devices.get(name))
        facts = [
            one_line(states.get(name, "not ready")),
            *_flags(status),
            *config_facts(status),
            *_flow(status),
            *_faults(status),
        ]
        is_wrong = states.get(name) != "ready" or status.get("input_present") is False or bool(status.get("last_error"))
        is_wrong = is_wrong or is_config_wrong(status)
        yield Line(f"device {one_line(name)}: {', '.join(facts)}", "warning" if is_wrong else "")


def _flags(status: _Object) -> Iterator[str]:
    for key, yes, no in (
        ("fenced", "fenced", "NOT fenced"),
        ("muted", "muted", "open"),
        ("input_present", "input present", "NO INPUT"),
    ):
        if isinstance(status.get(key), bool):
            yield yes if status[key] else no


def _flow(status: _Object) -> Iterator[str]:
    for way in ("in", "out"):
        if f"datagrams_{way}" in status:
            rate = status.get(f"bitrate_{way}_bps")
            megabits = f"{rate / 1e6:.2f} Mbit/s" if isinstance(rate, int | float) else "-"
            errors = f"{one_line(status.get(f'continuity_errors_{way}'))} continuity errors"
            yield f"{way}: {megabits}, {one_line(status[f'datagrams_{way}'])} datagrams, {errors}"


def _faults(status: _Object) -> Iterator[str]:
    yield from (f"{key} {one_line(status[key])}" for key in _FAULT_COUNTS if status.get(key))
    if status.get("last_error"):
        yield f"last error: {one_line(status['last_error'])}"
