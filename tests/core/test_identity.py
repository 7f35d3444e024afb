"""Who a unit is survives restarts, garbage, full disks and power cuts; none of them keeps a unit from starting."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.core.identity import load_identity

BOOT_MAX = 0xFFFF_FFFF
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small tmpfs")


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 KiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def fill(directory: Path) -> None:
    """Until not one more byte fits."""
    with suppress(OSError), (directory / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))


def test_unit_id_is_kept_for_life_and_boot_grows_at_every_start(tmp_path: Path) -> None:
    """C-01: the same unit after a restart, and a later boot of it, even within one second."""
    starts = [load_identity(tmp_path, "rx-a") for _ in range(4)]
    assert len({start.unit_id for start in starts}) == 1
    boots = [start.boot for start in starts]
    assert boots == sorted(set(boots))
    assert boots[0] >= int(time.time()) - 1


def test_two_starts_have_different_nonce_seeds(tmp_path: Path) -> None:
    """docs/protocol.md, Authentication: nonces of one start say nothing about those of the next."""
    assert load_identity(tmp_path, "a").nonce_seed != load_identity(tmp_path, "a").nonce_seed


def test_boot_grows_even_when_the_clock_was_set_back(tmp_path: Path) -> None:
    """docs/protocol.md: max(stored + 1, UTC seconds)."""
    ahead = int(time.time()) + 1_000_000
    (tmp_path / "boot").write_text(f"{ahead}\n")
    assert load_identity(tmp_path, "a").boot == ahead + 1


@pytest.mark.parametrize("text", ["", "\n", "garbage", "0", "-7", "1e9", "9" * 5000, "12 34"])
def test_damaged_boot_file_falls_back_to_the_clock(tmp_path: Path, text: str) -> None:
    """docs/protocol.md: never below UTC seconds, so that the unit does not look like an old recording of itself."""
    (tmp_path / "boot").write_text(text)
    first, second = load_identity(tmp_path, "a").boot, load_identity(tmp_path, "a").boot
    assert time.time() - 5 < first < second < BOOT_MAX


@pytest.mark.parametrize("stored", [BOOT_MAX - 1, BOOT_MAX, BOOT_MAX + 1, 10**30])
def test_boot_file_with_an_impossible_number_does_not_freeze_the_boot(tmp_path: Path, stored: int) -> None:
    """docs/protocol.md: two starts with one boot would make the second a replay of the first, for ever."""
    (tmp_path / "boot").write_text(f"{stored}\n")
    boots = [load_identity(tmp_path, "a").boot for _ in range(3)]
    assert len(set(boots)) == 3
    assert all(0 < boot <= BOOT_MAX for boot in boots)


@pytest.mark.parametrize("damage", [b"", b"0000000000000000\n", b"zz\n", b"\xff\xfe\x00", b"1" * 17, b"-1"])
def test_damaged_unit_id_is_replaced_by_a_valid_one_that_is_kept(tmp_path: Path, damage: bytes) -> None:
    """docs/protocol.md: random, never 0."""
    (tmp_path / "unit_id").write_bytes(damage)
    ids = {load_identity(tmp_path, "a").unit_id for _ in range(3)}
    assert len(ids) == 1
    assert 0 < ids.pop() < 1 << 64


def test_directories_in_place_of_the_files_do_not_stop_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """C-22: a unit that can run does run; the disk's state is reported."""
    for name in ("boot", "unit_id"):
        (tmp_path / name).mkdir()
    assert load_identity(tmp_path, "a").boot > 0
    assert "cannot save" in capsys.readouterr().err


