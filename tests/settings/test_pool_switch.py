"""N:M is turned on and off in the file: one word changes, or nothing at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.settings.errors import SettingsError
from agent.settings.load import load_settings
from agent.settings.pool_switch import disable, enable
from agent.settings.replace import replace_text
from tests.settings.sample import N_TO_M, POOL, SAMPLE

OFF = "\n[pool]  # N:M of the site\nn_to_m = false  # since March\nreturn_hold = 5\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The sample: a master of group 7, 1:1."""
    path = tmp_path / "u.toml"
    path.write_text(SAMPLE)
    return path


def test_enabling_appends_the_section_and_changes_nothing_else(file: Path) -> None:
    """S-18: enabled explicitly."""
    said = enable(file)
    assert file.read_text() == SAMPLE + N_TO_M
    assert load_settings(file).pool.n_to_m
    assert "an nmBackup of another unit may take over group 7" in said
    assert "At the next start" in said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OFF, OFF.replace("n_to_m = false", "n_to_m = true")),
        ("[pool]\r\nreturn_hold = 5 # n_to_m\r\n", "[pool]\r\nn_to_m = true\r\nreturn_hold = 5 # n_to_m\r\n"),
        ("[ pool ]\n", "[ pool ]\nn_to_m = true\n"),
        ('pool.return_hold = 5\npool."n_to_m"=false\n', 'pool.return_hold = 5\npool."n_to_m"=true\n'),
        ("pool = { return_hold = 5, n_to_m = false }\n", "pool = { return_hold = 5, n_to_m = true }\n"),
    ],
)
def test_one_word_or_one_line_changes_wherever_it_stands(file: Path, before: str, after: str) -> None:
    """Comments, line ends and order are the operator's."""
    for text, path in ((SAMPLE + before, SAMPLE + after), (before + SAMPLE, after + SAMPLE)):
        if before.startswith("pool") and text.startswith(SAMPLE):
            continue  # that would be a key of the device
        file.write_bytes(text.encode())
        enable(file)
        assert file.read_bytes() == path.encode()


def test_off_is_the_way_back(file: Path) -> None:
    """S-18: disabled means 1:1."""
    file.write_text(SAMPLE + OFF.replace("false", "true"))
    said = disable(file)
    assert file.read_text() == SAMPLE + OFF
    assert "(1:1), and N:M commands are refused here" in said


@given(st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_line_ends_and_byte_order_mark_stay(
    tmp_path_factory: pytest.TempPathFactory, end: str, has_mark: bool, ends: bool
) -> None:
    file = tmp_path_factory.mktemp("switch") / "u.toml"
    data = (b"\xef\xbb\xbf" if has_mark else b"") + SAMPLE.removesuffix("\n").replace("\n", end).encode()
    file.write_bytes(data + end.encode() * ends)
    enable(file)
    assert file.read_bytes() == data + N_TO_M.join(["\n", ""]).replace("\n", end).encode()
    disable(file)
    assert not load_settings(file).pool.n_to_m


def test_what_is_so_already_is_said_and_not_written(file: Path) -> None:
    before = file.stat()
    assert "already; nothing was changed" in disable(file)
    assert file.stat() == before


@pytest.mark.parametrize(
    ("old", "new", "line", "phrase"),
    [("preempt = false", "preempt = true", 16, "S-24"), ("priority = 254", "priority = 255", 15, "C-03")],
)
def test_a_file_that_n_to_m_rules_out_is_refused_whole(file: Path, old: str, new: str, line: int, phrase: str) -> None:
    """S-24, C-16: with the line of the file as it is, and the remedy."""
    for section in ("", "[pool]\nreturn_hold = 5\n"):  # the second: a line is to be put in above
        text = section + SAMPLE.replace(old, new)
        file.write_text(text)
        with pytest.raises(SettingsError) as caught:
            enable(file)
        (finding,) = caught.value.findings
        assert (finding.line, phrase in finding.what) == (line + section.count("\n"), True)
        assert file.read_text() == text


def test_it_is_not_turned_off_under_an_nm_backup(file: Path) -> None:
    """S-18, S-22: it would protect nothing."""
    file.write_text(SAMPLE + POOL)
    with pytest.raises(SettingsError, match="N:M is off"):
        disable(file)
    assert file.read_text() == SAMPLE + POOL


def test_an_nm_backup_comes_to_life_by_enabling(file: Path) -> None:
    """S-22"""
    file.write_text(SAMPLE + POOL.replace("n_to_m = true", "n_to_m = false"))
    assert "stands in for the groups that it protects (it is main of group 7; it is nmBackup of group 200)" in enable(file)
    assert file.read_text() == SAMPLE + POOL


@pytest.mark.parametrize(
    "text",
    [
        'pool = { return_hold = 5, reserve = "independent" }\n',
        "pool.return_hold = 5\n",
        'pool = { reserve = "n_to_m = false", n_to_m = false }\n',
        "pool = 3\n",
        "pool = { n_to_m = 1 }\n",
    ],
)
def test_what_cannot_be_edited_safely_is_left_to_a_person(file: Path, text: str) -> None:
    file.write_text(text + SAMPLE)
    with pytest.raises(SettingsError) as caught:
        enable(file)
    assert all(finding.remedy for finding in caught.value.findings)
    assert file.read_text() == text + SAMPLE


@pytest.mark.parametrize("data", [b"\xff", b"[", b"a = " + b"[" * 5000, b"x" * 300_000])
def test_a_file_that_is_none_is_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(SettingsError):
        enable(file)
    assert file.read_bytes() == data


def test_mode_and_link_stay(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    enable(link)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert load_settings(file).pool.n_to_m
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.toml", "u.toml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 65534, 65534)
    enable(file)
    assert (file.stat().st_uid, file.stat().st_gid) == (65534, 65534)


def test_an_edit_of_somebody_else_meanwhile_is_not_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is looked at once more before it is replaced."""
    texts = iter([SAMPLE, SAMPLE + "# new\n"])
    monkeypatch.setattr("agent.settings.pool_switch.read_text", lambda _path: next(texts))
    with pytest.raises(SettingsError, match="changed by somebody else"):
        enable(file)
    assert file.read_text() == SAMPLE


def test_a_full_disk_leaves_the_old_file(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_text(file, "other")
    assert file.read_text() == SAMPLE
    assert list(tmp_path.iterdir()) == [file]
