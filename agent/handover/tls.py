"""TLS 1.3 with certificates on both sides: the contexts, rebuilt when the files change, and what its errors mean."""

import ssl
import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from agent.handover.refusals import RefusalReason, Refused
from agent.pki import PeerCertificate, PkiError, peer_of

LOOK_EVERY_S = 1.0

Clock = Callable[[], float]
"""UTC seconds; what TLS itself checks goes by the machine's clock."""


class Contexts(NamedTuple):
    """`generation` grows with every change of the files: a connection made under an older one is made again."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    own: PeerCertificate
    generation: int


class CertificatePaths(NamedTuple):
    """As in [handover]."""

    certificate: Path
    key: Path
    ca: Path


class Identity:
    """This unit's certificate. Thread-safe. Files that do not fit together (yet) leave the last good ones in use."""

    def __init__(self, paths: CertificatePaths, unit_name: str, revoked: Collection[str] = ()) -> None:
        self.paths, self.unit_name, self._revoked = paths, unit_name, revoked
        self.problem = ""
        self._lock = threading.Lock()
        self._contexts: Contexts | None = None
        self._seen: tuple[tuple[int, ...], ...] = ()
        self._looked_at = 0.0

    def contexts(self) -> Contexts:
        """Looks at the files once a second. Refused (own certificate) when there never was anything usable."""
        with self._lock:
            if self._contexts is None or time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._look()
            if self._contexts is None:
                raise Refused(RefusalReason.OWN_CERTIFICATE, self.problem, True)
            return self._contexts

    def check(self, other: PeerCertificate, now: float) -> None:
        """The other end's. Refused: revoked, expired, not yet valid."""
        if other.fingerprint in self._revoked:
            what = f"the certificate of {other.unit_name} with fingerprint {other.fingerprint[:16]}… is revoked in the settings"
            raise Refused(RefusalReason.REVOKED, what, True)
        check_dates(other, now)

    def certificate(self) -> PeerCertificate | None:
        """Our own, for `status`; None: none is usable, `problem` says why."""
        try:
            return self.contexts().own
        except Refused:
            return None

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        seen = tuple(map(_signature, self.paths))
        if seen == self._seen and not self.problem:
            return
        self.problem = self._rebuild()
        self._seen = seen

    def _rebuild(self) -> str:
        """What is wrong; empty: nothing, and they are in use."""
        try:
            own = peer_of(self.paths.certificate.read_bytes())
            if own.unit_name != self.unit_name:
                return f"{self.paths.certificate} is the certificate of {own.unit_name}, and this unit is {self.unit_name}"
            server, client = (_context(self.paths, side) for side in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT))
        except PkiError as error:
            return str(error)
        except ssl.SSLError as error:
            return f"{', '.join(map(str, self.paths))} do not fit together ({error.reason or 'unreadable'})"
        except OSError as error:
            return f"{error.filename or self.paths.certificate} cannot be read: {error.strerror}"
        generation = self._contexts.generation + 1 if self._contexts else 1
        self._contexts = Contexts(server, client, own, generation)
        return ""


def check_dates(certificate: PeerCertificate, now: float) -> None:
    """Also during a long connection. Refused: expired, not yet valid."""
    moment = datetime.fromtimestamp(now, UTC)
    if moment > certificate.not_after:
        what = f"the certificate of {certificate.unit_name} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC"
        raise Refused(RefusalReason.EXPIRED, what, True)
    if moment < certificate.not_before:
        what = f"the certificate of {certificate.unit_name} is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC"
        raise Refused(RefusalReason.NOT_YET_VALID, what, True)


def certificate_of(connection: ssl.SSLSocket) -> PeerCertificate:
    """The other end's, after the handshake. Refused."""
    data = connection.getpeercert(binary_form=True)
    if not data:
        raise Refused(RefusalReason.NO_CERTIFICATE, "the other end showed no certificate", True)
    try:
        return peer_of(data)
    except PkiError as error:
        raise Refused(RefusalReason.BAD_CERTIFICATE, error.what, True) from None


