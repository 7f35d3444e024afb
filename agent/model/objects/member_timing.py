"""How near a backup is to a takeover that nobody wants, as it has measured itself."""

from agent.model.kinds import Number
from agent.model.managed import Managed
from agent.model.objects.making import MAYBE_US
from agent.model.objects.member import OF_MEMBER as _of  # noqa: N811

MAYBE_PPM = Number(-1, 1_000_000, "ppm")
"""A share in millionths; -1: not known now."""
TIMING: tuple[Managed, ...] = (
    _of(
        110,
        "margin_least_us",
        MAYBE_US,
        "What was left of the takeover timeout when an advert of the master came, the least of the last ten minutes; 0: it came "
        "when the timeout was over; -1: no master is heard.",
        metric="member_advert_margin_least_seconds",
        requirement="F-1",
    ),
    _of(
        111,
        "false_takeover_ppm",
        MAYBE_PPM,
        "How likely this backup takes over from a living master within a day, by the loss and lateness that it has measured at "
        "the present interval and priority; -1: fewer than 100 adverts were heard, or it is no backup now.",
        metric="member_false_takeover_probability",
        requirement="F-2",
    ),
)
