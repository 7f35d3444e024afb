"""The member table of the group that the harness has, as SNMP names it."""

from agent.model.smi import oid_of
from agent.model.tables import TABLE
from bench.snmp_requests import Cells
from tests.netns.harness.unit import GROUP

_MEMBER = TABLE["member"]
CELLS = Cells(oid_of(_MEMBER, _MEMBER.columns[0], (0,))[:-2], range(2, 22), (GROUP,))
