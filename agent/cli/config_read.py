"""`understudy config show|diff|history`: what is in force, what was, and what changed between."""

from argparse import Namespace

from agent.cli import exits
from agent.cli.answers import code_of, report
from agent.cli.config_socket import JsonObject, ask
from agent.cli.groups import checked, entry_of, group_of, head_id
from agent.cli.plain import one_line, table_in, tables_in
from agent.cli.revisions import HEADINGS, described, item_value, named, row
from agent.cli.stop import Stop

MAX_HISTORY = 1000
"""As the handover process answers at once."""


def show(options: Namespace) -> int:
    """The document as TOML, with what is worth knowing in comments above; --toml: nothing else. --origin: run-time settings."""
    if options.origin:
        from agent.cli.origin import origin

        return origin(options)
    group = group_of(options)
    answer = ask(options, {"verb": "show", "group": group, "revision": options.revision, "part": options.part})
    if code_of(answer) or options.json:
        return report(options, answer)
    from agent.cli.document_text import as_toml, comment, print_document

    schema = answer.get("schema") or entry_of(options, group).get("schema")
    above = "" if options.toml else comment(*_facts(group, options.part, answer))
    print_document(above + as_toml(table_in(answer.get("document")), schema))
    return exits.DONE


def _facts(group: int, part: str, answer: JsonObject) -> list[str]:
    facts = [f"Group {group}, {described(table_in(answer.get('revision')))}. Part: {part}."]
    facts += [
        f"File {one_line(file.get('name'))}: {one_line(file.get('size_bytes'))} bytes" for file in tables_in(answer.get("files"))
    ]
    missing = answer.get("missing")
    if isinstance(missing, list) and missing:
        facts.append(
            f"MISSING on this unit, its own to set (understudy config edit {group}): {', '.join(map(one_line, missing))}"
        )
    return facts


def history(options: Namespace) -> int:
    """Newest first (Z-25: who, when, where)."""
    if not 1 <= options.limit <= MAX_HISTORY:
        raise Stop(exits.BAD_SETTINGS, f"--limit {options.limit} is out of range. Give a whole number 1..{MAX_HISTORY}.")
    answer = ask(options, {"verb": "history", "group": group_of(options), "limit": options.limit})
    if code_of(answer) or options.json:
        return report(options, answer)
    revisions = tables_in(answer.get("revisions"))
    if not revisions:
        print(
            "No revision yet. The first comes with: understudy config edit GROUP, config import GROUP FILE, or a master followed."
        )
        return exits.DONE
    from agent.cli.columns import print_columns

    print_columns(HEADINGS, [row(revision) for revision in revisions])
    return exits.DONE


def diff(options: Namespace) -> int:
    """FROM is the parent of TO, and TO what is in force, unless said otherwise."""
    group = checked(options.group)
    before, after = _ends(options, group)
    answer = ask(options, {"verb": "diff", "group": group, "from": before, "to": after})
    if code_of(answer) or options.json:
        return report(options, answer)
    differences = tables_in(answer.get("differences"))
    if not differences:
        print(f"No difference between {before[:12]} and {after[:12]}.")
        return exits.DONE
    from agent.cli.columns import print_columns

    rows = [
        (one_line(found.get("path")), *(item_value(found.get("path"), found.get(key)) for key in ("before", "after")))
        for found in differences
    ]
    print_columns(("item", f"in {before[:12]}", f"in {after[:12]}"), rows)
    return exits.DONE


def _ends(options: Namespace, group: int) -> tuple[str, str]:
    """What is not named is looked up: the revision in force, and its parent."""
    if options.before and options.after:
        return options.before, options.after
    head = table_in(entry_of(options, group).get("head"))
    identity, parents = head_id(head), head.get("parents")
    if identity is None:
        raise Stop(exits.REFUSED, f"Group {group} has no revision in force yet, so there is nothing to compare.")
    if options.before:
        return options.before, identity
    if not isinstance(parents, list) or not parents:
        raise Stop(exits.REFUSED, f"Revision {named(head)} of group {group} is its first; there is nothing before it to compare.")
    return str(parents[0]), identity
