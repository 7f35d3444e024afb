"""mibs/UNDERSTUDY-REGISTERS.md: the Modbus register map."""

from collections.abc import Iterator

from agent.model import registers
from agent.model.command_block import COMMAND_BLOCK, COMMAND_MODEL, COMMAND_OFFSET, COMMAND_WORDS
from agent.model.kinds import Counter, Flag, Kind, Number, Text
from agent.model.lamps import BUTTONS, HEARTBEAT_LAMP, MEMBER_LAMPS, SWITCHES, UNIT_LAMPS, WATCHDOG_LAMP
from agent.model.managed import Bank, Managed, Table
from agent.model.register_extras import EXTRAS, Extra
from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from agent.model.tables import TABLES
from generate.markdown import range_of, table, unit_of
from generate.registers_head import EXAMPLES, HEAD

_NUMBERED = {Bank.INPUT: 30001, Bank.HOLDING: 40001, Bank.DISCRETE: 10001, Bank.COIL: 1}
"""Of address 0, as old documents count (6 digits beyond 9999)."""
_REGISTER_HEAD = ("address", "number", "words", "name", "range", "unit", "meaning")
_BIT_HEAD = ("address", "number", "name", "meaning", "why")
Line = tuple[int, tuple[str, ...]]


def registers_page() -> str:
    """The whole page."""
    return "\n".join(_parts())


def _parts() -> Iterator[str]:
    yield HEAD
    yield "## The unit: input registers (function 4)\n"
    yield table(_REGISTER_HEAD, _sorted([*_header(Bank.INPUT), *_of_tables(Bank.INPUT, False), *_extras(Bank.INPUT)]))
    yield "## The unit: holding registers (functions 3, 6, 16, 22, 23)\n"
    holding = [*_header(Bank.HOLDING), *_of_tables(Bank.HOLDING, False), *_extras(Bank.HOLDING), *_command_block()]
    yield table(_REGISTER_HEAD, _sorted(holding))
    yield "## A group: input registers (function 4)\n"
    yield _GROUP_NOTE
    yield table(_REGISTER_HEAD, _sorted([*_group_header(Bank.INPUT), *_of_tables(Bank.INPUT, True)]))
    yield "## A group: holding registers (functions 3, 6, 16, 22, 23)\n"
    yield table(_REGISTER_HEAD, _sorted([*_group_header(Bank.HOLDING), *_of_tables(Bank.HOLDING, True)]))
    yield "## Lamps: discrete inputs (function 2)\n"
    yield table(_BIT_HEAD, _sorted([*_lamps()]))
    yield "## Switches and buttons: coils (functions 1, 5, 15)\n"
    yield table(_BIT_HEAD, _sorted([*_coils()]))
    yield EXAMPLES


_GROUP_NOTE = (
    "Add 64 × G for group G (0..255): the address of group 7 is 448 higher. Only groups in which this unit has a seat can be "
    "read (registers 90..105 say which); all others are answered with exception 02.\n"
)


def _sorted(lines: list[Line]) -> list[tuple[str, ...]]:
    return [cells for _address, cells in sorted(lines, key=lambda line: line[0])]


def _register(bank: Bank, address: int, words: int, said: tuple[str, str, str, str]) -> Line:
    return address, (str(address), str(_number(bank, address)), str(words), f"`{said[0]}`", *said[1:])


def _number(bank: Bank, address: int) -> str:
    """1-based; banks beyond 9999 have six digits: 300001."""
    first = _NUMBERED[bank]
    if bank is Bank.COIL:
        return f"{address + 1:05}"
    return str(first + address) if address < 9999 else f"{str(first)[0]}{address + 1:05}"


def _header(bank: Bank) -> Iterator[Line]:
    is_input = bank is Bank.INPUT
    model = registers.UNIT_INPUT_MODEL if is_input else registers.UNIT_HOLDING_MODEL
    length = registers.UNIT_INPUT_WORDS if is_input else registers.UNIT_HOLDING_WORDS
    marker = "0x5553 0x4459: `USDY`"
    yield _register(bank, 0, 2, ("marker", marker, "", "Says that this is an Understudy unit"))
    yield _register(bank, 2, 1, ("map_version", str(registers.MAP_VERSION), "", "Of this map; places never move"))
    yield _register(bank, 3, 1, ("model_id", str(model), "", "The unit's block begins"))
    yield _register(bank, 4, 1, ("model_length", str(length), "", "Registers in it; the next block's model id follows"))
    if is_input:
        place = registers.SEATS_OFFSET
        yield _register(bank, place, 1, ("model_id", str(registers.SEATS_MODEL), "", "Which groups there are"))
        yield _register(bank, place + 1, 1, ("model_length", "16", "", "Registers in it"))
        text = "One bit a group: group G is bit G mod 16 (0: the lowest) of register 90 + G / 16; set: this unit has a seat there"
        yield _register(bank, place + 2, 16, ("seats", "256 bits", "", text))
    end = registers.INPUT_END_OFFSET if is_input else registers.HOLDING_END_OFFSET
    yield _register(bank, end, 2, ("end", "0xFFFF 0", "", "No more blocks here"))


