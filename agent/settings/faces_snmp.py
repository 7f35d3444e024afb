"""Reading [snmp] and its [[snmp.notify]]."""

import re
from ipaddress import ip_address
from pathlib import Path

from agent.settings.faces import NotifyTarget, SnmpSettings
from agent.settings.faces_read import read_addresses, read_networks, read_path
from agent.settings.reader import Table, shown

MAX_TARGETS = 16
MAX_ARCS = 32
_OID = re.compile(r"\.?[0-2](\.(0|[1-9][0-9]{0,9}))+")
_SNMP = SnmpSettings()
_TARGET = NotifyTarget("")
"""For their defaults."""
_KEYS = (
    "address",
    "port",
    "listen",
    "root",
    "v2c_community_file",
    "v2c_read_from",
    "v2c_write_from",
    "users_file",
    "own_message_security",
    "contact",
    "location",
    "notify",
    "notification_min_interval_ms",
)
_TARGET_KEYS = ("host", "port", "version", "user", "community_file", "kind", "timeout_ms", "retries")


def read_snmp(top: Table, directory: Path, data_dir: Path) -> SnmpSettings | None:
    """[snmp]; None: the file has no such section. Without users and communities there is nobody to answer."""
    if "snmp" not in top.values:
        return None
    table = top.table("snmp", "[snmp]")
    table.only(_KEYS)
    community, users = read_path(table, "v2c_community_file", directory), read_path(table, "users_file", directory)
    listen = table.flag("listen", _SNMP.listen)
    if listen and not (community or users):
        what = "lets nobody in: it has neither users_file (v3) nor v2c_community_file"
        table.wrong("listen", what, 'Add users_file = "snmp-users.toml" (see docs/operations.md), or set listen = false')
    write_from = read_networks(table, "v2c_write_from", _SNMP.v2c_write_from)
    if write_from and not community:
        table.wrong("v2c_write_from", "has v2c_write_from but no v2c_community_file", "Add it, or remove v2c_write_from")
    return SnmpSettings(
        address=read_addresses(table, _SNMP.address),
        port=table.integer("port", 1, 65535, _SNMP.port),
        listen=listen,
        root=_root(table),
        v2c_community_file=community,
        v2c_read_from=read_networks(table, "v2c_read_from", _SNMP.v2c_read_from),
        v2c_write_from=write_from,
        users_file=users,
        own_message_security=table.flag("own_message_security", _SNMP.own_message_security),
        contact=_words(table, "contact"),
        location=_words(table, "location"),
        notify=_targets(table, directory, users),
        notification_min_interval_ms=table.integer("notification_min_interval_ms", 0, 3_600_000, 0),
        data_dir=data_dir,
    )


def _words(table: Table, key: str) -> str:
    """sysContact, sysLocation: at most 255 bytes."""
    text = table.text(key) if key in table.values else ""
    if len(text.encode()) > 255:
        table.wrong(key, f"{key} has {len(text.encode())} bytes", "Shorten it to 255 bytes of UTF-8")
    return text


def _root(table: Table) -> tuple[int, ...]:
    text = table.text("root") if "root" in table.values else ""
    arcs = tuple(int(arc) for arc in text.strip(".").split(".")) if _OID.fullmatch(text) else ()
    if text and (not 4 <= len(arcs) <= MAX_ARCS or max(arcs) > 0xFFFF_FFFF):
        remedy = 'Write an OID of your own such as "1.3.6.1.4.1.NUMBER.7421" (see docs/operations.md), or remove root'
        table.wrong("root", f"root = {shown(text)} is no OID that objects could stand below", remedy)
    return arcs or _SNMP.root


def _targets(table: Table, directory: Path, users: Path | None) -> tuple[NotifyTarget, ...]:
    entries = table.values.get("notify", [])
    if not isinstance(entries, list) or len(entries) > MAX_TARGETS:
        table.wrong("notify", "notify is no list, or too long a one", f"Write at most {MAX_TARGETS} tables [[snmp.notify]]")
        return ()
    targets = []
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            place = (*table.place, "notify", index)
            targets.append(_target(Table(entry, place, "[[snmp.notify]]", table.problems), directory, users))
        else:
            table.wrong("notify", f"notify holds {shown(entry)}", 'Write a line [[snmp.notify]] with host = "10.0.0.9" below it')
    return tuple(targets)


def _target(table: Table, directory: Path, users: Path | None) -> NotifyTarget:
    table.only(_TARGET_KEYS)
    version = table.choice("version", ("v3", "v2c"), _TARGET.version)
    target = NotifyTarget(
        host=_host(table),
        port=table.integer("port", 1, 65535, _TARGET.port),
        version=version,
        user=table.text("user") if "user" in table.values else "",
        community_file=read_path(table, "community_file", directory),
        kind=table.choice("kind", ("trap", "inform"), _TARGET.kind),
        timeout_ms=table.integer("timeout_ms", 100, 60_000, _TARGET.timeout_ms),
        retries=table.integer("retries", 0, 100, _TARGET.retries),
    )
    if version == "v3" and not (target.user and users):
        table.wrong("user", "needs a user of [snmp] users_file", 'Add user = "NAME" and users_file, or set version = "v2c"')
    if version == "v2c" and not target.community_file:
        table.wrong("community_file", "lacks community_file", 'Add community_file = "FILE" (0600) with the community in it')
    return target


def _host(table: Table) -> str:
    host = table.text("host")
    try:
        ip_address(host)
    except ValueError:
        if isinstance(table.values.get("host"), str):
            table.wrong("host", f"host = {shown(host)} is not an address", "Write an IP address; names are not looked up")
    return host
