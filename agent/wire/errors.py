"""Why a datagram is refused: a closed list, because each is a counter (docs/protocol.md, Refusals)."""

from enum import StrEnum


class Rejection(StrEnum):
    """Every reason for which a packet changes a counter and nothing else, in the order of the checks."""

    TTL = "ttl"
    NOT_UNDERSTUDY = "not_understudy"
    OVERSIZE = "oversize"
    MAJOR_VERSION = "major_version"
    UNSIGNED = "unsigned"
    UNEXPECTED_MAC = "unexpected_mac"
    UNKNOWN_KEY = "unknown_key"
    BAD_MAC = "bad_mac"
    UNKNOWN_KIND = "unknown_kind"
    MALFORMED = "malformed"
    OTHER_TYPE = "other_type"
    OTHER_GROUP = "other_group"
    OWN_UNIT_ID = "own_unit_id"
    REPLAYED = "replayed"
    STALE = "stale"
    UNPROVEN = "unproven"
    TOO_MANY_PEERS = "too_many_peers"
    NOT_FROM_MASTER = "not_from_master"


class DecodeError(Exception):
    """The wire is to blame. `reason` is the counter; the text is for the log."""

    def __init__(self, reason: Rejection, text: str = "") -> None:
        super().__init__(text or reason.value)
        self.reason = reason