def _group_header(bank: Bank) -> Iterator[Line]:
    model = registers.GROUP_INPUT_MODEL if bank is Bank.INPUT else registers.GROUP_HOLDING_MODEL
    yield _register(bank, GROUP_BASE, 1, ("model_id", str(model), "", "The group's block begins"))
    yield _register(bank, GROUP_BASE + 1, 1, ("model_length", str(registers.GROUP_WORDS), "", "Registers in it"))


def _of_tables(bank: Bank, is_of_group: bool) -> Iterator[Line]:
    base = GROUP_BASE if is_of_group else 0
    for known in TABLES:
        for column in known.columns if bool(known.index) is is_of_group else ():
            if column.register is not None and column.register.bank is bank:
                yield _column(bank, base, known, column)


def _column(bank: Bank, base: int, known: Table, column: Managed) -> Line:
    assert column.register is not None
    name = column.name if known.name in ("unit", "member") else f"{known.name}.{column.name}"
    said = (name, _range(column.kind, column.register.words), unit_of(column.kind), column.help)
    return _register(bank, base + column.register.offset, column.register.words, said)


def _range(kind: Kind, words: int) -> str:
    if isinstance(kind, Counter):
        return f"counter, its lowest {16 * words} bits"
    if isinstance(kind, Text):
        return f"UTF-8, {2 * words} bytes, padded with 0"
    if isinstance(kind, Flag):
        return "0, 1"
    if isinstance(kind, Number) and words == 1 and kind.high > 0xFFFE:
        return f"{range_of(kind)}, told up to 65534"
    return range_of(kind)


def _extras(bank: Bank) -> Iterator[Line]:
    yield from (_extra(extra) for extra in EXTRAS if extra.register.bank is bank)


def _extra(extra: Extra) -> Line:
    register = extra.register
    return _register(register.bank, register.offset, register.words, (extra.name, "", "", extra.help))


def _command_block() -> Iterator[Line]:
    yield _register(Bank.HOLDING, COMMAND_OFFSET, 1, ("model_id", str(COMMAND_MODEL), "", "The command block begins"))
    yield _register(Bank.HOLDING, COMMAND_OFFSET + 1, 1, ("model_length", str(COMMAND_WORDS), "", "Registers in it"))
    yield from (_extra(extra) for extra in COMMAND_BLOCK)


def _bit(bank: Bank, address: int, is_of_group: bool, said: tuple[str, str, str]) -> Line:
    place = f"{address} + {GROUP_STRIDE} G" if is_of_group else str(address)
    return address, (place, str(_number(bank, address)), f"`{said[0]}`", said[1], said[2])


def _lamps() -> Iterator[Line]:
    for lamp in UNIT_LAMPS:
        yield _bit(Bank.DISCRETE, lamp.offset, False, (lamp.name, lamp.help, lamp.requirement))
    yield _bit(Bank.DISCRETE, HEARTBEAT_LAMP, False, ("heartbeat", "Changes every second while the face lives", ""))
    yield _bit(Bank.DISCRETE, WATCHDOG_LAMP, False, ("watchdog_expired", "The write watchdog has expired", ""))
    for lamp in MEMBER_LAMPS:
        yield _bit(Bank.DISCRETE, GROUP_BASE + lamp.offset, True, (lamp.name, lamp.help, lamp.requirement))


def _coils() -> Iterator[Line]:
    for switch in SWITCHES:
        is_of_group = switch.table != "unit"
        address = switch.offset + (GROUP_BASE if is_of_group else 0)
        yield _bit(Bank.COIL, address, is_of_group, (switch.name, f"Switch: {switch.help}", ""))
    for button in BUTTONS:
        text = "Button: ON gives the command, OFF does nothing, reads OFF"
        yield _bit(Bank.COIL, GROUP_BASE + button.offset, True, (button.name, text, "D-54"))
