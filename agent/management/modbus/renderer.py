"""View → image. Only what has changed since the last one is written again: a quiet unit costs nothing."""

from agent.management.modbus import layout
from agent.management.modbus.image import Image, Span
from agent.management.modbus.layout import EXTRA, UNIT_BITS, Block
from agent.model.lamps import MEMBER_LAMPS, SWITCHES, UNIT_LAMPS, Lamp
from agent.model.registers import GROUP_STRIDE, GROUPS, SEATS_OFFSET, group_address
from agent.model.view import Row, View

_UNIT_SWITCHES = tuple(switch for switch in SWITCHES if switch.table == "unit")
_MEMBER_SWITCHES = tuple(switch for switch in SWITCHES if switch.table == "member")
_EMPTY: Row = {}


class Renderer:
    """`put` is for what no table has (heartbeat, watchdog, claim, command block); it survives every view."""

    def __init__(self) -> None:
        self.image = Image()
        self.view: View | None = None
        self._groups: dict[int, tuple[Row, Row]] = {}
        self._unit: Row = _EMPTY
        self._extras: dict[str, bytes] = {}

    def show(self, view: View) -> None:
        """From now on every answer is of this view."""
        members, coverage = view.tables.get("member", {}), view.tables.get("coverage", {})
        groups = {index[0]: (row, coverage.get(index, _EMPTY)) for index, row in members.items() if 0 <= index[0] < GROUPS}
        unit = view.row("unit") or _EMPTY
        has_moved = self.view is None or groups.keys() != self._groups.keys()
        if has_moved:
            self._set_extent(list(groups))
        for group, rows in groups.items():
            if rows != self._groups.get(group):  # the same object is equal without looking into it
                self._write_group(group, *rows)
        if has_moved or unit != self._unit:
            self._write_unit(unit, list(groups))
        self.view, self._groups, self._unit = view, groups, unit

    def put(self, name: str, value: int) -> None:
        """`name`: of `layout.EXTRA`."""
        register = EXTRA[name].register
        self._extras[name] = words = value.to_bytes(2 * register.words)
        self.image.of_bank[register.bank].write(register.offset, words)

    def extra(self, name: str) -> int:
        """As it was put; 0 before."""
        return int.from_bytes(self._extras.get(name, b""))

    def _set_extent(self, groups: list[int]) -> None:
        """Which addresses there are."""
        of_groups: list[Span] = [(group_address(group), group_address(group) + GROUP_STRIDE) for group in groups]
        self.image.inputs.set([(0, layout.UNIT_INPUT.size), *of_groups])
        self.image.holdings.set([(0, layout.UNIT_HOLDING.size), *of_groups])
        self.image.coils.set([(0, UNIT_BITS), *of_groups])
        self.image.discretes.set([(0, UNIT_BITS), *of_groups])

    def _write_unit(self, unit: Row, groups: list[int]) -> None:
        block = self._filled(layout.UNIT_INPUT, unit)
        for group in groups:
            word = 2 * (SEATS_OFFSET + 2 + group // 16)
            seats = int.from_bytes(block[word : word + 2])
            block[word : word + 2] = (seats | 1 << group % 16).to_bytes(2)
        self.image.inputs.write(0, block)
        self.image.holdings.write(0, self._filled(layout.UNIT_HOLDING, unit))
        for lamp in UNIT_LAMPS:
            self.image.discretes.put(lamp.offset, lamp.is_lit(unit))
        for switch in _UNIT_SWITCHES:
            self.image.coils.put(switch.offset, unit.get(switch.column) == switch.on)

    def _write_group(self, group: int, member: Row, coverage: Row) -> None:
        start = group_address(group)
        self.image.inputs.write(start, layout.GROUP_INPUT.filled({"member": member, "coverage": coverage}))
        self.image.holdings.write(start, layout.GROUP_HOLDING.filled({"member": member}))
        self.image.discretes.write(start, GROUP_STRIDE, _lit(MEMBER_LAMPS, member))
        coils = sum(1 << switch.offset for switch in _MEMBER_SWITCHES if member.get(switch.column) == switch.on)
        self.image.coils.write(start, GROUP_STRIDE, coils)

    def _filled(self, block: Block, unit: Row) -> bytearray:
        """With the extras over it."""
        filled = block.filled({"unit": unit})
        for extra in block.extras:
            words = self._extras.get(extra.name, b"")
            start = 2 * extra.register.offset
            filled[start : start + len(words)] = words
        return filled


def _lit(lamps: tuple[Lamp, ...], row: Row) -> int:
    return sum(1 << lamp.offset for lamp in lamps if lamp.is_lit(row))
