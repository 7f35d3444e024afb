"""`understudy pki init | issue | rotate` as functions: what is made, what is refused, and that a key is never open to others."""

import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from agent.pki import (
    PkiError,
    files,
    init_authority,
    issue,
    peer_of,
    retire_authorities,
    rotate_authority,
    rotate_unit,
    unit_paths,
)
from agent.pki.certificates import load_key

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    directory = tmp_path / "pki"
    init_authority(directory, "Site North", now=NOW)
    return directory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def authorities(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_a_unit_gets_key_certificate_and_what_to_trust(site: Path) -> None:
    """The certificate says which unit it is and for which groups it may speak; both are read back."""
    made = issue(site, "rx-a", [7, 8], now=NOW)
    peer = peer_of(made.certificate.read_bytes())
    assert (peer.unit_name, peer.groups, peer.shown_groups()) == ("rx-a", frozenset({7, 8}), "7, 8")
    assert peer.allows(7)
    assert not peer.allows(9)
    assert peer.not_after == NOW + timedelta(days=825)
    assert made.bundle.read_bytes() == (site / "ca.pem").read_bytes()


def test_keys_are_p256_and_for_their_owner_only(site: Path) -> None:
    """Modes as an operator expects them; the rest is public."""
    made = issue(site, "rx-a", "*", now=NOW)
    assert isinstance(load_key(made.key.read_bytes()).curve, ec.SECP256R1)
    assert [mode(path) for path in (site / "ca.key", made.key)] == [0o600, 0o600]
    assert [mode(path) for path in made[1:]] == [0o644, 0o644]
    assert mode(site) == 0o700


def test_a_key_is_never_open_to_others_not_for_a_moment(tmp_path: Path) -> None:
    """Every file of the directory, looked at all the time while keys are made, with the most careless umask there is."""
    seen: set[tuple[str, int]] = set()
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            for entry in os.scandir(tmp_path):
                try:
                    seen.add((entry.name, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)))
                except FileNotFoundError:
                    continue

    watcher = threading.Thread(target=watch)
    before = os.umask(0)
    watcher.start()
    try:
        init_authority(tmp_path, now=NOW)
        for _ in range(20):
            rotate_authority(tmp_path, now=NOW)
    finally:
        os.umask(before)
        is_over.set()
        watcher.join()
    assert {found for name, found in seen if ".key" in name} == {0o600}


@pytest.mark.parametrize("name", ["Studio Köln / 1", "..", ".", "a:b%2F", "x" * 64])
def test_any_name_of_a_unit_survives_and_stays_in_the_directory(site: Path, name: str) -> None:
    """Names are people's; the directory's name is percent-encoded."""
    made = issue(site, name, [0, 255], now=NOW)
    assert peer_of(made.certificate.read_bytes()).unit_name == name
    assert made.key.parent.parent == site
    assert made.key.parent.resolve().parent == site.resolve()


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 65, "ä" * 33])
def test_names_that_a_unit_cannot_have_are_refused(site: Path, name: str) -> None:
    """As the settings would."""
    with pytest.raises(PkiError, match="cannot be the name"):
        issue(site, name, [7], now=NOW)


@pytest.mark.parametrize(("groups", "what"), [([], "no group"), ([256], "256"), ([-1], "-1"), ("7", "no list")])
def test_groups_that_do_not_exist_are_refused(site: Path, groups: list[int] | str, what: str) -> None:
    """And nothing is made."""
    with pytest.raises(PkiError, match=what):
        issue(site, "rx-a", groups, now=NOW)
    assert not unit_paths(site, "rx-a").key.parent.exists()


def test_nothing_that_exists_is_overwritten(site: Path) -> None:
    """Neither the authority nor a unit: the sentence says how to replace it."""
    made = issue(site, "rx-a", [7], now=NOW)
    before = {path: path.read_bytes() for path in (*made, site / "ca.key", site / "ca.pem")}
    with pytest.raises(PkiError, match="rotate"):
        init_authority(site, now=NOW)
    with pytest.raises(PkiError, match="rotate"):
        issue(site, "rx-a", [9], now=NOW)
    assert {path: path.read_bytes() for path in before} == before


