"""Which labels the rows of the tables have. Names are for people; two units of one name are told apart by their identity."""

from collections.abc import Callable, Mapping

from agent.management.exposition.sheet import Naming
from agent.model.view import OWN, Index, Row, View

PeerNames = Mapping[Index, str]
"""By group and number of the peer."""


class PeerLabels:
    """The labels of peers, unique in each group. Of several that call themselves alike, the one that did so first keeps the plain
    name, the others get their identity behind it: nobody renames another's series by taking its name."""

    def __init__(self) -> None:
        self._holders: dict[tuple[int, str], str] = {}

    def of(self, view: View) -> PeerNames:
        """Of every peer of every group, and of this unit under number OWN.

        A name that ends like one told apart by an identity gets its own identity too: nobody can take such a name.
        """
        own = str((view.row("unit") or {}).get("name") or "")
        rows = view.tables.get("peer", {})
        ids = {index: str(row.get("unit_id")) for index, row in rows.items()}
        said = {index: str(row.get("name") or row.get("unit_id") or "") for index, row in rows.items()}
        holders, endings = self._held(said, ids), tuple({f" {one}" for one in ids.values()})

        def label(index: Index, name: str) -> str:
            is_plain = holders[index[0], name] == ids[index] and not name.endswith(endings)
            told = name if is_plain else f"{name} {ids[index]}"
            return told if told != own else f"{told} {ids[index]}"

        named = {index: label(index, name) for index, name in said.items()}
        return named | {(*index, OWN): own for index in view.tables.get("member", {})}

    def _held(self, said: PeerNames, ids: Mapping[Index, str]) -> Mapping[tuple[int, str], str]:
        """Who has each name now: who had it before, else the lowest number, which is whoever was heard first."""
        holders: dict[tuple[int, str], str] = {}
        for index, name in sorted(said.items()):
            key = index[0], name
            if key not in holders or self._holders.get(key) == ids[index]:
                holders[key] = ids[index]
        self._holders = holders
        return holders


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
