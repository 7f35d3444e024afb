"""`understudy pool …`, `understudy pki …`, and what `check` says of certificates."""

import json
import stat
from pathlib import Path

import pytest

from agent.pki.peer import peer_of
from tests.cli.fake_handover import run
from tests.cli.terminal import type_at
from tests.settings.sample import SAMPLE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Settings of a master, with [handover]."""
    names = 'certificate = "rx-a/unit.pem"\nkey = "rx-a/unit.key"\nca = "rx-a/ca.pem"\n'
    path = tmp_path / "u.toml"
    path.write_text(f"{SAMPLE}\n[handover]\n{names}")
    return path


def test_pool_is_switched_after_a_confirmation_only(file: Path) -> None:
    """S-18, S-34: enabled explicitly."""
    before = file.read_text()
    ended = run("pool", "enable", "-c", file)
    assert ended.returncode == 3
    assert "--yes" in ended.stderr
    code, shown = type_at(["pool", "enable", "-c", file], [("[yes/no]", "no")])
    assert (code, file.read_text()) == (3, before)
    assert "Not confirmed" in shown
    code, shown = type_at(["pool", "enable", "-c", file], [("[yes/no]", "yes")])
    assert code == 0, shown
    assert "n_to_m = true" in file.read_text()
    ended = run("pool", "disable", "--yes", "--json", "-c", file)
    assert json.loads(ended.stdout)["outcome"] == "done"
    assert "n_to_m = false" in file.read_text()


def test_pool_enable_that_would_spoil_the_settings_changes_nothing(file: Path) -> None:
    """S-24, C-16: preempt must be off."""
    file.write_text(file.read_text().replace("preempt = false", "preempt = true"))
    before = file.read_text()
    ended = run("pool", "enable", "--yes", "-c", file)
    assert ended.returncode == 2
    assert "preempt" in ended.stderr
    assert ended.stderr.endswith("Nothing was changed.\n")
    assert file.read_text() == before


def test_certificates_step_by_step(tmp_path: Path) -> None:
    """Each step says what comes next; keys are private; nothing is overwritten."""
    site = tmp_path / "site"
    ended = run("pki", "init", site, "--name", "north")
    assert ended.returncode == 0, ended.stderr
    assert f"understudy pki issue {site} UNIT_NAME" in ended.stdout
    assert stat.S_IMODE((site / "ca.key").stat().st_mode) == 0o600
    assert run("pki", "init", site).returncode == 3
    ended = run("pki", "issue", site, "rx a", "--group", "7", "--group", "8", "-o", tmp_path / "out", "--json")
    assert ended.returncode == 0, ended.stderr
    assert all(Path(name).exists() for name in json.loads(ended.stdout)["files"])
    assert run("pki", "issue", site, "rx a", "--all-groups", "-o", tmp_path / "out").returncode == 3
    old = (tmp_path / "out" / "unit.pem").read_bytes()
    for step in (["--ca"], ["rx a", "-o", tmp_path / "out"], ["--retire"]):
        ended = run("pki", "rotate", site, *step)
        assert ended.returncode == 0, ended.stderr
        assert "Next: " in ended.stdout
    assert (tmp_path / "out" / "unit.pem").read_bytes() != old
    assert (tmp_path / "out" / "unit.pem.old").read_bytes() == old


@pytest.mark.parametrize(
    ("step", "groups"),
    [([], {7}), (["--group", "8", "--group", "9"], {8, 9}), (["--all-groups"], set(range(256)))],
)
def test_a_renewed_certificate_is_for_the_groups_that_are_named_or_those_of_before(
    tmp_path: Path, step: list[str], groups: set[int]
) -> None:
    site, out = tmp_path / "site", tmp_path / "out"
    run("pki", "init", site)
    run("pki", "issue", site, "rx-a", "--group", "7", "-o", out)
    ended = run("pki", "rotate", site, "rx-a", *step, "-o", out)
    assert ended.returncode == 0, ended.stderr
    assert peer_of((out / "unit.pem").read_bytes()).groups == groups


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["rotate", "site", "--ca", "--group", "7"], 2),
        (["rotate", "site", "--retire", "--all-groups"], 2),
        (["rotate", "site", "rx-a", "--group", "256"], 2),
        (["issue", "site", "rx-a"], 2),
        (["issue", "site", "rx-a", "--group", "256"], 2),
        (["issue", "site", "rx-a", "--group", "7"], 3),
        (["rotate", "site"], 2),
        (["rotate", "site", "rx-a", "--ca"], 2),
        (["rotate", "site", "--ca"], 3),
        (["init", "/proc/site"], 3),
    ],
)
def test_certificates_that_cannot_be_made_are_a_sentence(tmp_path: Path, arguments: list[str], code: int) -> None:
    ended = run("pki", *arguments, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr
    assert "Traceback" not in ended.stderr


def errors(file: Path) -> list[str]:
    """What check says with severity error."""
    findings = json.loads(run("check", file, "--json").stdout)["findings"]
    return [f"{found['line']}: {found['what']}" for found in findings if found["severity"] == "error"]


def test_check_looks_at_the_certificates_too(file: Path) -> None:
    """With the line that names each; a certificate must be for the groups that this unit hands over."""
    run("keygen", file.parent / "lan.key")
    assert [line.split(":")[0] for line in errors(file)] == ["26", "27", "28"]
    run("pki", "init", file.parent / "site")
    run("pki", "issue", file.parent / "site", "rx-a", "--group", "8", "-o", file.parent / "rx-a")
    (found,) = errors(file)
    assert found.startswith("26: ")
    assert "is not for group 7" in found
    run("pki", "rotate", file.parent / "site", "rx-a", "-o", file.parent / "rx-a")
    (file.parent / "rx-a" / "unit.key").chmod(0o644)
    assert any("chmod 600" in line or "read or written by others" in line for line in errors(file))


def test_run_does_not_leave_the_air_for_a_certificate(file: Path) -> None:
    """Redundancy does not depend on handover. It goes as far as the data directory, which cannot be made."""
    file.write_text(file.read_text().replace('"data"', '"/proc/understudy"'))
    run("keygen", file.parent / "lan.key")
    ended = run("run", file)
    assert "rx-a/unit.pem" in ended.stderr
    assert "data_dir /proc/understudy cannot be used" in ended.stderr
