"""The pages in the repository are those that the model makes: what is declared is what is documented."""

import json
import re
from pathlib import Path

import pytest

from agent.model.tables import TABLES
from generate.__main__ import differing, main, pages
from tests.model.mibs import ROOT


def test_committed_pages_are_the_generated_ones() -> None:
    """Else: ./dev generate, and commit."""
    assert differing(pages(), ROOT) == []


def test_check_says_which_page_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    assert main(["--folder", str(tmp_path), "--check"]) == 0
    (tmp_path / "docs" / "reference.md").write_text("other")
    capsys.readouterr()
    assert main(["--folder", str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().out == "generate: docs/reference.md is not what the model declares; run: ./dev generate\n"


def test_an_odd_root_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", "1.2.3", "--check"]) == 2
    assert "is not below 1.3.6.1" in capsys.readouterr().err


def test_the_register_map_gives_both_numbers_of_everything() -> None:
    """facts: the 0-based address and the 1-based number."""
    page = (ROOT / "mibs" / "UNDERSTUDY-REGISTERS.md").read_text()
    assert "| 1002 | 41003 | 1 | `priority` | 1..255 |" in page
    assert "| 1002 | 31003 | 1 | `role` |" in page
    assert "`set_backup`" in page
    assert "| 1004 + 64 G | 11005 | `role_master` |" in page
    for table in TABLES:
        assert all(f"{column.name}`" in page for column in table.columns if column.register)


def test_the_reference_has_every_object() -> None:
    page = (ROOT / "docs" / "reference.md").read_text()
    for table in TABLES:
        section = page.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `([a-z0-9_]+)`", section, re.MULTILINE) == [
            column.name for column in (*table.index, *table.columns)
        ]


def test_the_http_schema_is_json_that_names_every_table() -> None:
    schemas = json.loads((ROOT / "mibs" / "understudy-api.json").read_text())["components"]["schemas"]
    assert {table.name for table in TABLES} <= {name.lower() for name in schemas}
