"""Reading [modbus]: TCP, TLS and the serial line."""

from pathlib import Path

from agent.settings.faces import ModbusSettings
from agent.settings.faces_read import MAX_CONNECTIONS, need_together, read_addresses, read_networks, read_path
from agent.settings.reader import Table, shown

BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
TLS_PORT = 802
_MODBUS = ModbusSettings()
"""For its defaults."""
_TLS_KEYS = ("certificate", "key", "client_ca")
_SERIAL_KEYS = ("baud", "parity", "stop_bits", "serial_role")
_KEYS = (
    "address",
    "port",
    "allow",
    "write_from",
    "max_connections",
    "idle_timeout_s",
    "tls_port",
    *_TLS_KEYS,
    "serial",
    *_SERIAL_KEYS,
    "unit_id",
    "foreign_unit",
    "write_watchdog_s",
)


def read_modbus(top: Table, directory: Path) -> ModbusSettings | None:
    """[modbus]; None: the file has no such section."""
    if "modbus" not in top.values:
        return None
    table = top.table("modbus", "[modbus]")
    table.only(_KEYS)
    serial = read_path(table, "serial", directory)
    for key in _SERIAL_KEYS:
        if serial is None and key in table.values:
            table.wrong(key, f"has {key} but no serial", 'Add serial = "/dev/ttyS0", or remove it')
    certificate, key_file, client_ca = (read_path(table, key, directory) for key in _TLS_KEYS)
    return ModbusSettings(
        address=read_addresses(table, _MODBUS.address),
        port=table.integer("port", 0, 65535, _MODBUS.port),
        allow=read_networks(table, "allow", _MODBUS.allow),
        write_from=read_networks(table, "write_from", _MODBUS.write_from),
        max_connections=table.integer("max_connections", 1, MAX_CONNECTIONS, _MODBUS.max_connections),
        idle_timeout_s=table.seconds("idle_timeout_s", 1.0, 86_400.0, _MODBUS.idle_timeout_s),
        tls_port=_tls_port(table),
        certificate=certificate,
        key=key_file,
        client_ca=client_ca,
        serial=serial,
        baud=_baud(table),
        parity=table.choice("parity", ("even", "odd", "none"), _MODBUS.parity),
        stop_bits=table.integer("stop_bits", 1, 2, _MODBUS.stop_bits),
        serial_role=table.choice("serial_role", ("viewer", "operator"), _MODBUS.serial_role),
        unit_id=table.integer("unit_id", 1, 247, _MODBUS.unit_id),
        foreign_unit=table.choice("foreign_unit", ("ignore", "refuse"), _MODBUS.foreign_unit),
        write_watchdog_s=table.seconds("write_watchdog_s", 0.0, 86_400.0, _MODBUS.write_watchdog_s),
    )


def _tls_port(table: Table) -> int:
    """802 when there are certificates; 0: no TLS."""
    is_given = need_together(table, _TLS_KEYS)
    port = table.integer("tls_port", 0, 65535, TLS_PORT if is_given else 0)
    if port and not any(key in table.values for key in _TLS_KEYS):
        table.wrong(
            "tls_port", f"tls_port = {port} without certificates", "Add certificate, key and client_ca, or remove tls_port"
        )
    if port and port == table.values.get("port", _MODBUS.port):
        table.wrong("tls_port", f"tls_port = {port} is the plain port too", "Choose another, or set port = 0")
    return port


def _baud(table: Table) -> int:
    baud = table.integer("baud", BAUDS[0], BAUDS[-1], _MODBUS.baud)
    if baud not in BAUDS:
        table.wrong("baud", f"baud = {shown(baud)} is no usual speed", f"Use one of {', '.join(map(str, BAUDS))}")
    return baud
