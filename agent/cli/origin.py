"""`understudy config show --origin`: every setting that can change at run time, its value, and where that came from."""

from argparse import Namespace

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.columns import print_columns
from agent.cli.control_socket import needed
from agent.cli.groups import checked
from agent.cli.plain import one_line, tables_in
from agent.management.memory import JsonObject

_HEADINGS = ("setting", "value", "origin", "where", "by", "at (UTC)")


def origin(options: Namespace) -> int:
    """Of GROUP, or of all; those of the unit always."""
    group = None if options.group is None else checked(options.group)
    answer = needed(options, {"verb": "origin"})
    rows = [row for row in tables_in(answer.get("settings")) if group is None or _group_of(row) in (None, group)]
    if options.json:
        print_json({**answer, "settings": rows})
    else:
        print_columns(_HEADINGS, [_cells(dict(row)) for row in rows])
    return exits.DONE


def _group_of(row: object) -> int | None:
    """`member.7.priority` → 7."""
    words = str(dict(row).get("name") if isinstance(row, dict) else "").split(".")
    return int(words[1]) if len(words) == 3 and words[1].isdigit() else None


def _cells(row: JsonObject) -> tuple[str, ...]:
    value = row.get("value")
    shown = ("on" if value else "off") if isinstance(value, bool) else one_line(value)
    rest = (one_line(row.get(name) or "") for name in ("origin", "where", "author", "at"))
    return one_line(row.get("name")), shown, *rest
