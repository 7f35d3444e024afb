"""What `status` says of a group's configuration: core's word in the member, the handover process's under `handover`."""

from collections.abc import Iterator, Mapping

from agent.cli.line import Line
from agent.cli.plain import one_line, seconds, table_in, tables_in
from agent.cli.revisions import SHORT, described

_Object = Mapping[str, object]
_BAR_CELLS = 20
_QUIET = ("synced", "local", "unpaired")
_WARN_DAYS = 30
_NOT_CONFIGURED = "The settings have no section [handover]"
"""How the words of agent.management.handover begin; that is no trouble, so nothing is said."""


def entry_of(status: _Object, member: _Object) -> _Object:
    """What the handover process says of a member's group; empty: nothing."""
    entries = tables_in(table_in(status.get("handover")).get("groups"))
    return next((entry for entry in entries if entry.get("group") == member.get("group")), {})


def has_configuration(status: _Object) -> bool:
    """Does this unit keep configurations?"""
    members = tables_in(status.get("members"))
    return bool(table_in(status.get("handover"))) or any(table_in(member.get("configuration")) for member in members)


def brief(member: _Object, entry: _Object) -> str:
    """`12 a1b2c3d4 synced`, `12 a1b2c3d4 pulling 45 %`, `… PENDING`."""
    held, head, tracking = (table_in(found) for found in (member.get("configuration"), entry.get("head"), entry.get("tracking")))
    digest = one_line(head.get("digest") or held.get("digest") or "")[:SHORT]
    number = one_line(head.get("number") or held.get("revision") or "none")
    if member.get("seat") == "resting" and number == "none":
        return "-"
    not_held = "NOT HELD" if held.get("held") is False else ""
    return " ".join(filter(None, [number, digest if number != "none" else "", *_states(tracking, entry), not_held]))


def _states(tracking: _Object, entry: _Object) -> Iterator[str]:
    state = one_line(tracking.get("state") or "")
    if entry.get("pending") is not None:
        yield "PENDING"
    elif state in _QUIET or state == "pulling":
        yield f"{state} {_percent(tracking)}".strip() if state == "pulling" else state
    else:
        yield state.upper()


def _percent(tracking: _Object) -> str:
    done, total = tracking.get("done_bytes"), tracking.get("total_bytes")
    if not isinstance(done, int) or not isinstance(total, int) or total <= 0:
        return ""
    return f"{min(max(100 * done // total, 0), 100)} %"


def config_lines(member: _Object, entry: _Object) -> Iterator[Line]:
    """Without `group N:` in front."""
    if entry:
        yield Line(f"configuration: {described(table_in(entry.get('head')))}")
    yield from _tracking(table_in(entry.get("tracking")))
    if entry.get("pending") is not None:
        which = f"decision {one_line(entry['pending'])} is pending: which configuration goes on"
        yield Line(f"{which}? understudy config pending shows both, understudy choose decides", "warning")
    yield from _readiness(table_in(member.get("configuration")) or entry)


def _tracking(tracking: _Object) -> Iterator[Line]:
    state, text = one_line(tracking.get("state") or ""), one_line(tracking.get("text") or "")
    if not state or state == "local":
        return
    parts = [state]
    if tracking.get("master"):
        parts.append(f"with {one_line(tracking['master'])} ({one_line(tracking.get('address'))})")
    if tracking.get("lag_ms"):
        parts[-1] += f", {seconds(tracking['lag_ms'], 1000)} after the last edit"
    why = f": {text}" if text and state != "synced" else ""
    bar = _bar(tracking) if state == "pulling" else ""
    yield Line(f"tracking: {' '.join(parts)}{bar}{why}", "" if state in _QUIET or state == "pulling" else "warning")


def _bar(tracking: _Object) -> str:
    """` [#####               ] 25 % of 100.0 MB`"""
    percent, total = _percent(tracking), tracking.get("total_bytes")
    if not percent or not isinstance(total, int):
        return ""
    full = int(percent.split()[0]) * _BAR_CELLS // 100
    return f" [{'#' * full}{'.' * (_BAR_CELLS - full)}] {percent} of {total / 1e6:.1f} MB"


def _readiness(found: _Object) -> Iterator[Line]:
    """Of 255 (C-14, C-15): what is short, with every reason."""
    readiness, reasons = found.get("readiness"), found.get("reasons")
    said = "; ".join(map(one_line, reasons)) if isinstance(reasons, list) else ""
    if isinstance(readiness, int) and (readiness < 255 or said):
        yield Line(
            f"configuration readiness {readiness} of 255{f': {said}' if said else ''}", "warning" if readiness < 255 else ""
        )


def handover_lines(status: _Object) -> Iterator[Line]:
    """Of all groups together: port, certificate, refusals, and when the process is silent."""
    handover, silent = table_in(status.get("handover")), str(status.get("handover_reason") or "")
    if silent and not silent.startswith(_NOT_CONFIGURED):
        yield Line(f"configuration handover: {one_line(silent)}", "warning")
    if handover.get("port_problem"):
        yield Line(f"configuration handover: {one_line(handover['port_problem'])}", "warning")
    certificate = table_in(handover.get("certificate"))
    days = certificate.get("days_left")
    if certificate and (not isinstance(days, int | float) or days < _WARN_DAYS):
        text = f"certificate of {one_line(certificate.get('unit'))} ends {one_line(certificate.get('not_after'))}"
        yield Line(f"{text}, {one_line(days)} day(s) left: understudy pki rotate DIR UNIT", "warning")
    refused = table_in(handover.get("refused"))
    if refused:
        counts = ", ".join(f"{one_line(reason)} {one_line(count)}" for reason, count in sorted(refused.items()))
        yield Line(f"configuration connections refused: {counts}")
