"""From an alert to the objects that a notification carries. In the queue it is JSON; it is encoded when it is sent."""

import json
from collections.abc import Iterator
from typing import Final

from agent.management.alerts_told import Alert
from agent.management.snmp.ber import TIME_TICKS, Oid, integer, object_id
from agent.management.snmp.blocks import bind
from agent.management.snmp.notify_clock import age_ms
from agent.management.snmp.queue import Entry
from agent.management.snmp.values import encoder_of
from agent.model.kinds import Value
from agent.model.notifications import NOTIFICATION, NOTIFICATION_OF
from agent.model.smi import NOTIFICATIONS_ARC, oid_of
from agent.model.tables import TABLE

COLD_START, WARM_START = "cold_start", "warm_start"
STARTS: Final = {COLD_START: (1, 3, 6, 1, 6, 3, 1, 1, 5, 1), WARM_START: (1, 3, 6, 1, 6, 3, 1, 1, 5, 2)}
"""RFC 3418's own; they carry nothing more."""
_UP_TIME: Final = object_id((1, 3, 6, 1, 2, 1, 1, 3, 0))
_TRAP_OID: Final = object_id((1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0))
_TABLES: Final = {**TABLE, NOTIFICATION.name: NOTIFICATION}


def body_of(alert: Alert, unit_name: str, suppressed: int) -> str:
    """For the queue."""
    return json.dumps({**alert.as_json(), "suppressed": suppressed, "unit": unit_name})


def body_of_start(kind: str) -> str:
    """coldStart, warmStart."""
    return json.dumps({"kind": kind})


def varbinds_of(entry: Entry, birth: str, root: Oid, uptime_ticks: int) -> list[bytes]:
    """As they go over the wire. `birth`: of the queue, so that numbers of two queues are never the same. `uptime_ticks`: now's.

    Empty: a kind that this version does not know, of a version that has been replaced by this one.
    """
    body = json.loads(entry.body)
    oid = _trap_oid(str(body["kind"]), root)
    if oid is None:
        return []
    then = max(0, uptime_ticks - age_ms(entry.boot, entry.made_ms) // 10)
    body["id"] = f"{birth}-{entry.number}"
    first = [bind(_UP_TIME, integer(then, TIME_TICKS)), bind(_TRAP_OID, object_id(oid))]
    return [*first, *_objects(body, root)]


def _trap_oid(kind: str, root: Oid) -> Oid | None:
    if kind in STARTS:
        return STARTS[kind]
    declared = NOTIFICATION_OF.get(kind)
    return (*root, NOTIFICATIONS_ARC, declared.arc) if declared else None


def _objects(body: dict[str, Value], root: Oid) -> Iterator[bytes]:
    declared = NOTIFICATION_OF.get(str(body["kind"]))
    for table_name, column_name in declared.objects if declared else ():
        table = _TABLES[table_name]
        column = table.column(column_name)
        value = body.get("at_ns" if column_name == "at" else "unit" if table_name == "unit" else column_name)
        yield bind(object_id(oid_of(table, column, (), root)), encoder_of(column)(value))
