"""[recorder]: how much is kept, and what check says of it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.management.supervisor import children_of
from agent.settings.check import check
from agent.settings.model import RecorderSettings
from tests.settings.sample import findings, parse


def with_section(text: str) -> tuple[str, str]:
    return "\n[[member]]", f"\n[recorder]\n{text}\n\n[[member]]"


def test_without_the_section_a_day_in_a_gibibyte_is_kept() -> None:
    """Issue 5: always on; 24 h in 1 GiB."""
    assert parse().recorder == RecorderSettings(enabled=True, max_bytes=1 << 30, max_age_hours=24)


def test_the_section_says_how_much_and_how_long() -> None:
    """Issue 5: size and age limits."""
    settings = parse(with_section("max_bytes = 20000000\nmax_age_hours = 72"))
    assert settings.recorder == RecorderSettings(enabled=True, max_bytes=20_000_000, max_age_hours=72)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("max_bytes = 1000", "out of range"),
        ("max_bytes = 1099511627777", "out of range"),
        ("max_age_hours = 0", "out of range"),
        ("max_age_hours = 8761", "out of range"),
        ("enabled = 1", "enabled"),
        ('directory = "/tmp"', "directory"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(text: str, phrase: str) -> None:
    """Issue 5: an error is a sentence with line and remedy."""
    (finding,) = findings(with_section(text))
    assert phrase in finding.what
    assert finding.line == 12
    assert finding.remedy


def test_switched_off_no_recorder_is_started_and_check_says_what_that_means() -> None:
    """Issue 5: a person may; then nobody can say why a failover happened."""
    settings = parse(with_section("enabled = false"))
    assert [child.name for child in children_of(settings)] == ["core", "device rx", "management"]
    assert any(finding.line == 12 and "nobody can say why" in finding.what for finding in check(settings))


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "records"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", str(folder)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.netns
def test_a_disk_that_is_smaller_than_what_may_be_kept_is_told(small_disk: Path) -> None:
    """Issue 5: what is there already makes room for what comes."""
    settings = parse(('data_dir = "data"', f'data_dir = "{small_disk}"'), with_section("max_bytes = 40000000"))
    assert [finding.what for finding in check(settings) if "[recorder]" in finding.what] == [
        f"[recorder] may keep 38 MiB, and there is room for 32 MiB in {small_disk / 'records'}"
    ]
    (small_disk / "records" / "old.pcapng.gz").write_bytes(os.urandom(20_000_000))
    settings = parse(('data_dir = "data"', f'data_dir = "{small_disk}"'), with_section("max_bytes = 30000000"))
    assert not [finding for finding in check(settings) if "[recorder]" in finding.what]
