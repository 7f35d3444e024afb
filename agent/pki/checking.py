"""What is wrong with the three files of a unit: for `understudy check`, and before the handover process uses them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from agent.pki.certificates import is_key_of, load_key
from agent.pki.errors import PkiError, Problem
from agent.pki.files import read
from agent.pki.peer import parse, peer_of, utc_now

WARN_DAYS = 30
_ROTATE = "Renew it: understudy pki rotate DIR UNIT_NAME, and copy unit.key and unit.pem here"
_ISSUE = "Issue it again: understudy pki issue DIR UNIT_NAME --group N"


def check_bundle(
    certificate: Path,
    key: Path,
    ca: Path,
    *,
    unit_name: str | None = None,
    groups: frozenset[int] = frozenset(),
    now: datetime | None = None,
) -> list[Problem]:
    """Every problem; empty: fine. `unit_name`, `groups`: what the settings say, to be held against the certificate."""
    problems: list[Problem] = []
    moment = now or utc_now()
    looks: tuple[tuple[str, Callable[[], Iterator[Problem]]], ...] = (
        ("certificate", lambda: _certificate(certificate, unit_name, groups, moment)),
        ("key", lambda: _key(key, certificate)),
        ("ca", lambda: _ca(ca, certificate, moment)),
    )
    for kind, look in looks:
        try:
            problems += look()
        except PkiError as error:
            problems.append(Problem(kind, True, error.what, error.remedy))
    return problems


def _certificate(path: Path, unit_name: str | None, groups: frozenset[int], now: datetime) -> Iterator[Problem]:
    peer = peer_of(read(path, "certificate"))
    yield from _validity("certificate", str(path), peer.not_before, peer.not_after, now)
    if not peer.groups:
        yield Problem("certificate", True, f"{path} is for no group", _ISSUE)
    elif missing := groups - peer.groups:
        listed = ", ".join(map(str, sorted(missing)))
        yield Problem("certificate", True, f"{path} is not for group {listed}: no configuration of it is handed over", _ISSUE)
    if unit_name is not None and peer.unit_name != unit_name:
        what = f"{path} is the certificate of {peer.unit_name}, and this unit is {unit_name}"
        yield Problem("certificate", True, what, "Name this unit's certificate, or set [unit] name to that of the certificate")


def _validity(kind: str, name: str, begin: datetime, end: datetime, now: datetime) -> Iterator[Problem]:
    if now < begin:
        what = f"{name} is not valid before {begin:%Y-%m-%d %H:%M} UTC, and the clock here says {now:%Y-%m-%d %H:%M}"
        yield Problem(kind, True, what, "Set the clock of this machine (NTP)")
    elif now > end:
        yield Problem(kind, True, f"{name} expired on {end:%Y-%m-%d %H:%M} UTC", _ROTATE)
    elif end - now < timedelta(days=WARN_DAYS):
        yield Problem(kind, False, f"{name} expires on {end:%Y-%m-%d}, in {(end - now).days} day(s)", _ROTATE)


def _key(path: Path, certificate: Path) -> Iterator[Problem]:
    key = load_key(read(path, "key"))
    if path.stat().st_mode & 0o077:
        what = f"{path} can be read or written by others than its owner: whoever reads it can pretend to be this unit"
        yield Problem("key", True, what, f"Run: chmod 600 {path}; then rotate it")
    if certificate.exists() and not is_key_of(key, parse(read(certificate, "certificate"))):
        yield Problem("key", True, f"{path} is not the key of {certificate}", "Copy unit.key and unit.pem of the same unit, both")


def _ca(path: Path, certificate: Path, now: datetime) -> Iterator[Problem]:
    trusted = _authorities(path)
    for authority in trusted:
        yield from _validity("ca", f"an authority in {path}", authority.not_valid_before_utc, authority.not_valid_after_utc, now)
    if certificate.exists() and not any(_has_signed(authority, parse(read(certificate, "certificate"))) for authority in trusted):
        what = f"{certificate} was not issued by an authority in {path}: this unit would trust nobody of its own site"
        yield Problem("ca", True, what, "Copy ca.pem of the directory that issued the certificate")


def _authorities(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(read(path, "trust bundle"))
    except ValueError:
        raise PkiError(f"{path} is not a bundle of certificates", "Copy ca.pem of the authority's directory") from None


def _has_signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # ValueError, TypeError, InvalidSignature: each means no
        return False
    return True
