"""What snmpd is answered with: the unit's tables, asked of management by the control socket, kept for a moment.

A table is asked for when something in it is wanted and what is kept is older than KEEP_S: a walk asks once a second, not once an
object. While management is away nothing is answered, and it is asked for again a second later at the earliest: snmpd never hangs.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from agent.management.client import NotRunning, ask
from agent.management.snmp.ber import SEQUENCE, Oid, enter, header, oid_of
from agent.management.snmp.pass_persist import Named
from agent.management.snmp.pass_persist_rows import rows_from_json
from agent.management.snmp.pdu import Status
from agent.management.snmp.plan import STATUS_OF
from agent.management.snmp.tree import Place, Tree
from agent.management.snmp.values import Unfit, value_of
from agent.model.answers import Denial, Verb
from agent.model.json_values import value_as_json
from agent.model.kinds import Value
from agent.model.managed import Access, Managed, Table
from agent.model.smi import OBJECTS_ARC
from agent.model.tables import TABLES
from agent.model.view import Index, Row, View

KEEP_S: Final = 1.0
PATIENCE_S: Final = 2.0
"""For one answer of management."""
Json = dict[str, object]
Ask = Callable[[Json], Json]
"""OSError, ValueError, NotRunning: no answer."""
_NOT_THERE: Final = (OSError, ValueError, NotRunning)
_REASON: Final = "through snmpd"
"""For the audit, which sees no more than the user that this process is."""
_VERBS: Final = {verb.value: verb.name.lower() for verb in Verb}


def asking(path: Path) -> Ask:
    """Of the control socket at this path."""
    return lambda request: ask(path, request, PATIENCE_S)


class UnitSource:
    """pass_persist.Source of one unit. `root`: as in the settings."""

    def __init__(self, ask_unit: Ask, root: Oid, now_s: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._root, self._now_s = ask_unit, root, now_s
        self._tree = Tree(root)
        self._tables: dict[str, Mapping[Index, Row]] = {}
        self._kept_until_s: dict[str, float] = {}
        self._away_until_s = 0.0

    def get(self, name: bytes) -> Named | None:
        """As of pass_persist.Source."""
        arc = self._arc(name)
        table = next((table for table in TABLES if table.arc == arc), None)
        if table is None or not self._is_shown(table):
            return None
        place = self._tree.find(name)
        return None if place is None else _named(place)

    def after(self, name: bytes) -> Named | None:
        """As of pass_persist.Source. The table that the name is in, then those behind it, until one has a row for us."""
        arc = self._arc(name)
        for table in sorted(TABLES, key=lambda one: one.arc):
            if table.arc < arc or not self._is_shown(table):
                continue
            place = self._tree.after(name)
            if place is not None and self._table_of(place) == table.arc:
                return _named(place)
        return None

    def _arc(self, name: bytes) -> int:
        """Of the table that this OID is in; 0: before all of them; a large one: behind all."""
        oid, base = oid_of(name), (*self._root, OBJECTS_ARC)
        if oid[: len(base)] == base and len(oid) > len(base):
            return oid[len(base)]
        return 0 if oid <= base else 1 << 32

    def _table_of(self, place: Place) -> int:
        block, _, column = place
        return block.columns[column].oid[len(self._root) + 1]

    def _is_shown(self, table: Table) -> bool:
        """Is it in the tree, as of now? False: nobody could be asked."""
        now_s = self._now_s()
        if now_s < self._kept_until_s.get(table.name, 0.0):
            return True
        if now_s < self._away_until_s:
            return False
        try:
            answer = self._ask({"verb": "view", "tables": [table.name]})
            rows = rows_from_json(table, answer["tables"][table.name])  # type: ignore[index]
        except (*_NOT_THERE, KeyError, TypeError):
            self._away_until_s = self._now_s() + KEEP_S
            return False
        self._tables = {**self._tables, table.name: rows}
        self._kept_until_s[table.name] = self._now_s() + KEEP_S
        self._tree.show(View(0, 0, False, self._tables))
        return True

    def put(self, name: bytes, tag: int, content: bytes) -> Status:
        """As of pass_persist.Source. snmpd sets one object at a time: several in one SET are not all or nothing here."""
        arc = self._arc(name)
        table = next((table for table in TABLES if table.arc == arc), None)
        if table is None or not self._is_shown(table):
            return Status.NO_CREATION if table is None else Status.RESOURCE_UNAVAILABLE
        place = self._tree.find(name)
        if place is None:
            return Status.NO_CREATION
        block, row, number = place
        column = block.columns[number].managed
        if column is None or column.access is not Access.WRITE:
            return Status.NOT_WRITABLE
        try:
            value = value_of(column, tag, content)
        except Unfit as unfit:
            return unfit.status
        return self._order(table, () if not table.index else block.indices[row], column, value)

    def _order(self, table: Table, index: Index, column: Managed, value: Value) -> Status:
        if (table.name, column.name) == ("member", "command"):
            if value == Verb.NO_ACTION:
                return Status.NO_ERROR
            request: Json = {
                "verb": "command",
                "group": index[0],
                "command": _VERBS.get(int(value or 0), str(value)),
                "reason": "",
            }
        else:
            said = value_as_json(column.kind, value)
            request = {"verb": "set", "table": table.name, "index": list(index), "values": {column.name: said}, "reason": _REASON}
        self._kept_until_s.clear()
        try:
            outcome = str(self._ask(request).get("outcome"))
        except _NOT_THERE:
            return Status.RESOURCE_UNAVAILABLE
        return _status(outcome)


def _status(outcome: str) -> Status:
    """C-17: never silence."""
    if outcome in {"done", "running"}:
        return Status.NO_ERROR
    denial = next((denial for denial in Denial if denial.value == outcome), None)
    return STATUS_OF[denial] if denial else Status.GEN_ERR


def _named(place: Place) -> Named:
    """Out of the varbind."""
    block, row, column = place
    varbind = block.varbind(row, column)
    start, end = enter(varbind, 0, len(varbind), SEQUENCE)
    _, name_at, name_end = header(varbind, start, end)
    return varbind[name_at:name_end], varbind[name_end:end]
