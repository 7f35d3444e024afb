"""mibs/UNDERSTUDY-REGISTERS.md, as a PLC programmer reads it, against what is served over the wire."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.management.modbus import layout
from agent.model.registers import GROUP_BASE
from tests.modbus.face import Face, Raw, group, read, words
from tests.model.fake import FakeModel
from tests.model.sample import sample_view

DOCUMENT = (Path(__file__).parents[2] / "mibs" / "UNDERSTUDY-REGISTERS.md").read_text()
ROW = re.compile(r"^\| (\d+)(?: \+ 64 G)? \| (\d+) \| (?:(\d+) \| )?`(?:\w+\.)?(\w+)` \| ([^|]*)\|", re.MULTILINE)
BLOCKS = {
    "The unit: input registers": (layout.UNIT_INPUT, 4, 0, 30_001),
    "The unit: holding registers": (layout.UNIT_HOLDING, 3, 0, 40_001),
    "A group: input registers": (layout.GROUP_INPUT, 4, GROUP_BASE, 30_001),
    "A group: holding registers": (layout.GROUP_HOLDING, 3, GROUP_BASE, 40_001),
}


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    with Face(FakeModel(sample_view((0, 7)))) as face, face.raw() as raw:
        yield raw


def rows(title: str) -> list[tuple[int, int, int, str, str]]:
    """Address, number, words, name and range of each row of the section."""
    section = DOCUMENT.partition(f"## {title}")[2].partition("\n## ")[0]
    return [(int(a), int(n), int(w or 1), name, told.strip()) for a, n, w, name, told in ROW.findall(section)]


@pytest.mark.parametrize("title", BLOCKS)
def test_the_document_names_every_register_where_it_is_served(title: str) -> None:
    """No more and no fewer, both ways of counting."""
    block, _function, base, first = BLOCKS[title]
    served = {(base + field.offset, field.words, field.column.name) for field in block.fields}
    served |= {(extra.register.offset, extra.register.words, extra.name) for extra in block.extras}
    heads = {"marker", "map_version", "model_id", "model_length", "seats", "end"}
    found = rows(title)
    assert {(address, size, name) for address, _, size, name, _ in found if name not in heads} == served
    assert all(number == address + first for address, number, *_ in found)


@pytest.mark.parametrize("title", BLOCKS)
def test_ids_lengths_and_ends_read_as_documented(title: str, raw: Raw) -> None:
    """What a client that describes itself the map starts from."""
    _block, function, _base, _first = BLOCKS[title]
    checked = 0
    for address, _number, size, name, told in rows(title):
        if name in {"marker", "map_version", "model_id", "model_length", "end"}:
            expected = [int(word, 0) for word in told.partition(":")[0].split()]
            assert words(raw.ask(read(address, size, function))) == expected, (name, address)
            checked += 1
    assert checked >= 2


def test_lamps_and_coils_are_where_the_document_has_them() -> None:
    """D-55: every lamp has its own address."""
    coils = {address: name for address, _, _, name, _ in rows("Switches and buttons")}
    assert coils[GROUP_BASE] == "set_master"
    for address, name in coils.items():
        _group, what = layout.coil_at(address)
        assert what is not None
        assert what.name == name
    assert group(0) == GROUP_BASE
