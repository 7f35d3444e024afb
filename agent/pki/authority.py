"""`understudy pki init | issue | rotate`: the authority of a site, in a directory that stays off the units.

DIR/ca.key            0600, the newest authority's; ca.key.old after a rotation
DIR/ca.pem            what units trust: the newest authority first, then those before it that have not expired
DIR/<unit>/unit.key   0600     DIR/<unit>/unit.pem     DIR/<unit>/ca.pem     what a unit needs; *.old after a rotation
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from agent.pki.certificates import (
    Key,
    Signer,
    certificate_pem,
    is_key_of,
    key_pem,
    load_key,
    make_authority,
    make_key,
    make_unit,
)
from agent.pki.errors import PkiError
from agent.pki.files import make_directory, read, refuse_existing, write_all
from agent.pki.names import checked_groups, checked_name, quoted
from agent.pki.peer import peer_of, utc_now

AUTHORITY_DAYS = 3650
UNIT_DAYS = 825
MAX_AUTHORITIES = 4
"""In one bundle."""


class AuthorityPaths(NamedTuple):
    key: Path
    bundle: Path


class UnitPaths(NamedTuple):
    """The three files that a unit needs, to be named in its [handover]."""

    key: Path
    certificate: Path
    bundle: Path


def init_authority(
    directory: Path, name: str = "site", days: int = AUTHORITY_DAYS, now: datetime | None = None
) -> AuthorityPaths:
    """Make the authority of a site. PkiError when there is one."""
    paths, key = _authority(directory), make_key()
    certificate = make_authority(checked_name(name), key, days, now or utc_now())
    make_directory(directory)
    refuse_existing(*paths, remedy="Use it, choose another directory, or replace it: understudy pki rotate DIR --ca")
    write_all({paths.key: key_pem(key), paths.bundle: certificate_pem(certificate)})
    return paths


def issue(
    directory: Path,
    unit_name: str,
    groups: Iterable[int] | str,
    days: int = UNIT_DAYS,
    *,
    out_dir: Path | None = None,
    now: datetime | None = None,
) -> UnitPaths:
    """Key and certificate of a unit for these groups (`"*"`: all), and what it is to trust. PkiError when they are there."""
    paths = unit_paths(directory, checked_name(unit_name), out_dir)
    data = _unit_files(directory, paths, unit_name, groups=checked_groups(groups), days=days, now=now or utc_now())
    make_directory(paths.key.parent)
    refuse_existing(paths.key, paths.certificate, remedy=f"Replace it: understudy pki rotate {directory} {unit_name}")
    write_all(data)
    return paths


def rotate_unit(
    directory: Path,
    unit_name: str,
    days: int = UNIT_DAYS,
    *,
    out_dir: Path | None = None,
    groups: Iterable[int] | str | None = None,
    now: datetime | None = None,
) -> UnitPaths:
    """A new key and certificate; the old ones stay beside them as *.old. `groups` None: those of the old certificate."""
    paths = unit_paths(directory, checked_name(unit_name), out_dir)
    old = peer_of(read(paths.certificate, "certificate"))
    if old.unit_name != unit_name:
        raise PkiError(f"{paths.certificate} is the certificate of {old.unit_name}", "Name that unit, or another directory")
    chosen = old.groups if groups is None else checked_groups(groups)
    write_all(_unit_files(directory, paths, unit_name, groups=chosen, days=days, now=now or utc_now()), keep_old=True)
    return paths


def rotate_authority(directory: Path, days: int = AUTHORITY_DAYS, now: datetime | None = None) -> AuthorityPaths:
    """A new authority of the same name, and a bundle with it and the older ones.

    Without an outage: copy ca.pem to every unit; then rotate and copy one unit after another; then `retire_authorities`.
    """
    paths, moment = _authority(directory), now or utc_now()
    older = [certificate for certificate in _bundle(paths.bundle) if certificate.not_valid_after_utc > moment]
    signer = _signer(directory)
    key = make_key()
    certificate = make_authority(_name_of(signer.certificate), key, days, moment)
    bundle = [certificate, *older][:MAX_AUTHORITIES]
    # The bundle first: cut between the two, the old key still is that of an authority in it.
    write_all({paths.bundle: b"".join(map(certificate_pem, bundle)), paths.key: key_pem(key)}, keep_old=True)
    return paths


def retire_authorities(directory: Path) -> AuthorityPaths:
    """The last step of rotating an authority: a bundle with the newest alone. Units that were not rotated are refused then."""
    paths, signer = _authority(directory), _signer(directory)
    write_all({paths.bundle: certificate_pem(signer.certificate)}, keep_old=True)
    return paths


def unit_paths(directory: Path, unit_name: str, out_dir: Path | None = None) -> UnitPaths:
    """Where the files of a unit are, or will be."""
    place = out_dir or directory / quoted(unit_name)
    return UnitPaths(place / "unit.key", place / "unit.pem", place / "ca.pem")


def _unit_files(
    directory: Path, paths: UnitPaths, unit_name: str, *, groups: frozenset[int], days: int, now: datetime
) -> dict[Path, bytes]:
    signer, key = _signer(directory), make_key()
    if signer.certificate.not_valid_after_utc <= now:
        raise PkiError(f"the authority in {directory} has expired", f"Renew it: understudy pki rotate {directory} --ca")
    certificate = make_unit(unit_name, groups, key, signer, days=days, now=now)
    bundle = read(_authority(directory).bundle, "trust bundle")
    return {paths.bundle: bundle, paths.key: key_pem(key), paths.certificate: certificate_pem(certificate)}


def _authority(directory: Path) -> AuthorityPaths:
    return AuthorityPaths(directory / "ca.key", directory / "ca.pem")


def _signer(directory: Path) -> Signer:
    """The authority of the bundle that the key belongs to: also after a rotation that was cut between the two files."""
    paths = _authority(directory)
    key = _load(paths.key)
    for certificate in _bundle(paths.bundle):
        if is_key_of(key, certificate):
            return Signer(certificate, key)
    remedy = f"Put {paths.key.name}.old back in its place, or bring both back from a backup"
    raise PkiError(f"{paths.key} is not the key of any authority in {paths.bundle}", remedy)


def _load(path: Path) -> Key:
    if not path.exists():
        raise PkiError(f"there is no authority in {path.parent}", f"Make it: understudy pki init {path.parent}")
    return load_key(read(path, "key"))


def _bundle(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(read(path, "trust bundle"))
    except ValueError:
        raise PkiError(f"{path} is not a bundle of certificates", "Bring it back from a backup") from None


def _name_of(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
