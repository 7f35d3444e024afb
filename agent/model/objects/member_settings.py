"""What a person may set of a member at run time; saved before it acts, and kept across restarts."""

from agent.model import words
from agent.model.kinds import Number, Text
from agent.model.managed import Access, Managed
from agent.model.objects.making import FLAG, MOMENT
from agent.model.objects.member import OF_MEMBER as _of  # noqa: N811

SETTINGS: tuple[Managed, ...] = (
    _of(
        11,
        "priority",
        Number(1, 255),
        "The highest able priority is master. 0 is no setting but what a leaving master sends.",
        access=Access.WRITE,
        metric="member_priority",
        requirement="S-03",
    ),
    _of(
        12,
        "preempt",
        FLAG,
        "Does it take over by itself from a weaker master? Off: a person decides when it goes back.",
        access=Access.WRITE,
        metric="member_preempt",
        requirement="S-32",
    ),
    _of(
        13,
        "advertisement_interval_ms",
        Number(10, 40_950, "ms"),
        "A master says so often that it lives.",
        access=Access.WRITE,
        metric="member_advertisement_interval_seconds",
        requirement="S-09",
    ),
    _of(
        14,
        "return_policy",
        words.RETURN_POLICY,
        "Of a repaired master in N:M: manual: it waits for a person; after_hold: it asks for its group after return_hold.",
        access=Access.WRITE,
        requirement="C-10",
    ),
    _of(
        15,
        "return_hold_ms",
        Number(0, 3_600_000, "ms"),
        "So long must a repaired master be well without a break before it asks.",
        access=Access.WRITE,
        requirement="C-10",
    ),
    _of(
        16,
        "standby_mode",
        words.STANDBY_MODE,
        "What this backup does when its master fails. automatic: takes over (green); attended: calls a person (yellow).",
        access=Access.WRITE,
        metric="member_standby_mode",
        requirement="D-30",
    ),
    _of(
        17,
        "locked",
        FLAG,
        "Operators' commands are refused on every face; automatic protection goes on.",
        access=Access.WRITE,
        metric="member_locked",
        requirement="D-49",
    ),
    _of(18, "auto_lock", FLAG, "Lock again by itself after each change of role.", access=Access.WRITE, requirement="D-51"),
    _of(
        19,
        "maintenance",
        FLAG,
        "Automatic takeover is suspended; it ends by itself at maintenance_until.",
        access=Access.WRITE,
        metric="member_maintenance",
        requirement="C-13",
    ),
    _of(20, "maintenance_owner", Text(128), "Who switched it on, and from where; empty: it is off.", requirement="C-13"),
    _of(21, "maintenance_reason", Text(255), "Why, in that person's words."),
    _of(22, "maintenance_until", MOMENT, "When it ends by itself; a zero date: it is off."),
    _of(
        23,
        "maintenance_minutes",
        Number(1, 10_080, "min"),
        "For how long the next switching-on of maintenance lasts.",
        access=Access.WRITE,
    ),
)
