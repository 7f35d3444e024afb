"""The tables that are read: 256 rows and 20 columns each, of which three are short texts."""

from agent.model.smi import oid_of
from agent.model.tables import TABLE
from bench.snmp_requests import Cells

ROWS = range(256)
COLUMNS = range(2, 22)
TEXTS = (3, 20, 21)
PEER_ENTRY = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 7422, 1)
"""In snmp_table.c (its helper answers below .1) and snmp_stock.py."""
THEIRS = Cells(PEER_ENTRY, COLUMNS, ROWS)
OURS = Cells(oid_of(TABLE["member"], TABLE["member"].columns[0], (0,))[:-2], COLUMNS, ROWS)
"""usMemberTable from its first column on: the same columns are texts there."""