def test_rotating_a_unit_keeps_the_old_beside_the_new(site: Path) -> None:
    """Same unit, same groups, another key."""
    made = issue(site, "rx-a", [7], now=NOW)
    old = [path.read_bytes() for path in made]
    rotate_unit(site, "rx-a", now=NOW + timedelta(days=800))
    assert [path.with_name(path.name + ".old").read_bytes() for path in made] == old
    assert made.key.read_bytes() != old[0]
    peer = peer_of(made.certificate.read_bytes())
    assert (peer.unit_name, peer.groups, peer.not_after) == ("rx-a", frozenset({7}), NOW + timedelta(days=1625))
    assert mode(made.key.with_name("unit.key.old")) == 0o600


def test_rotating_may_change_the_groups(site: Path) -> None:
    """A unit that gets a further group needs no new name."""
    made = issue(site, "rx-a", [7], now=NOW)
    rotate_unit(site, "rx-a", groups=[7, 9], now=NOW)
    assert peer_of(made.certificate.read_bytes()).groups == {7, 9}


def test_rotating_what_was_never_issued_is_refused(site: Path) -> None:
    """With the file's name."""
    with pytest.raises(PkiError, match=r"unit\.pem cannot be read"):
        rotate_unit(site, "rx-z", now=NOW)


def test_rotating_the_authority_trusts_both_until_the_old_is_retired(site: Path) -> None:
    """So that units move over one by one (C-08: no moment without valid snapshots)."""
    old = authorities(site / "ca.pem")
    rotate_authority(site, now=NOW)
    both = authorities(site / "ca.pem")
    assert both[1:] == old
    made = issue(site, "rx-a", [7], now=NOW)
    unit = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    unit.verify_directly_issued_by(both[0])
    retire_authorities(site)
    assert authorities(site / "ca.pem") == both[:1]


def test_expired_authorities_leave_the_bundle(site: Path) -> None:
    """And the newest four stay at most."""
    rotate_authority(site, now=NOW + timedelta(days=4000))
    assert len(authorities(site / "ca.pem")) == 1
    for _ in range(5):
        rotate_authority(site, now=NOW + timedelta(days=4000))
    assert len(authorities(site / "ca.pem")) == 4


def test_a_certificate_does_not_outlive_its_authority(site: Path) -> None:
    """It would be refused anyway, with a stranger sentence; an expired authority issues nothing."""
    made = issue(site, "rx-a", [7], now=NOW + timedelta(days=3649))
    assert peer_of(made.certificate.read_bytes()).not_after == NOW + timedelta(days=3650)
    with pytest.raises(PkiError, match="has expired"):
        issue(site, "rx-b", [7], now=NOW + timedelta(days=3651))


def test_a_rotation_cut_between_its_two_files_still_signs(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle goes first: the old key is that of an authority in it."""
    put = files._put
    monkeypatch.setattr(files, "_put", lambda new, path, keep: put(new, path, keep) if path.name == "ca.pem" else _cut())
    with pytest.raises(PkiError, match="cannot be written"):
        rotate_authority(site, now=NOW)
    monkeypatch.undo()
    made = issue(site, "rx-a", [7], now=NOW)
    unit = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    unit.verify_directly_issued_by(authorities(site / "ca.pem")[1])
    assert sorted(path.name for path in site.iterdir()) == ["ca.key", "ca.pem", "ca.pem.old", "rx-a"]


def _cut() -> None:
    raise OSError(28, "No space left on device", "ca.key")


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_lifetimes_are_bounded(tmp_path: Path, days: int) -> None:
    """1 day to 100 years."""
    with pytest.raises(PkiError, match="lifetime"):
        init_authority(tmp_path / "pki", days=days, now=NOW)
    assert not (tmp_path / "pki" / "ca.key").exists()


def test_no_error_shows_a_key(site: Path) -> None:
    """A file that is no key, and one that belongs to another authority."""
    secret = (site / "ca.key").read_text()
    (site / "ca.key").write_text(secret.replace("MIG", "XXX"))
    with pytest.raises(PkiError) as raised:
        issue(site, "rx-a", [7], now=NOW)
    assert all(line not in str(raised.value) for line in secret.splitlines()[1:-1])
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("data", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    """PkiError, nothing else."""
    with pytest.raises(PkiError, match="not a certificate"):
        peer_of(data)


def test_an_authority_is_no_unit(site: Path) -> None:
    """Its certificate names none, so it cannot be used to connect."""
    with pytest.raises(PkiError, match="names no unit"):
        peer_of((site / "ca.pem").read_bytes())
