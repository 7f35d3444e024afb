"""Notifications, groups of objects, and what an agent must have to be called one of ours."""

from collections.abc import Iterator

from agent.model.managed import Access, Managed, Table
from agent.model.notifications import NOTIFICATION, NOTIFICATIONS, Notification
from agent.model.tables import TABLE, TABLES
from generate.mib_text import braces, clause, described
from generate.smi_names import table_prefix

_ALL: dict[str, Table] = {**TABLE, NOTIFICATION.name: NOTIFICATION}


def notification_types() -> Iterator[str]:
    """root.0.N."""
    yield from (_notification(notification) for notification in NOTIFICATIONS)


def _notification(notification: Notification) -> str:
    objects = [_ALL[table].column(column).snmp for table, column in notification.objects]
    return (
        f"{notification.snmp} NOTIFICATION-TYPE\n"
        + clause("OBJECTS", braces(objects))
        + clause("STATUS ", "current")
        + described(f"{notification.help.rstrip('.')}.")
        + f"    ::= {{ usNotifications {notification.arc} }}\n"
    )


def conformance() -> Iterator[str]:
    """root.2: groups, then the one compliance."""
    yield "usCompliances OBJECT IDENTIFIER ::= { usConformance 1 }\n"
    yield "usGroups OBJECT IDENTIFIER ::= { usConformance 2 }\n"
    yield _compliance()
    yield from (_object_group(table) for table in (*TABLES, NOTIFICATION))
    yield _notification_group()


def _compliance() -> str:
    groups = [_group_name(table) for table in (*TABLES, NOTIFICATION)] + ["usNotificationsGroup"]
    writable = [column for table in TABLES for column in table.columns if column.access is Access.WRITE]
    return (
        "usCompliance MODULE-COMPLIANCE\n"
        + clause("STATUS ", "current")
        + described("What every agent of this kind has. It may be set to refuse all writing.")
        + clause("MODULE ", "-- this module")
        + clause("MANDATORY-GROUPS", braces(groups))
        + "".join(f"\n{_read_only(column)}" for column in writable)
        + "    ::= { usCompliances 1 }\n"
    )


def _read_only(column: Managed) -> str:
    return (
        clause("OBJECT    ", column.snmp)
        + clause("MIN-ACCESS", "read-only")
        + described("Writing may be refused altogether: [snmp] in the settings.")
    )


def _group_name(table: Table) -> str:
    return f"{table_prefix(table)}Group" if table.name not in _OWN_GROUP else f"{table_prefix(table)}ObjectGroup"


_OWN_GROUP = {name for name, table in _ALL.items() if any(column.name == "group" for column in (*table.index, *table.columns))}
"""Their column `group` has that name already."""


def _object_group(table: Table) -> str:
    return (
        f"{_group_name(table)} OBJECT-GROUP\n"
        + clause("OBJECTS", braces([column.snmp for column in table.columns]))
        + clause("STATUS ", "current")
        + described(table.help)
        + f"    ::= {{ usGroups {table.arc} }}\n"
    )


def _notification_group() -> str:
    return (
        "usNotificationsGroup NOTIFICATION-GROUP\n"
        + clause("NOTIFICATIONS", braces([notification.snmp for notification in NOTIFICATIONS]))
        + clause("STATUS ", "current")
        + described("What is told without being asked.")
        + "    ::= { usGroups 100 }\n"
    )
