"""X.509 by `cryptography`: ECDSA on P-256 with SHA-256, nothing to choose."""

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.pki.errors import PkiError
from agent.pki.names import uris

BACKDATED = timedelta(hours=1)
"""Clocks of units differ; a certificate is good at once on one whose clock is slow by less than this."""
DAYS = range(1, 36_501)

Key = ec.EllipticCurvePrivateKey


class Signer(NamedTuple):
    """An authority that can sign: its certificate and its key."""

    certificate: x509.Certificate
    key: Key

    def __repr__(self) -> str:  # no traceback or log line shows a key
        return f"Signer({self.certificate.subject.rfc4514_string()})"


def make_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key) -> bytes:
    """Unencrypted: the unit must start without a person."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def load_key(data: bytes) -> Key:
    """PkiError, without a word of what is in the file."""
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise PkiError("this is not a private key without a password", "Make one with: understudy pki issue") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError("the private key is not ECDSA", "Make one with: understudy pki issue")
    return key


def is_key_of(key: Key, certificate: x509.Certificate) -> bool:
    """Whether the two belong together."""
    return key.public_key() == certificate.public_key()


def make_authority(name: str, key: Key, days: int, now: datetime) -> x509.Certificate:
    """Signed by itself; may sign units, and no further authority."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Understudy"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    builder = _begun(subject, subject, key, now, now + _days(days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    return builder.sign(key, hashes.SHA256())


def make_unit(unit_name: str, groups: frozenset[int], key: Key, signer: Signer, *, days: int, now: datetime) -> x509.Certificate:
    """For both sides of a connection. It ends with its authority at the latest."""
    end = min(now + _days(days), signer.certificate.not_valid_after_utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit_name)])
    names = [x509.UniformResourceIdentifier(uri) for uri in uris(unit_name, groups)]
    sides = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    builder = _begun(subject, signer.certificate.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(sides), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return builder.add_extension(issuer, critical=False).sign(signer.key, hashes.SHA256())


def _begun(subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, end: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - BACKDATED).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _days(days: int) -> timedelta:
    if days not in DAYS:
        raise PkiError(f"{days} days is no lifetime", f"Use {DAYS.start}..{DAYS.stop - 1} days")
    return timedelta(days=days)


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
