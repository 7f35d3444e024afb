"""What `status` says of a group in N:M: who airs for whom, who waits, who is busy (C-09, D-37, D-38). Old snapshots: nothing."""

from collections.abc import Iterator, Mapping

from agent.cli.journal import phases
from agent.cli.line import Line
from agent.cli.plain import one_line, seconds, table_in, tables_in

_Object = Mapping[str, object]


def pool_lines(member: _Object) -> Iterator[Line]:
    """Without `group N:` in front."""
    group = one_line(member.get("group"))
    if member.get("acting_for") is not None:
        yield Line(f"ON RESERVE: this unit airs group {one_line(member['acting_for'])} for its own master", "warning")
    if member.get("returned") is True and not any(alarm.get("name") == "returned" for alarm in tables_in(member.get("alarms"))):
        text = f"returned: this unit can air its group again, and waits. To take it back: understudy set-master {group}"
        yield Line(text, "warning")
    if member.get("seat") == "resting":
        yield Line("this unit's own group: it says here that it lives, claims nothing, and stands in for those that it protects")
    yield from _busy(table_in(member.get("busy")))
    if member.get("withheld") and not member.get("busy") and member.get("seat") != "resting":
        yield Line(f"will not take over: {one_line(member['withheld'])}", "warning")
    yield from _protection(table_in(member.get("protection")))
    if took := phases(table_in(member.get("last_takeover"))):
        yield Line(f"last takeover: {took}")


def _busy(busy: _Object) -> Iterator[Line]:
    if busy:
        since = seconds(busy.get("since_ms"), 1000)
        yield Line(f"BUSY: {one_line(busy.get('name'))} airs group {one_line(busy.get('group'))}, for {since}", "warning")


def _protection(protection: _Object) -> Iterator[Line]:
    """Of a master (Z-16, D-38)."""
    if not protection:
        return
    able = protection.get("able")
    names = ", ".join(map(one_line, able)) if isinstance(able, list) and able else "nobody"
    state = one_line(protection.get("state"))
    yield Line(f"{state}: {names} could take over", "" if state == "protected" else "warning")
    for peer in tables_in(protection.get("busy")):
        since = seconds(peer.get("since_ms"), 1000)
        yield Line(f"BUSY: {one_line(peer.get('name'))} airs group {one_line(peer.get('acting_for'))}, for {since}", "warning")


def peer_facts(peer: _Object) -> str:
    """What follows its name, priority and age; empty for a peer that keeps no configuration and airs nothing."""
    facts = []
    if peer.get("acting_for") is not None:
        busy = f" for {seconds(peer['busy_for_ms'], 1000)}" if peer.get("busy_for_ms") is not None else ""
        facts.append(f"airs group {one_line(peer['acting_for'])}{busy}")
    if peer.get("config_revision"):
        in_sync = "in sync" if peer.get("in_sync") is True else "NOT in sync"
        facts.append(f"revision {one_line(peer['config_revision'])} {in_sync}")
    return "".join(f", {fact}" for fact in facts)
