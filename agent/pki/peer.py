"""What a certificate says, once TLS has found it genuine."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.pki.errors import PkiError
from agent.pki.names import ALL_GROUPS, groups_in, unit_name_in

_REMEDY = "Make one with: understudy pki issue DIR UNIT_NAME --group N"


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """`groups`: for which it may speak, 0..255. `not_before`, `not_after`: UTC. `fingerprint`: SHA-256, 64 hex digits."""

    unit_name: str
    groups: frozenset[int]
    not_before: datetime
    not_after: datetime
    fingerprint: str

    def allows(self, group: int) -> bool:
        """Whether its unit may read and follow this group."""
        return group in self.groups

    def days_left(self, now: datetime) -> int:
        """Whole days; negative once it has expired."""
        return (self.not_after - now).days

    def shown_groups(self) -> str:
        """`7, 8` or `all`."""
        return "all" if self.groups == ALL_GROUPS else ", ".join(map(str, sorted(self.groups)))


def peer_of(certificate: bytes) -> PeerCertificate:
    """DER or PEM (the first of the file). PkiError for what is no certificate of a unit."""
    parsed = parse(certificate)
    found = _uris(parsed)
    name = unit_name_in(found)
    if name is None:
        raise PkiError("the certificate names no unit", _REMEDY)
    fingerprint = parsed.fingerprint(hashes.SHA256()).hex()
    return PeerCertificate(name, groups_in(found), parsed.not_valid_before_utc, parsed.not_valid_after_utc, fingerprint)


def parse(data: bytes) -> x509.Certificate:
    """DER or PEM. PkiError."""
    try:
        return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
    except ValueError:
        raise PkiError("this is not a certificate", _REMEDY) from None


def _uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def utc_now() -> datetime:
    """The default of every `now`."""
    return datetime.now(UTC)
