"""A pending decision as a person sees it before choosing: both sides, and every item in which they differ."""

from collections.abc import Mapping

from agent.cli.columns import print_columns
from agent.cli.plain import one_line, table_in, tables_in
from agent.cli.revisions import author, item_value, named

_Object = Mapping[str, object]
_SIDES = ("master", "backup")
_RELATIONS = {
    "diverged": "both have changed since their common ancestor",
    "unrelated": "they have no revision in common",
    "ahead": "the backup's is newer",
    "behind": "the master's is newer",
    "nothing": "the master has none, only the backup's can be taken",
}
_CHANGED_BY = {"master": "master", "theirs": "master", "backup": "backup", "ours": "backup", "both": "BOTH"}


def print_decision(decision: _Object) -> None:
    """Names and addresses (Z-23, Z-24), revision, author and last save time of each (Z-25), then the items (Z-41)."""
    number, group = one_line(decision.get("id")), one_line(decision.get("group"))
    relation = str(decision.get("relation"))
    why = _RELATIONS.get(relation, one_line(relation))
    title = f"Decision {number}, group {group}, open since {one_line(decision.get('opened_at'))}: {why}."
    print_columns(("side", "unit", "address", "revision", "last saved (UTC)", "author", "saved on"), _sides(decision), title)
    base = table_in(decision.get("base"))
    print(f"Common ancestor: {named(base)}, saved {one_line(base.get('saved_at'))}" if base else "Common ancestor: none")
    absent = [side for side in _SIDES if table_in(table_in(decision.get(side)).get("revision")).get("held") is False]
    if absent:
        print(f"The content of the {' and the '.join(absent)} is not here yet, so the items cannot be compared now.")
    else:
        _print_items(tables_in(decision.get("differences")))


def _sides(decision: _Object) -> list[tuple[str, ...]]:
    rows = []
    for side in _SIDES:
        said = table_in(decision.get(side))
        revision = table_in(said.get("revision"))
        cells = (said.get("unit"), said.get("address"), named(revision))
        saved = (revision.get("saved_at"), author(revision), revision.get("unit"))
        rows.append((side, *map(one_line, (*cells, *saved))))
    return rows


def _print_items(differences: list[_Object]) -> None:
    if not differences:
        print("No item differs.")
        return
    columns = ("path", *(("base", "master", "backup")))
    rows = [
        (
            *(one_line(found.get("path")) if key == "path" else item_value(found.get("path"), found.get(key)) for key in columns),
            _changed_by(found),
        )
        for found in differences
    ]
    print_columns(("item", "before", "master", "backup", "changed by"), rows)


def _changed_by(found: _Object) -> str:
    side = str(found.get("side"))
    return _CHANGED_BY.get(side, one_line(side))
