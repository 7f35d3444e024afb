"""An archive that another unit exported brings no address of that unit (C-19, Z-05)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handover.unit import Json, Unit, memory_file


@pytest.fixture
def units(tmp_path: Path) -> Iterator[tuple[Unit, Unit]]:
    """Two masters of receivers, each with an address of its own."""
    made = tuple(Unit(tmp_path, name, driver="receiver") for name in ("rx-a", "rx-b"))
    for unit, address in zip(made, ("10.0.0.5/24", "10.0.0.6/24"), strict=True):
        unit.start().seat("master")
        unit.edit(document(unit.name, address))
    yield made[0], made[1]
    for unit in made:
        unit.end()


def document(network: str, address: str) -> Json:
    return {"identity": {"network_name": network}, "port": [{"name": "lan", "interface": "eth1", "address": address}]}


def export(unit: Unit, part: str = "effective") -> int:
    """The archive, at its beginning."""
    archive = memory_file(b"")
    unit.done("export", (archive,), group=7, part=part)
    os.lseek(archive, 0, os.SEEK_SET)
    return archive


def test_import_keeps_the_own_values_of_the_unit(units: tuple[Unit, Unit]) -> None:
    a, b = units
    answer = b.done("import", (export(a),), group=7, kind="archive")
    assert b.document() == document("rx-a", "10.0.0.6/24")
    assert "own values of rx-a in it were left out" in str(answer["text"])


def test_import_of_ones_own_archive_brings_everything_back(units: tuple[Unit, Unit]) -> None:
    """After a disk was replaced, or an edit of own values was wrong."""
    a, _ = units
    before = export(a)
    a.edit(document("other", "10.0.0.9/24"))
    a.done("import", (before,), group=7, kind="archive")
    assert a.document() == document("rx-a", "10.0.0.5/24")