@needs_root
def test_full_disk_does_not_stop_the_start_and_keeps_who_the_unit_is(tmpfs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """C-22: what was saved before is neither lost nor truncated; the boot still grows with the clock."""
    before = load_identity(tmpfs, "a")
    fill(tmpfs)
    after = load_identity(tmpfs, "a")
    assert after.unit_id == before.unit_id
    assert after.boot > before.boot
    assert int((tmpfs / "boot").read_text()) >= before.boot
    assert int((tmpfs / "unit_id").read_text(), 16) == before.unit_id
    assert "cannot save" in capsys.readouterr().err
    assert not list(tmpfs.glob("*.new"))


@needs_root
def test_first_start_on_a_full_disk_has_an_identity_all_the_same(tmpfs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """C-22."""
    fill(tmpfs)
    assert load_identity(tmpfs, "a").unit_id
    assert capsys.readouterr().err.count("Free space") == 2


@needs_root
def test_read_only_disk_does_not_stop_the_start(tmpfs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """C-22."""
    before = load_identity(tmpfs, "a")
    subprocess.run(["mount", "-o", "remount,ro", str(tmpfs)], check=True)
    assert load_identity(tmpfs, "a").unit_id == before.unit_id
    assert "cannot save" in capsys.readouterr().err


SETTINGS = """
    [unit]
    name = "unit-a"
    data_dir = "{}"
    [lan]
    interface = "lo"
    [[member]]
    group = 7
    designation = "main"
    priority = 100
    device = "rx"
    [device.rx]
    driver = "receiver"
    input = "udp://239.1.1.1:5000"
    output = "udp://239.2.2.2:5000"
"""


def start_core(directory: Path) -> tuple[int, str]:
    """A core that cannot start: its exit code, and what it said."""
    words = [sys.executable, "-m", "agent.core", "--settings-path", str(directory / "unit.toml")]
    text = SETTINGS.format(directory)
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stderr


def says_what_to_do(directory: Path, *words: str) -> bool:
    """Exit code 2; no traceback; the last line names the socket and every one of the words."""
    code, said = start_core(directory)
    last = said.splitlines()[-1]
    wanted = (f"understudy core: cannot make the socket {directory}/run/core.sock: ", *words)
    return code == 2 and "Traceback" not in said and all(word in last for word in wanted)


@needs_root
def test_core_on_a_read_only_disk_says_what_to_do(tmpfs: Path) -> None:
    """issue 2: no traceback. Its processes could not reach it, so it cannot run. A socket of an earlier life is there."""
    (tmpfs / "run").mkdir()
    (tmpfs / "run" / "core.sock").touch()
    subprocess.run(["mount", "-o", "remount,ro", str(tmpfs)], check=True)
    assert says_what_to_do(tmpfs, "Read-only file system", "Mount the file system of data_dir for writing")


@needs_root
def test_core_on_a_disk_without_room_for_a_socket_says_what_to_do(tmpfs: Path) -> None:
    """issue 2: no inode is free."""
    (tmpfs / "run").mkdir()
    subprocess.run(["mount", "-o", "remount,nr_inodes=4", str(tmpfs)], check=True)
    with suppress(OSError):
        for number in range(9):
            (tmpfs / f"ballast-{number}").touch()
    assert says_what_to_do(tmpfs, "No space left on device", "Free space (or inodes: df -i)")


def test_core_without_a_run_directory_says_what_to_do(tmp_path: Path) -> None:
    """issue 2: also when somebody has put a directory in the socket's place."""
    assert says_what_to_do(tmp_path, "No such file or directory", f"See that {tmp_path}/run is a directory")
    (tmp_path / "run" / "core.sock").mkdir(parents=True)
    assert says_what_to_do(tmp_path, "Is a directory")


def test_power_cut_between_write_and_rename_leaves_the_old_value(tmp_path: Path) -> None:
    """docs/architecture.md: old or new, never a mixture; what lies beside is overwritten."""
    before = load_identity(tmp_path, "a")
    for name in ("boot", "unit_id"):
        (tmp_path / f"{name}.new").write_bytes(b"half of a numb")
    after = load_identity(tmp_path, "a")
    assert after.unit_id == before.unit_id
    assert after.boot > before.boot
    assert not (tmp_path / "boot.new").exists()


def test_killed_at_any_moment_the_files_are_whole(tmp_path: Path) -> None:
    """The same with real kills: six writers, each killed at another moment of its saving."""
    program = "import sys, pathlib\nfrom agent.core.identity import load_identity\nprint('up', flush=True)\n"
    program += "while True: print(load_identity(pathlib.Path(sys.argv[1]), 'a').boot, flush=True)"
    unit_id = load_identity(tmp_path, "a").unit_id
    for number in range(6):
        writer = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(2 + number * 7)]
        writer.kill()
        told += writer.communicate()[0].splitlines()
        last = max(int(line) for line in told if line.strip().isdigit())
        after = load_identity(tmp_path, "a")
        assert after.unit_id == unit_id
        assert after.boot > last
