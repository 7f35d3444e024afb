"""The register map as clients find it: self-describing, declared values, nothing torn (facts/modbus.md, conventions)."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from agent.management.modbus import layout
from agent.management.modbus.words import words_of
from agent.model import registers as places
from agent.model.command_block import COMMAND_MODEL
from agent.model.kinds import Counter, Number, Text
from agent.model.lamps import BUTTONS, MEMBER_LAMPS, SWITCHES, UNIT_LAMPS
from agent.model.managed import Bank
from agent.model.tables import TABLE
from agent.model.view import Index, Row, View
from tests.modbus.face import Face, Raw, adu, bits, group, read, words
from tests.model.fake import FakeModel
from tests.model.sample import sample_view


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    """Of a unit with seats in the groups 7, 8 and 255."""
    with Face(FakeModel(sample_view((7, 8, 255)))) as face, face.raw() as raw:
        yield raw


def chain(raw: Raw, function: int) -> dict[int, tuple[int, int]]:
    """Model id → first address and length, found as a client that knows nothing else would."""
    assert words(raw.ask(read(0, 2, function))) == [0x5553, 0x4459]
    found: dict[int, tuple[int, int]] = {}
    place = 3
    while (head := words(raw.ask(read(place, 2, function))))[0] != 0xFFFF:
        found[head[0]] = (place + 2, head[1])
        place += 2 + head[1]
        assert place < 1000
    return found


def test_the_header_describes_itself(raw: Raw) -> None:
    """Marker, version, blocks of id and length, end marker: a walk finds every block of the unit."""
    assert chain(raw, 4) == {
        places.UNIT_INPUT_MODEL: (5, places.UNIT_INPUT_WORDS),
        places.SEATS_MODEL: (places.SEATS_OFFSET + 2, 16),
    }
    assert chain(raw, 3) == {places.UNIT_HOLDING_MODEL: (5, 95), COMMAND_MODEL: (102, 18)}


def test_the_seats_say_which_groups_are_there(raw: Raw) -> None:
    """A client finds its groups without trying 256 addresses."""
    seats = words(raw.ask(read(places.SEATS_OFFSET + 2, 16, 4)))
    assert [g for g in range(256) if seats[g // 16] >> g % 16 & 1] == [7, 8, 255]


def test_every_declared_column_stands_where_it_is_declared(raw: Raw) -> None:
    """Of the unit and of a group, one by one."""
    view = sample_view((7, 8, 255))
    for table, start, index in (("unit", 0, ()), ("member", group(8), (8,)), ("coverage", group(8), (8,))):
        row = view.row(table, index)
        assert row is not None
        for column in TABLE[table].columns:
            place = column.register
            if place is not None:
                function = 3 if place.bank is Bank.HOLDING else 4
                answer = raw.ask(read(start + place.offset, place.words, function))
                assert answer[2:] == words_of(column.kind, row[column.name], place.words), column.name


def test_blocks_of_neighbouring_groups_are_read_in_one_request(raw: Raw) -> None:
    """125 registers over groups 7 and 8."""
    found = words(raw.ask(read(group(7), 125, 4)))
    assert (found[0], found[64]) == (places.GROUP_INPUT_MODEL, places.GROUP_INPUT_MODEL)
    assert found[2] == found[66] == 5  # the role: master


@pytest.mark.parametrize(
    ("function", "address", "count"),
    [
        (3, 122, 1),
        (4, 108, 1),
        (3, 999, 1),
        (3, 999, 2),
        (4, group(7) - 1, 2),
        (4, group(9), 1),
        (4, group(8) + 63, 2),
        (3, 65535, 1),
        (3, 65535, 2),
        (4, group(255) + 63, 2),
        (1, 64, 1),
        (2, group(9), 1),
        (2, group(8) + 60, 5),
        (1, 65535, 2000),
    ],
)
def test_outside_every_block_there_is_no_address(raw: Raw, function: int, address: int, count: int) -> None:
    """02, also when only the last register is outside."""
    assert raw.ask(read(address, count, function)) == bytes((function | 0x80, 2))


def test_what_nothing_has_inside_a_block_reads_ffff(raw: Raw) -> None:
    """A client may read a block as a whole."""
    assert words(raw.ask(read(group(7, 13), 3))) == [0xFFFF] * 3
    assert words(raw.ask(read(27, 5, 4))) == [0xFFFF] * 5


def test_what_is_not_known_now_reads_as_missing(raw: Raw) -> None:
    """`takeover_in_ms` may be negative: 0x8000; text is empty."""
    assert words(raw.ask(read(group(7, 25), 2, 4))) == [0x8000, 0]
    assert words_of(Number(0, 0xFFFF), None, 1) == b"\xff\xff"
    assert words_of(Text(8), None, 2) == b"\0\0\0\0"


@pytest.mark.parametrize(
    ("kind", "value", "count", "expected"),
    [
        (Number(), 0x0001_0002, 2, "00010002"),
        (Number(), 70_000, 1, "fffe"),
        (Number(), 0xFFFF_FFFF, 2, "fffffffe"),
        (Number(-1, 255), 255, 1, "00ff"),
        (Number(-1, 40_000), 40_000, 1, "7fff"),
        (Counter(), (5 << 32) + 9, 2, "00000009"),
        (Text(8), "rx-ä", 2, "72782d00"),
        (Text(8), "rx", 2, "72780000"),
    ],
)
def test_values_that_do_not_fit_say_so_and_the_high_word_comes_first(
    kind: Number | Counter | Text, value: int | str, count: int, expected: str
) -> None:
    """Never a number that is wrong by 65,536, never what says `not known`, never half a letter."""
    assert words_of(kind, value, count).hex() == expected


def test_lamps_are_one_hot(raw: Raw) -> None:
    """D-55: each state has a lamp, one is lit; Z-45: the Backup lamp."""
    lit = bits(raw.ask(read(group(7), 64, 2)), 64)
    row = sample_view().row("member", (7,))
    assert row is not None
    by_name = {lamp.name: lit[lamp.offset] for lamp in MEMBER_LAMPS}
    assert by_name == {lamp.name: lamp.is_lit(row) for lamp in MEMBER_LAMPS}
    assert by_name["role_master"]
    assert by_name["backup"]
    for column in ("role", "link_state", "indicator", "common_state"):
        assert sum(by_name[lamp.name] for lamp in MEMBER_LAMPS if lamp.column == column) == 1
    assert sum(lit) == sum(by_name.values())


def test_lamps_of_the_unit_and_bits_at_any_offset(raw: Raw) -> None:
    """Reads need not begin at a multiple of eight."""
    whole = bits(raw.ask(read(0, 64, 2)), 64)
    unit = sample_view().row("unit")
    assert unit is not None
    assert [whole[lamp.offset] for lamp in UNIT_LAMPS] == [lamp.is_lit(unit) for lamp in UNIT_LAMPS]
    everything = bits(raw.ask(read(group(7), 128, 2)), 128)
    for start, count in ((1, 7), (3, 30), (17, 64), (63, 2), (127, 1)):
        assert bits(raw.ask(read(group(7, start), count, 2)), count) == everything[start : start + count]


def test_coils_of_commands_always_read_off_and_switches_what_is_set(raw: Raw) -> None:
    """As the command object of SNMP always reads noAction."""
    found = bits(raw.ask(read(group(7), 64, 1)), 64)
    assert not any(found[button.offset] for button in BUTTONS)
    row = sample_view().row("member", (7,))
    assert row is not None
    for switch in SWITCHES:
        if switch.table == "member":
            assert found[switch.offset] == (row[switch.column] == switch.on)


def test_places_never_overlap() -> None:
    """Two things in one register would be a fault of the declarations."""
    for block in (layout.UNIT_INPUT, layout.UNIT_HOLDING, layout.GROUP_INPUT, layout.GROUP_HOLDING):
        taken = [place for field in block.fields for place in range(field.offset, field.offset + field.words)]
        for extra in block.extras:
            taken += range(extra.register.offset, extra.register.offset + extra.register.words)
        assert len(taken) == len(set(taken))
        assert max(taken) < block.size
        assert min(taken) >= 2


def test_a_group_that_comes_is_there_at_once_and_one_that_goes_is_gone() -> None:
    """Its addresses are its own all the time."""
    with Face(FakeModel(sample_view((7,)))) as face, face.raw() as raw:
        assert raw.ask(read(group(9), 1)) == b"\x83\x02"
        face.do(lambda: face.model.advance(sample_view((7, 9))))
        assert words(raw.ask(read(group(9, 2), 1))) == [254]
        face.do(lambda: face.model.advance(sample_view((9,))))
        assert raw.ask(read(group(7), 1)) == b"\x83\x02"
        face.do(lambda: face.model.advance(sample_view((7,))))
        assert words(raw.ask(read(group(7, 2), 1))) == [254]


class RestlessModel(FakeModel):
    """Each look at it finds a new state, in which a number is the same everywhere, in both words of 32 bits."""

    def view(self) -> View:
        number = (self.current.revision + 1) % 0x7FFF
        same: Row = {"transitions": number << 16 | number, "split_brains": number << 16 | number}
        members: dict[Index, Row] = {(one,): same for one in (7, 8)}
        self.current = View(self.current.revision + 1, time.monotonic_ns(), False, {"member": members})
        return self.current


def test_ten_thousand_reads_during_changes_never_see_two_states() -> None:
    """Issue 4: 0 mixed snapshots, though the model moves with every read. Two groups, 32 bits, one request."""
    start, request = 31, adu(1, read(group(7, 31), 70, 4))
    with Face(RestlessModel(sample_view((7, 8)))) as face, face.raw() as raw:
        seen = []
        for _ in range(100):
            raw.send(request * 100)
            for _ in range(100):
                found = words(raw.answer()[2])
                seen.append({found[place - start] for place in (31, 32, 35, 36, 64 + 31, 64 + 32, 64 + 35, 64 + 36)})
    assert {len(each) for each in seen} == {1}
    assert len({next(iter(each)) for each in seen}) > 5000  # the model did move meanwhile


def test_an_old_view_is_asked_for_once_for_all_clients() -> None:
    """C-18: not older than a second where core answers; and core is not asked by each client."""
    model = FakeModel()
    model.current = replace(model.current, made_at_ns=0)
    with Face(model) as face, face.raw() as one, face.raw() as two:
        for _ in range(20):
            one.ask(read(0, 10, 4))
            two.ask(read(0, 10, 4))
        assert face.do(lambda: model.questions) <= 3
