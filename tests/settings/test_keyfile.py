"""Key files: read, made, rotated; whole or not at all."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.settings import keygen
from agent.settings.errors import SettingsError
from agent.settings.keyfile import load_key_list, load_keys, parse_keys, usable_keys

KEY = "00112233445566778899aabbccddeeff" * 2
OTHER = "ff" * 32


def ids(path: Path) -> list[str]:
    return [key.key_id.hex() for key in load_key_list(path)]


def test_the_first_key_signs_and_all_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text(f"# ours\n\n  {KEY.upper()}  # the new one\n{OTHER}\n")
    ring = load_keys(path)
    assert ring.signing
    assert ring.signing.secret == bytes.fromhex(KEY)
    assert [key.secret.hex() for key in load_key_list(path)] == [KEY, OTHER]


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_keys_that_others_may_write_are_not_usable(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "k"
    path.write_text(KEY)
    path.chmod(0o600)
    assert [key.secret.hex() for key in usable_keys(path)] == [KEY]
    path.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        usable_keys(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 0),
        ("# only words\n", 0),
        (KEY[:-1], 1),
        (f"{KEY}0", 1),
        (f"{KEY}\nx{KEY[1:]}", 2),
        (f"{KEY}\n{KEY}", 2),
        ("\n".join(f"{number:064x}" for number in range(9)), 9),
    ],
)
def test_a_wrong_key_file_is_told_with_its_line_and_without_its_secrets(text: str, line: int) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_keys(text, Path("lan.key"))
    assert caught.value.findings[0].line == line
    assert KEY[:8] not in f"{caught.value}{caught.value!r}"


def fifo(path: Path) -> None:
    os.mkfifo(path)


def binary(path: Path) -> None:
    path.write_bytes(os.urandom(200) + b"\xff")


def long(path: Path) -> None:
    path.write_text("#" * 20_000)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [Path.mkdir, fifo, device, binary, long, lambda _: None])
def test_what_is_no_key_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "k")
    with pytest.raises(SettingsError):
        load_keys(tmp_path / "k")


def test_a_new_key_file_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "k"
    key_id = keygen.create(path)
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert ids(path) == [key_id]
    with pytest.raises(FileExistsError):
        keygen.create(path)
    assert path.read_bytes() == before


def test_a_rotation(tmp_path: Path) -> None:
    """docs/protocol.md, Authentication: add, promote, remove. Mode and comments stay."""
    path = tmp_path / "k"
    old = keygen.create(path)
    path.chmod(0o640)
    new = keygen.add(path)
    assert ids(path) == [old, new]
    assert keygen.promote(path) == new
    assert ids(path) == [new, old]
    assert keygen.remove_old(path) == old
    assert ids(path) == [new]
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text().startswith("# Understudy LAN keys")
    assert [entry.name for entry in tmp_path.iterdir()] == ["k"]


def test_steps_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "k"
    keygen.create(path)
    for step in (keygen.promote, keygen.remove_old):
        with pytest.raises(SettingsError, match="one key only"):
            step(path)
    keygen.add(path)
    with pytest.raises(SettingsError, match="the newest, not the old one"):
        keygen.remove_old(path)


def test_a_link_to_the_key_file_stays_a_link(tmp_path: Path) -> None:
    keygen.create(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    keygen.add(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert len(ids(tmp_path / "real")) == 2


def test_no_ninth_key(tmp_path: Path) -> None:
    keygen.create(tmp_path / "k")
    for _ in range(7):
        keygen.add(tmp_path / "k")
    with pytest.raises(SettingsError, match="8 keys already"):
        keygen.add(tmp_path / "k")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a disk of its own with room for two pages; needs root to mount it."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tiny tmpfs needs root")
    directory = tmp_path / "disk"
    directory.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", directory], check=False).returncode:
        pytest.skip("this container may not mount a tmpfs")
    yield directory
    subprocess.run(["umount", directory], check=True)


@pytest.mark.parametrize("step", [keygen.add, keygen.promote, keygen.remove_old])
def test_a_full_disk_leaves_the_old_file_whole(full_disk: Path, step: Callable[[Path], str]) -> None:
    path = full_disk / "k"
    keygen.create(path)
    keygen.add(path)
    keygen.promote(path)
    (full_disk / "ballast").write_bytes(b"x" * 4096)
    before = path.read_bytes()
    with pytest.raises(OSError, match="No space left"):
        step(path)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in full_disk.iterdir()) == ["ballast", "k"]


def test_a_full_disk_leaves_no_empty_key_file(full_disk: Path) -> None:
    (full_disk / "ballast").write_bytes(b"x" * 8192)
    with pytest.raises(OSError, match="No space left"):
        keygen.create(full_disk / "k")
    assert not (full_disk / "k").exists()
