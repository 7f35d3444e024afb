"""What is counted: the standard groups of RFC 3418, 3412, 3413 and 3414. 32 bits, from 0 at each start."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """One a face."""

    in_packets: int = 0
    out_packets: int = 0
    bad_versions: int = 0
    bad_communities: int = 0
    bad_community_uses: int = 0
    parse_errors: int = 0
    silent_drops: int = 0
    unknown_security_models: int = 0
    invalid_messages: int = 0
    unknown_pdu_handlers: int = 0
    unavailable_contexts: int = 0
    unknown_contexts: int = 0
    unsupported_levels: int = 0
    outside_windows: int = 0
    unknown_users: int = 0
    unknown_engines: int = 0
    wrong_digests: int = 0
    decryption_errors: int = 0
