"""Other units as seen by this one: peers, how ready each is and why, and who covers a group."""

from agent.model import words
from agent.model.kinds import Number, Text
from agent.model.managed import Access, Table
from agent.model.objects.making import COUNT, FLAG, GROUP, LEVEL, MAYBE_GROUP, MAYBE_MS, maker
from agent.model.objects.member_timing import MAYBE_PPM

MAX_GROUPS = 256
MAX_PEER_ROWS = 16_384
"""64 in each of 256 groups: as many as core tells."""
MAX_PEER_NUMBER = 1_000_000
_of_peer = maker("peer", "usPeer")
_of_reason = maker("reason", "usReason")
_of_coverage = maker("coverage", "usCoverage")

PEER = Table(
    "peer",
    "Other units heard in a group.",
    3,
    (
        _of_peer(1, "group", GROUP, "The group.", access=Access.INDEX),
        _of_peer(
            2,
            "peer",
            Number(1, MAX_PEER_NUMBER),
            "Of the unit: the same in all groups and for as long as it is heard; not used again for another until this "
            "unit's management starts anew.",
            access=Access.INDEX,
        ),
    ),
    (
        _of_peer(3, "name", Text(64), "Name of the unit.", requirement="Z-19"),
        _of_peer(4, "unit_id", Text(16), "Its identity: 16 hexadecimal digits."),
        _of_peer(5, "address", Text(64), "Where its packets come from."),
        _of_peer(6, "priority", LEVEL, "Its priority in this group.", metric="peer_priority"),
        _of_peer(7, "designation", words.DESIGNATION, "What it is for.", requirement="C-01"),
        _of_peer(8, "advertisement_interval_ms", Number(0, 40_950, "ms"), "What it advertises with."),
        _of_peer(
            9, "readiness", LEVEL, "What it says of itself: 0 cannot take over, 255 can in every way.", metric="peer_readiness"
        ),
        _of_peer(
            10, "readiness_colour", words.COLOUR, "The same as a colour, as this unit sees it.", metric="peer_readiness_colour"
        ),
        _of_peer(11, "able", FLAG, "Could it take over now, as far as this unit knows?", metric="peer_able"),
        _of_peer(12, "age_ms", MAYBE_MS, "Since its last word.", metric="peer_age_seconds", requirement="D-05"),
        _of_peer(
            13,
            "last_known",
            FLAG,
            "Its last word is older than twice the takeover timeout: this is no more than the last known.",
            requirement="C-18",
        ),
        _of_peer(14, "acting_for", MAYBE_GROUP, "The group that it airs for another; -1: none.", requirement="D-38"),
        _of_peer(15, "busy_for_ms", MAYBE_MS, "So long already; -1: not busy.", requirement="D-38"),
        _of_peer(16, "config_revision", COUNT, "Revision of the group's configuration that it holds."),
        _of_peer(17, "in_sync", FLAG, "Is it the one that this unit holds?", metric="peer_in_sync"),
        _of_peer(
            18,
            "loss_ppm",
            MAYBE_PPM,
            "Of its adverts in this group so many never came here; -1: this unit does not follow it, or has not heard 100 yet.",
            metric="peer_loss_ratio",
            requirement="F-2",
        ),
    ),
    MAX_PEER_ROWS,
)
REASON = Table(
    "reason",
    "Why a backup of a group is not fully ready, as this unit sees it.",
    4,
    (
        _of_reason(1, "group", GROUP, "The group.", access=Access.INDEX),
        _of_reason(2, "peer", Number(0, MAX_PEER_NUMBER), "As in the peer table; 0: this unit.", access=Access.INDEX),
        _of_reason(3, "number", Number(1, 64), "Counts the reasons of one backup, the worst first.", access=Access.INDEX),
    ),
    (
        _of_reason(4, "text", Text(255), "A sentence.", requirement="C-16"),
        _of_reason(5, "word", words.UNREADY, "What kind of reason.", metric="readiness_reason", requirement="C-11"),
    ),
    MAX_PEER_ROWS,
)
COVERAGE = Table(
    "coverage",
    "Who could take over each group now, as this unit sees it.",
    8,
    (_of_coverage(1, "group", GROUP, "The group.", access=Access.INDEX),),
    (
        _of_coverage(2, "rank", COUNT, "Rank of its most important service, 1 first; 0: not known.", requirement="C-16"),
        _of_coverage(3, "covered_by", COUNT, "Backups that could take it over now.", metric="coverage_backups"),
        _of_coverage(4, "best_name", Text(64), "The first of them: the highest priority, then the highest identity."),
        _of_coverage(
            5,
            "lost_services",
            Text(255),
            "Services that this unit could not carry for want of capacity, the most important first; empty: none.",
            requirement="C-15",
        ),
        _of_coverage(
            6,
            "state",
            words.COVERAGE,
            "Could it be taken over? covered: somebody could; busy: they air other groups; uncovered: nobody could; resting: a "
            "backup's own group, which nobody airs; unknown: no master is heard.",
            metric="coverage_state",
            requirement="D-27",
        ),
    ),
    MAX_GROUPS,
)
