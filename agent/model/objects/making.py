"""How objects are written down in this package: name, kind, help, and the number that is its own for ever."""

import re
from collections.abc import Callable

from agent.model.kinds import Counter, Flag, Kind, Moment, Number
from agent.model.managed import Access, Managed
from agent.model.registers import REGISTERS

FLAG = Flag()
MOMENT = Moment()
COUNTER = Counter()
MOST = 2**31 - 1
"""Of what may be -1 in SNMP, where nothing says `not known` but a value of the kind itself."""
MAYBE_MS = Number(-1, MOST, "ms")
"""-1 in SNMP: not known now."""
MAYBE_US = Number(-1, MOST, "µs")
MS = Number(0, 0xFFFF_FFFF, "ms")
COUNT = Number(0, 0xFFFF_FFFF)
LEVEL = Number(0, 255)
GROUP = Number(0, 255)
MAYBE_GROUP = Number(-1, 255)

Make = Callable[..., Managed]


def maker(table: str, prefix: str) -> Make:
    """For the columns of one table; its snmp names begin with `prefix`."""

    def make(
        column: int,
        name: str,
        kind: Kind,
        help_text: str,
        *,
        access: Access = Access.READ,
        snmp: str = "",
        metric: str = "",
        requirement: str = "",
    ) -> Managed:
        register = REGISTERS.get((table, name))
        return Managed(name, kind, help_text, column, prefix + (snmp or camel(name)), access, register, metric, requirement)

    return make


def camel(name: str) -> str:
    """`advertisement_interval_ms` → AdvertisementInterval: SNMP says the unit in a clause of its own."""
    words = re.sub(r"_(ms|us|ppm)$", "", name).split("_")
    return "".join(word[0].upper() + word[1:] for word in words)