def refused_by_tls(error: OSError) -> Refused:
    """What an error of TLS, or of the socket below it, means: whether this end found it or the other told it by an alert."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _VERIFY.get(error.verify_code, RefusalReason.BAD_CERTIFICATE)
        return Refused(reason, f"the other end's certificate is refused: {error.verify_message}", True)
    if isinstance(error, ssl.SSLError):
        return _by_reason(error.reason or "")
    if isinstance(error, TimeoutError):
        return Refused(RefusalReason.HANDSHAKE_TIMEOUT, "TLS did not come about in time", True)
    return Refused(RefusalReason.CUT, f"the connection was cut ({error.strerror or 'closed'})", True)


def _by_reason(word: str) -> Refused:
    for part, reason, what in _ALERTS:
        if part in word:
            return Refused(reason, what, True)
    if "EOF" in word or not word:
        return Refused(RefusalReason.CUT, "the connection was cut", True)
    return Refused(RefusalReason.NOT_TLS, f"what came is not TLS as expected ({word.lower().replace('_', ' ')})", True)


_VERIFY = {
    9: RefusalReason.NOT_YET_VALID,
    10: RefusalReason.EXPIRED,
    18: RefusalReason.OTHER_AUTHORITY,
    19: RefusalReason.OTHER_AUTHORITY,
    20: RefusalReason.OTHER_AUTHORITY,
    21: RefusalReason.OTHER_AUTHORITY,
    7: RefusalReason.OTHER_AUTHORITY,
}
"""X509_V_ERR_…: not yet valid, expired; self-signed, issuer unknown; signature wrong (another authority of the same name)."""

_ALERTS = (
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", RefusalReason.NO_CERTIFICATE, "the other end showed no certificate"),
    ("ALERT_CERTIFICATE_REQUIRED", RefusalReason.NO_CERTIFICATE, "the other end wants a certificate, and got none"),
    ("ALERT_UNKNOWN_CA", RefusalReason.OTHER_AUTHORITY, "the other end does not trust the authority of our certificate"),
    ("ALERT_DECRYPT_ERROR", RefusalReason.OTHER_AUTHORITY, "the other end does not trust the authority of our certificate"),
    ("ALERT_CERTIFICATE_EXPIRED", RefusalReason.EXPIRED, "the other end says that our certificate has expired"),
    (
        "ALERT_BAD_CERTIFICATE",
        RefusalReason.BAD_CERTIFICATE,
        "the other end refuses our certificate (is its date in the future?)",
    ),
    ("ALERT_UNSUPPORTED_CERTIFICATE", RefusalReason.BAD_CERTIFICATE, "the other end refuses our certificate"),
    ("ALERT_PROTOCOL_VERSION", RefusalReason.OLD_TLS, "the other end does not speak our version of TLS"),
    ("UNSUPPORTED_PROTOCOL", RefusalReason.OLD_TLS, "the other end does not speak TLS 1.3"),
    ("NO_PROTOCOLS_AVAILABLE", RefusalReason.OLD_TLS, "the other end does not speak TLS 1.3"),
    ("DECRYPTION_FAILED", RefusalReason.BAD_FRAME, "what came was altered on its way"),
    ("BAD_RECORD_MAC", RefusalReason.BAD_FRAME, "what came was altered on its way"),
    ("ALERT_BAD_RECORD_MAC", RefusalReason.BAD_FRAME, "what was sent was altered on its way"),
)


def _context(paths: CertificatePaths, side: int) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the name that counts is the unit's, in the certificate and in its hello
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(paths.ca)
    context.load_cert_chain(paths.certificate, paths.key, password=_no_password)
    if side == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0  # nothing is resumed: every connection shows its certificate
    return context


def _no_password() -> str:
    """A key with a password would be asked for on the terminal."""
    return ""


def _signature(path: Path) -> tuple[int, ...]:
    """What changes when a file is exchanged or rewritten."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size
