"""What `understudy check` says of a unit's certificate files."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.pki import UnitPaths, check_bundle, init_authority, issue, rotate_authority, rotate_unit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def unit(tmp_path: Path) -> UnitPaths:
    init_authority(tmp_path / "pki", now=NOW)
    return issue(tmp_path / "pki", "rx-a", [7], now=NOW)


def told(unit: UnitPaths, name: str = "rx-a", groups: frozenset[int] = frozenset({7}), now: datetime = NOW) -> list[str]:
    """`kind: what`, errors and warnings."""
    found = check_bundle(unit.certificate, unit.key, unit.bundle, unit_name=name, groups=groups, now=now)
    assert all(problem.remedy for problem in found)
    return [f"{problem.kind}: {'error' if problem.is_error else 'warning'}: {problem.what}" for problem in found]


def test_fresh_files_are_fine(unit: UnitPaths) -> None:
    """Also after a rotation of the authority and the unit, in that order."""
    assert told(unit) == []
    rotate_authority(unit.key.parents[1], now=NOW)
    rotate_unit(unit.key.parents[1], "rx-a", now=NOW)
    assert told(unit) == []


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-2, ["certificate: error: {} is not valid before", "ca: error: an authority in"]),
        (0, []),
        (800, ["certificate: warning: {} expires on 2029-02-22, in 25 day(s)"]),
        (826, ["certificate: error: {} expired on 2029-02-22 12:00 UTC"]),
        (3651, ["certificate: error: {} expired", "ca: error: an authority in"]),
    ],
)
def test_dates(unit: UnitPaths, days: int, expected: list[str]) -> None:
    """Not yet, now, soon no longer, no longer: by the clock that is passed in."""
    found = told(unit, now=NOW + timedelta(days=days))
    assert len(found) == len(expected)
    assert all(text.startswith(start.format(unit.certificate)) for text, start in zip(found, expected, strict=True)), found


def test_groups_and_name_of_the_settings(unit: UnitPaths) -> None:
    """A certificate of another unit, or not for all groups of this one."""
    found = told(unit, "rx-b", frozenset({6, 7, 9}))
    assert [text.partition(" is ")[2] for text in found] == [
        "not for group 6, 9: no configuration of it is handed over",
        "the certificate of rx-a, and this unit is rx-b",
    ]


def spoil_mode(unit: UnitPaths) -> None:
    unit.key.chmod(0o640)


def spoil_key(unit: UnitPaths) -> None:
    unit.key.write_bytes(issue(unit.key.parents[1], "other", [7], now=NOW).key.read_bytes())


def spoil_ca(unit: UnitPaths) -> None:
    unit.bundle.write_bytes(init_authority(unit.key.parents[1] / "elsewhere", now=NOW).bundle.read_bytes())


def no_key(unit: UnitPaths) -> None:
    unit.key.unlink()


def empty_ca(unit: UnitPaths) -> None:
    unit.bundle.write_bytes(b"")


def key_as_certificate(unit: UnitPaths) -> None:
    unit.certificate.write_bytes(unit.key.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "kinds"),
    [
        (spoil_mode, ["key: error: {key} can be read or written by others"]),
        (spoil_key, ["key: error: {key} is not the key of"]),
        (spoil_ca, ["ca: error: {pem} was not issued by an authority in"]),
        (no_key, ["key: error: key {key} cannot be read: No such file"]),
        (empty_ca, ["ca: error: {ca} is not a bundle"]),
        (key_as_certificate, ["certificate: error: this is not a certificate", "key: error:", "ca: error:"]),
    ],
)
def test_files_that_do_not_fit(unit: UnitPaths, spoil: Callable[[UnitPaths], None], kinds: list[str]) -> None:
    """Each is named, with what to do."""
    spoil(unit)
    found = told(unit)
    names = {"key": unit.key, "pem": unit.certificate, "ca": unit.bundle}
    assert len(found) == len(kinds), found
    assert all(text.startswith(start.format(**names)) for text, start in zip(found, kinds, strict=True)), found


def test_absent_files_are_three_sentences(tmp_path: Path) -> None:
    """Not a traceback."""
    assert len(told(UnitPaths(tmp_path / "k", tmp_path / "c", tmp_path / "a"))) == 3
