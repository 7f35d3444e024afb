"""PromQL that several panels use, each with what it answers."""

from typing import Final

from agent.model.kinds import Choice
from agent.model.words import PROTECTION
from dashboards.selectors import member, unit

ON_MEMBER: Final = "on (job, instance, group)"
BY_GROUP: Final = "by (job, group)"
LIVING: Final = f"on (job, instance) group_left () {unit('up')}"
"""What a unit says without its core is the last that was known, and counts for nothing."""
SAYS_MASTER: Final = f"{member('member_role', role='master')} * {LIVING}"
ROLE_MASTER: Final = f"({SAYS_MASTER} == 1)"
MASTERS: Final = f"sum {BY_GROUP} ({SAYS_MASTER})"
"""How many masters each group has: 1, as long as all is well."""
RESTING: Final = member("member_info", seat="resting")
"""The own group of a backup in N:M: nobody has to air it."""
IN_BETWEEN: Final = (
    f"min {BY_GROUP} (timestamp({member('member_role', role='master')}))"
    f" <= max {BY_GROUP} ({member('member_last_transition_timestamp_seconds')})"
)
"""Some unit was scraped before the last change, and another after it: what they say must not be added up."""
NO_MASTER, CHANGES, RESTS, TWO_MASTERS = 0, 97, 98, 99
"""Beside the numbers of PROTECTION, in the state of a service."""


def rate(counter: str) -> str:
    """A second, over what the screen can show."""
    return f"rate({counter}[$__rate_interval])"


def by_unit(expression: str) -> str:
    """One number a unit, without a name of a metric: columns of a table join by their labels."""
    return f"max by (job, instance) ({expression})"


def named(expression: str, *by: str, function: str = "max") -> str:
    """The expression with the unit's own name as label `unit`, and with the labels of `by`."""
    labels = ", ".join(("job", "instance", "unit", *by))
    return f"{function} by ({labels}) (({expression}) * on (job, instance) group_left (unit) {unit('unit_info')})"


def coded(name: str, label: str, words: Choice) -> str:
    """One series a member instead of one a word: its value is the word's number in the model, 0 when no word is true."""
    terms = (f"{number} * {member(name, **{label: word})}" for word, number in words.words.items())
    return f"max by (job, instance, group) ({' or '.join(terms)})"


def as_its_master_says(expression: str) -> str:
    """What the master says of its group, and nobody else: a unit that is cut off must not speak for it."""
    return f"max {BY_GROUP} (({expression}) * {ON_MEMBER} {ROLE_MASTER})"


def service_state() -> str:
    """One number a group: changing just now, two masters, what the master says of its protection, at rest, or no master."""
    between = f"{CHANGES} * (({MASTERS} != bool 1) > 0) and {IN_BETWEEN}"
    told = as_its_master_says(coded("member_protection", "protection", PROTECTION))
    nobody = f"{NO_MASTER} * count {BY_GROUP} ({member('member_info')})"
    rests = f"{RESTS} * max {BY_GROUP} ({RESTING})"
    return f"{between} or {TWO_MASTERS} * ({MASTERS} > bool 1) > 0 or {told} or {rests} or {nobody}"


def how_many(expression: str) -> str:
    """Count of series; 0 and not nothing when there is none."""
    return f"count({expression}) or vector(0)"


def changes_of_role() -> str:
    """How many, by reason, over all units."""
    return f"sum by (reason) (increase({member('member_transitions_total')}[$__rate_interval])) > 0"


def quantile(share: float, histogram: str, *by: str) -> str:
    """Of what happened lately; `histogram` without its ending, e.g. member_advert_distance_seconds."""
    labels = ", ".join(("le", "job", "instance", *by))
    return f"histogram_quantile({share}, sum by ({labels}) ({rate(member(f'{histogram}_bucket'))}))"


def mean_lately(histogram: str) -> str:
    """Exact, where a quantile is only as fine as its buckets."""
    return f"{rate(member(histogram + '_sum'))} / {rate(member(histogram + '_count'))}"


def mean_in_range(histogram: str, *by: str) -> str:
    """Mean of all that fell into the time on the screen, e.g. of every takeover's phases."""
    labels = ", ".join(by)
    total, number = (f"sum by ({labels}) (increase({member(histogram + end)}[$__range]))" for end in ("_sum", "_count"))
    return f"{total} / ({number} > 0)"
