"""All tables of the model, in the order of a walk."""

from agent.model.managed import Access, Managed, Table
from agent.model.objects.counts import DEVICE, PACKETS, REJECTED
from agent.model.objects.history import ALARM, DECISION, EVENT
from agent.model.objects.member import GROUP_INDEX, IDENTITY, NOW
from agent.model.objects.member_history import COMMAND, CONFIGURATION, HISTORY
from agent.model.objects.member_settings import SETTINGS
from agent.model.objects.member_timing import TIMING
from agent.model.objects.others import COVERAGE, PEER, REASON
from agent.model.objects.unit import UNIT

MEMBER = Table(
    "member",
    "This unit's seat in each group that it has to do with.",
    2,
    (GROUP_INDEX,),
    (*IDENTITY, *SETTINGS, *NOW, *HISTORY, *CONFIGURATION, *COMMAND, *TIMING),
    256,
)
TABLES: tuple[Table, ...] = (UNIT, MEMBER, PEER, REASON, PACKETS, REJECTED, DEVICE, COVERAGE, DECISION, EVENT, ALARM)
TABLE: dict[str, Table] = {table.name: table for table in TABLES}
"""By name."""
ORDER_COLUMNS = frozenset({"command", "command_reason"})
"""Of a member: written to give an order, they set nothing."""


def settings_of(table: Table) -> tuple[Managed, ...]:
    """What can be set, and keeps the value that it was given."""
    return tuple(column for column in table.columns if column.access is Access.WRITE and column.name not in ORDER_COLUMNS)


def object_named(table: str, name: str) -> Managed:
    """KeyError when there is none."""
    return TABLE[table].column(name)
