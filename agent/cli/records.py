"""`understudy events`, `alarms`, `operations`, `audit`: what happened, what is wrong, what runs, and who did what."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.control_socket import asked, needed, report
from agent.cli.plain import one_line, table_in, tables_in
from agent.cli.stop import Stop

_Object = Mapping[str, object]
MAX_LINES = 1000
_RANK = {"critical": 0, "warning": 1}


def events(options: Namespace) -> int:
    """Oldest first; --follow goes on by the stream of the unit."""
    _check_limit(options.limit)
    if options.follow:
        from agent.cli.follow import follow_events

        return follow_events(options)
    answer = needed(options, {"verb": "events", "since": options.since, "limit": options.limit})
    return _say(options, answer, "events", event_line, "Nothing has happened yet.")


def alarms(options: Namespace) -> int:
    """The worst first, then by age."""
    answer = needed(options, {"verb": "alarms"})
    rows = sorted(tables_in(answer.get("alarms")), key=_by_severity)
    return _say(options, {**answer, "alarms": rows}, "alarms", alarm_line, "No alarms.")


def operations(options: Namespace) -> int:
    """Newest last."""
    return _say(options, needed(options, {"verb": "operations"}), "operations", operation_line, "No operations yet.")


def audit(options: Namespace) -> int:
    """Oldest first; `audit verify` exits 5 when the chain does not hold."""
    if options.step == "verify":
        return report(options, asked(options, {"verb": "audit-verify"}))
    _check_limit(options.limit)
    answer = needed(options, {"verb": "audit", "limit": options.limit})
    return _say(options, answer, "audit", audit_line, "Nobody has done anything yet.")


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LINES:
        raise Stop(exits.BAD_SETTINGS, f"--limit {limit} is out of range. Give a whole number 1..{MAX_LINES}.")


def _say(options: Namespace, answer: _Object, name: str, line: Callable[[_Object], str], nothing: str) -> int:
    if options.json:
        print_json(answer)
        return exits.DONE
    lines = [line(row) for row in tables_in(answer.get(name))]
    for text in lines or [nothing]:
        print(text)
    return exits.DONE


def event_line(event: _Object) -> str:
    """`512  2026-01-02T03:04:05.678Z  group 7  transition backup → master: text (ann)`."""
    where = "unit" if event.get("group") in (None, -1) else f"group {one_line(event.get('group'))}"
    return f"{one_line(event.get('number'))}  {one_line(event.get('at'))}  {where}  {happening(event)}"


def happening(event: _Object) -> str:
    """Without number, time and group."""
    before, after = event.get("before"), event.get("after")
    change = (
        f" {one_line(before)} → {one_line(after)}"
        if before and after
        else f" {one_line(after or before)}"
        if after or before
        else ""
    )
    who = f" ({one_line(event['author'])})" if event.get("author") else ""
    said = f": {one_line(event['text'])}" if event.get("text") else ""
    return f"{one_line(event.get('what'))}{change}{said}{who}"


def _by_severity(alarm: _Object) -> tuple[int, str]:
    return _RANK.get(str(alarm.get("severity")), 2), str(alarm.get("since"))


def alarm_line(alarm: _Object) -> str:
    """`CRITICAL group 7: split_brain since …: text (acknowledged)`."""
    where = "unit" if alarm.get("group") in (None, -1) else f"group {one_line(alarm.get('group'))}"
    known = " (acknowledged)" if alarm.get("acknowledged") is True else ""
    since = f" since {one_line(alarm['since'])}" if alarm.get("since") else ""
    severity, name = one_line(alarm.get("severity")).upper(), one_line(alarm.get("name"))
    return f"{severity} {where}: {name}{since}: {one_line(alarm.get('text'))}{known}"


def operation_line(operation: _Object) -> str:
    """`5  2026-…Z  group 7  set_master by ann (cli): running: text`."""
    facts = _present(operation, ("operation", "started_at"))
    group = f"group {one_line(operation['group'])}" if operation.get("group") is not None else ""
    who = f" by {one_line(operation['author'])}" if operation.get("author") else ""
    text = f": {one_line(operation['text'])}" if operation.get("text") else ""
    what = f"{one_line(operation.get('verb'))}{who}: {one_line(operation.get('phase'))}{text}"
    return "  ".join([*facts, *filter(None, [group]), what])


def audit_line(entry: _Object) -> str:
    """`9  2026-…Z  asked  ann (cli) operator  setting  7.priority 254 → 200: why`; hashes stay in --json."""
    stage = one_line(entry.get("stage") or "")
    of = f"of {one_line(entry['of'])}" if entry.get("of") is not None else ""
    address = f" {one_line(entry['address'])}" if entry.get("address") else ""
    who = (
        f"{one_line(entry['who'])} ({one_line(entry.get('face'))}{address}) {one_line(entry.get('role') or '')}"
        if entry.get("who")
        else ""
    )
    change = _changes(table_in(entry.get("before")), table_in(entry.get("after")))
    rest = [f"{name} {_fact(value)}" for name, value in entry.items() if name not in _AUDITED and value not in (None, "", [], {})]
    said = ": ".join(one_line(entry[name]) for name in ("reason", "outcome", "text") if entry.get(name))
    facts = (stage, of, who.strip(), one_line(entry.get("what") or ""), change, ", ".join(rest), said)
    return "  ".join([*_present(entry, ("number", "at")), *filter(None, facts)])


_CHAIN = ("number", "at", "hash", "previous", "stage", "of")
_AUDITED = frozenset((*_CHAIN, "who", "face", "address", "role", "what", "before", "after", "reason", "outcome", "text"))


def _changes(before: _Object, after: _Object) -> str:
    """`7.priority 254 → 200, 7.preempt off → on`."""
    names = [*after, *(name for name in before if name not in after)]
    return ", ".join(f"{one_line(name)} {_fact(before.get(name))} → {_fact(after.get(name))}" for name in names)


def _present(row: _Object, names: Iterable[str]) -> list[str]:
    return [one_line(row[name]) for name in names if row.get(name) is not None]


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return " ".join(f"{one_line(name)}={_fact(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(_fact, value))
    return one_line(value)
