"""Which labels the rows of the tables have. Names are for people; two units of one name are told apart by their identity."""

from collections import Counter
from collections.abc import Callable, Mapping

from agent.management.exposition.sheet import Naming
from agent.model.view import Index, Row, View

OWN = 0
"""Of the reason table: this unit."""
PeerNames = Mapping[Index, str]
"""By group and number of the peer."""


def peer_names(view: View) -> PeerNames:
    """Of every peer of every group, and of this unit under number 0; unique in each group.

    A name that ends like one told apart by an identity gets its own identity too: nobody can take such a name.
    """
    own = str((view.row("unit") or {}).get("name") or "")
    rows = view.tables.get("peer", {})
    said = {index: str(row.get("name") or row.get("unit_id") or "") for index, row in rows.items()}
    times = Counter((index[0], name) for index, name in said.items())
    identities = tuple(f" {row.get('unit_id')!s}" for row in rows.values())
    named = {
        index: name
        if times[index[0], name] == 1 and name != own and not name.endswith(identities)
        else f"{name} {rows[index].get('unit_id')!s}"
        for index, name in said.items()
    }
    named = {index: name if name != own else f"{name} {rows[index].get('unit_id')!s}" for index, name in named.items()}
    return named | {(*index, OWN): own for index in view.tables.get("member", {})}


def naming_of(table: str, names: Callable[[], PeerNames]) -> Naming:
    """For the rows of that table. `names`: as they are now."""
    if table in ("peer", "reason"):
        return Naming(lambda index, _row: (str(index[0]), names().get(index[:2], str(index[1]))))
    return _NAMING[table]


def _of_nothing(_index: Index, _row: Row) -> tuple[str, ...]:
    return ()


def _of_index(index: Index, _row: Row) -> tuple[str, ...]:
    return (str(index[0]),)


def _of_word(index: Index, row: Row) -> tuple[str, ...]:
    return str(index[0]), str(row.get("word"))


def _of_name(_index: Index, row: Row) -> tuple[str, ...]:
    return (str(row.get("name")),)


def _of_group(_index: Index, row: Row) -> tuple[str, ...]:
    """Of the unit as a whole: an empty one."""
    group = row.get("group")
    return (str(group) if isinstance(group, int) and group >= 0 else "",)


_NAMING = {
    "unit": Naming(_of_nothing),
    "member": Naming(_of_index),
    "coverage": Naming(_of_index),
    "packets": Naming(_of_word, ("word",)),
    "rejected": Naming(_of_word, ("word",)),
    "device": Naming(_of_name, ("name",)),
    "alarm": Naming(_of_group, ("group",)),
}
