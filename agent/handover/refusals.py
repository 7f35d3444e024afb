"""Why a connection, a request or a transfer came to nothing: one word for the counters, one sentence for a person.

A refusal changes counters only: no head moves, and no content that is not verified is kept.
"""

import threading
import time
from collections import Counter, deque
from enum import StrEnum
from typing import Final, NamedTuple

MAX_RECENT: Final = 32
MAX_TEXT: Final = 500


class RefusalReason(StrEnum):
    """The words of `status`; each has its sentence in REMEDIES."""

    NO_CERTIFICATE = "no-certificate"
    OTHER_AUTHORITY = "other-authority"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    BAD_CERTIFICATE = "bad-certificate"
    REVOKED = "revoked"
    OWN_CERTIFICATE = "own-certificate"
    WRONG_NAME = "wrong-name"
    OTHER_GROUP = "other-group"
    OLD_TLS = "old-tls"
    NOT_TLS = "not-tls"
    HANDSHAKE_TIMEOUT = "handshake-timeout"
    TOO_MANY = "too-many-connections"
    PROTOCOL_VERSION = "protocol-version"
    BAD_FRAME = "bad-frame"
    TOO_LONG = "too-long"
    IDLE = "idle"
    SLOW = "slow"
    CUT = "cut"
    UNREACHABLE = "unreachable"
    REPLAYED_REQUEST = "replayed-request"
    UNKNOWN_REQUEST = "unknown-request"
    BAD_REQUEST = "bad-request"
    BAD_ANSWER = "bad-answer"
    DIGEST_MISMATCH = "digest-mismatch"
    NOT_HELD = "not-held"
    NOT_PAIRED = "not-paired"
    NOT_MASTER = "not-master"
    STALE = "stale"
    STORAGE = "storage"
    NO_ROOM = "no-room"
    INTERNAL = "internal"


REMEDIES: Final = {
    RefusalReason.NO_CERTIFICATE: "Name certificate, key and ca in its [handover] settings (understudy pki issue)",
    RefusalReason.OTHER_AUTHORITY: "Issue both units' certificates by one authority, or give both its ca.pem (understudy pki)",
    RefusalReason.EXPIRED: "Renew it: understudy pki rotate DIR UNIT_NAME; or set the clock (NTP)",
    RefusalReason.NOT_YET_VALID: "Set the clocks of both units (NTP)",
    RefusalReason.BAD_CERTIFICATE: "Issue the certificate again: understudy pki issue",
    RefusalReason.REVOKED: "Issue that unit a new one (understudy pki rotate DIR UNIT_NAME), if it is to be trusted again",
    RefusalReason.OWN_CERTIFICATE: "See: understudy check",
    RefusalReason.WRONG_NAME: "A certificate is good for the unit that it names: understudy pki issue DIR UNIT_NAME",
    RefusalReason.OTHER_GROUP: "Issue its certificate for this group too: understudy pki rotate DIR UNIT_NAME --group N",
    RefusalReason.OLD_TLS: "Use Understudy, or another client with TLS 1.3",
    RefusalReason.NOT_TLS: "Something else uses this port; see who connects",
    RefusalReason.HANDSHAKE_TIMEOUT: "Look at the network between the two, and at who connects",
    RefusalReason.TOO_MANY: "Close some, or wait half a minute",
    RefusalReason.PROTOCOL_VERSION: "Install the same major version of Understudy on both units",
    RefusalReason.BAD_FRAME: "Install the same version on both units; if it goes on, report it",
    RefusalReason.TOO_LONG: "Make the configuration smaller, or report it",
    RefusalReason.IDLE: "It connects again when it needs to",
    RefusalReason.SLOW: "Look at the network between the two",
    RefusalReason.CUT: "It is tried again; look at the network if it goes on",
    RefusalReason.UNREACHABLE: "See that the unit runs, its [handover] port, and what lies between (firewall)",
    RefusalReason.REPLAYED_REQUEST: "Report it: no unit asks twice",
    RefusalReason.UNKNOWN_REQUEST: "Install the same version on both units",
    RefusalReason.BAD_REQUEST: "Install the same version on both units; if it goes on, report it",
    RefusalReason.BAD_ANSWER: "Install the same version on both units; if it goes on, report it",
    RefusalReason.DIGEST_MISMATCH: "Its disk or its ledger is damaged: see `understudy status` there",
    RefusalReason.NOT_HELD: "Wait until that unit holds it itself",
    RefusalReason.NOT_PAIRED: "Pair the two: understudy pair GROUP, on the backup",
    RefusalReason.NOT_MASTER: "Ask the master of the group",
    RefusalReason.STALE: "Look again: understudy config pending",
    RefusalReason.STORAGE: "Free space in the data directory, or see its disk",
    RefusalReason.NO_ROOM: "Free space in its data directory, or wait an hour for what was left unfinished to go",
    RefusalReason.INTERNAL: "Report it, with the log of that unit",
}


class Refused(Exception):  # noqa: N818 (an answer, not a fault)
    """`is_fatal`: the connection is of no further use. `is_theirs`: the other end said so. `is_whole`: `what` has its remedy."""

    def __init__(
        self, reason: RefusalReason, what: str, is_fatal: bool = False, is_theirs: bool = False, *, is_whole: bool = False
    ) -> None:
        super().__init__(reason, what)
        self.reason, self.what, self.is_fatal, self.is_theirs = reason, what[:MAX_TEXT], is_fatal, is_theirs
        self.is_whole = is_whole or is_theirs

    def __str__(self) -> str:
        return self.what if self.is_whole else f"{self.what.rstrip('.')}. {REMEDIES[self.reason]}"


class Ended(Refused):
    """The other end closed the connection, and nothing was under way."""

    def __init__(self) -> None:
        super().__init__(RefusalReason.CUT, "the other end closed the connection", True)


class TransferError(Refused):
    """As a client meets it: what was asked for was not got, and nothing was changed here."""


class Refusal(NamedTuple):
    """One that happened. `at`: UTC seconds."""

    at: float
    reason: RefusalReason
    who: str
    text: str


class Refusals:
    """Counters by reason, and the last 32 sentences. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[RefusalReason] = Counter()
        self._recent: deque[Refusal] = deque(maxlen=MAX_RECENT)

    def count(self, who: str, refused: Refused) -> None:
        """`who`: the other end, as far as it is known."""
        with self._lock:
            self._counts[refused.reason] += 1
            self._recent.append(Refusal(time.time(), refused.reason, who, str(refused)))

    def counts(self) -> dict[str, int]:
        """Only what happened at all: for `status`."""
        with self._lock:
            return {str(reason): count for reason, count in sorted(self._counts.items())}

    def recent(self) -> list[Refusal]:
        """Oldest first."""
        with self._lock:
            return list(self._recent)


def reason_of(word: object) -> RefusalReason:
    """What the other end gave as a reason; INTERNAL for a word that is not known here."""
    try:
        return RefusalReason(str(word))
    except ValueError:
        return RefusalReason.INTERNAL
