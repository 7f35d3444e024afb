"""The register map, compiled once from the declarations: which column of which table stands where.

Four blocks: the unit's input and holding registers from 0, and those of a group from `group_address(group)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.management.modbus.words import words_of
from agent.model import command_block as orders
from agent.model import registers as places
from agent.model.answers import Verb
from agent.model.lamps import BUTTONS, SWITCHES, Button, Switch
from agent.model.managed import Bank, Managed
from agent.model.register_extras import EXTRAS, Extra
from agent.model.tables import TABLE
from agent.model.view import Row

UNIT_TABLES, GROUP_TABLES = ("unit",), ("member", "coverage")
UNIT_BITS = 64
"""Of the unit, from 0, in coils and discrete inputs; a group has as many bits as registers."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column's place in a block."""

    table: str
    column: Managed
    offset: int
    words: int


@dataclass(frozen=True, slots=True)
class Block:
    """`template`: the block with nothing known in it, its ids and lengths in place. `fields`, `extras`: what is filled in."""

    bank: Bank
    template: bytes
    fields: tuple[Field, ...]
    extras: tuple[Extra, ...]

    @property
    def size(self) -> int:
        """In registers."""
        return len(self.template) // 2

    def filled(self, rows: Mapping[str, Row]) -> bytearray:
        """With these rows, by table; a table without a row leaves its places as they are when nothing is known."""
        block = bytearray(self.template)
        for field in self.fields:
            row = rows.get(field.table)
            if row is not None:
                start = 2 * field.offset
                value = row.get(field.column.name)
                block[start : start + 2 * field.words] = words_of(field.column.kind, value, field.words)
        return block


@dataclass(frozen=True, slots=True)
class Place:
    """What a holding register belongs to. `start`: address of its first word; `group` None: the unit."""

    start: int
    words: int
    group: int | None
    what: Field | Extra


_EXTRAS = (*EXTRAS, *orders.COMMAND_BLOCK)
EXTRA = {extra.name: extra for extra in _EXTRAS}
"""By name."""
_AT_FIRST = {
    "group_base": places.GROUP_BASE,
    "group_stride": places.GROUP_STRIDE,
    "command": Verb.NO_ACTION,
    "command_result": orders.NO_RESULT,
}
"""What an extra reads before anything was put there; the others 0."""


def _block(bank: Bank, tables: tuple[str, ...], head: Mapping[int, int], size: int) -> Block:
    fields = tuple(
        Field(name, column, column.register.offset, column.register.words)
        for name in tables
        for column in TABLE[name].columns
        if column.register is not None and column.register.bank is bank
    )
    extras = tuple(extra for extra in _EXTRAS if extra.register.bank is bank) if tables is UNIT_TABLES else ()
    at_first = {x.register.offset + word: _AT_FIRST.get(x.name, 0) for x in extras for word in range(x.register.words)}
    words = [{**at_first, **head}.get(offset, places.MISSING_UNSIGNED) for offset in range(size)]
    block = Block(bank, b"".join(word.to_bytes(2) for word in words), fields, extras)
    return Block(bank, bytes(block.filled({name: {} for name in tables})), fields, extras)


def _unit_head(model: int, length: int, end: int) -> dict[int, int]:
    head = {0: places.MARKER[0], 1: places.MARKER[1], 2: places.MAP_VERSION, 3: model, 4: length}
    return {**head, end: places.END, end + 1: 0}


_INPUT_HEAD = {
    **_unit_head(places.UNIT_INPUT_MODEL, places.UNIT_INPUT_WORDS, places.INPUT_END_OFFSET),
    places.SEATS_OFFSET: places.SEATS_MODEL,
    places.SEATS_OFFSET + 1: places.GROUPS // 16,
    **dict.fromkeys(range(places.SEATS_OFFSET + 2, places.SEATS_OFFSET + 2 + places.GROUPS // 16), 0),
}
_HOLDING_HEAD = {
    **_unit_head(places.UNIT_HOLDING_MODEL, places.UNIT_HOLDING_WORDS, places.HOLDING_END_OFFSET),
    orders.COMMAND_OFFSET: orders.COMMAND_MODEL,
    orders.COMMAND_OFFSET + 1: orders.COMMAND_WORDS,
}
UNIT_INPUT = _block(Bank.INPUT, UNIT_TABLES, _INPUT_HEAD, places.INPUT_END_OFFSET + 2)
UNIT_HOLDING = _block(Bank.HOLDING, UNIT_TABLES, _HOLDING_HEAD, places.HOLDING_END_OFFSET + 2)
GROUP_INPUT = _block(Bank.INPUT, GROUP_TABLES, {0: places.GROUP_INPUT_MODEL, 1: places.GROUP_WORDS}, places.GROUP_STRIDE)
GROUP_HOLDING = _block(Bank.HOLDING, GROUP_TABLES, {0: places.GROUP_HOLDING_MODEL, 1: places.GROUP_WORDS}, places.GROUP_STRIDE)


def _by_offset(block: Block) -> dict[int, tuple[int, int, Field | Extra]]:
    """Each word that something writable stands in → first offset, words, what."""
    found: dict[int, tuple[int, int, Field | Extra]] = {}
    for field in block.fields:
        found.update(dict.fromkeys(range(field.offset, field.offset + field.words), (field.offset, field.words, field)))
    for extra in block.extras:
        start, words = extra.register.offset, extra.register.words
        if extra.is_writable:
            found.update(dict.fromkeys(range(start, start + words), (start, words, extra)))
    return found


_UNIT_PLACES, _GROUP_PLACES = _by_offset(UNIT_HOLDING), _by_offset(GROUP_HOLDING)
_COILS: dict[tuple[bool, int], Switch | Button] = {
    **{(switch.table != "unit", switch.offset): switch for switch in SWITCHES},
    **{(True, button.offset): button for button in BUTTONS},
}


def group_at(address: int) -> tuple[int | None, int]:
    """The group that an address belongs to, or None: the unit; and the address within its block."""
    if address < places.GROUP_BASE:
        return None, address
    return divmod(address - places.GROUP_BASE, places.GROUP_STRIDE)


def place_at(address: int) -> Place | None:
    """What a write to this holding register means; None: it cannot be written."""
    group, offset = group_at(address)
    found = (_UNIT_PLACES if group is None else _GROUP_PLACES).get(offset)
    if found is None:
        return None
    start, words, what = found
    return Place(address - offset + start, words, group, what)


def coil_at(address: int) -> tuple[int | None, Switch | Button | None]:
    """Group (None: the unit), and what the coil does; None: nothing, it cannot be written."""
    group, offset = group_at(address)
    return group, _COILS.get((group is not None, offset))
