"""The table of requirements finds what it should, and does not invent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.requirements import ids_in, label, main, named_in, read_requirements

DOCUMENT: Final = """\
| id | rule | how to test |
|---|---|---|
| S-01 | Packets are filtered on **Device Type**. | pkt: other type |
| S-02 | On `Group`, *not* on A*10 + (2)*3. | pkt |
| C-02 | Two masters. | S-01 is named here, and is not a row |
* F-8 A master that counts its lease.
* SA-1 is no requirement
"""
TESTS: Final = '''\
"""About S-01."""
class TestGroup:
    """S-02."""
    def test_one(self):
        """F-8, and no more."""
def test_two():
    """Nothing."""
def helper():
    """C-02 in a helper proves nothing."""
'''


def labels(text: str) -> list[str]:
    """What a docstring names, as a person reads it."""
    return [label(found) for found in sorted(ids_in(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`S-12` and D-26, Z-07", "D-26 S-12 Z-07"),
        ("S-1 is S-01, F-08 is F-8", "F-8 S-01"),
        ("S-01 to S-04", "S-01 S-02 S-03 S-04"),
        ("S-01..S-03; Z-08–Z-10", "S-01 S-02 S-03 Z-08 Z-09 Z-10"),
        ("D-09 to 11", "D-09 D-10 D-11"),
        ("D-11 to D-09", "D-09 D-11"),
        ("S-01 to D-02", "D-02 S-01"),
        ("SA-1, RFC-12, S-123, UTF-8, CVE-S-", ""),
    ],
)
def test_ids_and_ranges_are_found_in_prose(text: str, expected: str) -> None:
    """And what only looks like one is not."""
    assert " ".join(labels(text)) == expected


def test_rows_and_bullets_are_requirements() -> None:
    """With their text, without its marks."""
    found = read_requirements(DOCUMENT)
    assert {one.label: one.text for one in found.values()} == {
        "S-01": "Packets are filtered on Device Type.",
        "S-02": "On Group, not on A*10 + (2)*3.",
        "C-02": "Two masters.",
        "F-8": "A master that counts its lease.",
    }


def test_modules_classes_and_functions_name_what_they_prove() -> None:
    """Helpers do not."""
    named = {name: [label(found) for found in ids] for name, ids in named_in(TESTS, "test_x.py")}
    assert named == {
        "test_x.py": ["S-01"],
        "test_x.py::TestGroup": ["S-02"],
        "test_x.py::TestGroup::test_one": ["F-8"],
        "test_x.py::test_two": [],
    }


@pytest.fixture
def site(tmp_path: Path) -> list[str]:
    """A document and a folder of tests, as arguments."""
    (tmp_path / "requirements.md").write_text(DOCUMENT)
    (tmp_path / "test_x.py").write_text(TESTS)
    return ["--file", str(tmp_path / "requirements.md"), "--tests", str(tmp_path)]


def test_the_table_and_the_missing_ones_are_printed(site: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """For a person and for a program."""
    assert main(site) == 0
    assert "test_x.py::TestGroup::test_one" in capsys.readouterr().out
    assert main([*site, "--missing", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ["C-02"]


def test_an_id_that_does_not_exist_is_told(site: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen would otherwise count for nothing, in silence."""
    Path(site[3], "test_y.py").write_text(TESTS.replace("F-8", "F-9"))
    assert main(site) == 1
    assert "test_y.py::TestGroup::test_one names F-9" in capsys.readouterr().err


def test_a_missing_document_is_told_with_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not part of the repository: whoever clones it does not have it."""
    assert main(["--file", str(tmp_path / "none.md")]) == 2
    assert "UNDERSTUDY_REQUIREMENTS=" in capsys.readouterr().err
