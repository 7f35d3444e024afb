"""Reading [management] and [http], and what all faces have in common: addresses, networks, files."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from agent.settings.faces import HttpSettings, ManagementSettings, Network
from agent.settings.reader import Table, shown

MAX_ADDRESSES = 8
MAX_NETWORKS = 64
MAX_CONNECTIONS = 1024

_MANAGEMENT = ManagementSettings()
_HTTP = HttpSettings()
"""For their defaults."""
_TLS_KEYS = ("certificate", "key")
_HTTP_KEYS = ("address", "port", *_TLS_KEYS, "client_ca", "tokens_file", "max_connections", "health_role")


def read_management(table: Table) -> ManagementSettings:
    """[management]; every key has a default."""
    table.only(("lock", "audit_max_entries"))
    return ManagementSettings(
        lock=table.flag("lock", _MANAGEMENT.lock),
        audit_max_entries=table.integer("audit_max_entries", 1_000, 1_000_000, _MANAGEMENT.audit_max_entries),
    )


def read_http(top: Table, directory: Path, data_dir: Path) -> HttpSettings:
    """[http]; without it there is the unix socket alone."""
    table = top.table("http", "[http]")
    table.only(_HTTP_KEYS)
    port = table.integer("port", 0, 65535, _HTTP.port)
    files = {key: read_path(table, key, directory) for key in (*_TLS_KEYS, "client_ca", "tokens_file")}
    need_together(table, _TLS_KEYS)
    if port and not files["certificate"]:
        what = f"port = {port} without certificate: tokens would cross the network in the clear"
        table.wrong("port", what, "Add certificate and key, or remove port and use the unix socket")
    elif port and not (files["client_ca"] or files["tokens_file"]):
        table.wrong("port", f"port = {port} lets nobody in", "Add tokens_file or client_ca")
    return HttpSettings(
        socket=data_dir / "run" / "http.sock",
        address=read_addresses(table, _HTTP.address),
        port=port,
        max_connections=table.integer("max_connections", 1, MAX_CONNECTIONS, _HTTP.max_connections),
        health_role=table.choice("health_role", ("none", "viewer"), _HTTP.health_role),
        **files,
    )


def read_path(table: Table, key: str, directory: Path) -> Path | None:
    """Relative to the directory of the settings file; None: not given."""
    return directory / table.text(key) if key in table.values else None


def need_together(table: Table, keys: tuple[str, ...]) -> bool:
    """All of them or none; an error for each that is missing. Are they there?"""
    given = [key for key in keys if key in table.values]
    for key in keys:
        if given and key not in given:
            table.wrong(key, f"has {' and '.join(given)} but no {key}", f"Add {key} = a path, or remove {' and '.join(given)}")
    return len(given) == len(keys)


def read_addresses(table: Table, default: tuple[str, ...]) -> tuple[str, ...]:
    """`address`: of this machine, one text or a list of 1..8."""
    value = table.values.get("address")
    addresses = (table.text("address"),) if isinstance(value, str) else table.texts("address") or default
    if isinstance(value, list) and not 1 <= len(value) <= MAX_ADDRESSES:
        table.wrong("address", f"address has {len(value)} entries", f"Write 1..{MAX_ADDRESSES}")
    seen = set[IPv4Address | IPv6Address]()
    for address in addresses:
        try:
            known = ip_address(address)
            if known in seen:
                table.wrong("address", f"address {shown(address)} is written twice", "Write each address once")
            seen.add(known)
        except ValueError:
            remedy = 'Write an address of this machine, or "0.0.0.0" (all of IPv4), "::" (all of IPv6 alone), or a list of them'
            table.wrong("address", f"address {shown(address)} is not an address", remedy)
    return addresses


def read_networks(table: Table, key: str, default: tuple[Network, ...]) -> tuple[Network, ...]:
    """A list of networks (10.0.0.0/8) or single addresses."""
    if key not in table.values:
        return default
    texts, networks = table.texts(key), []
    if len(texts) > MAX_NETWORKS:
        table.wrong(key, f"{key} has {len(texts)} entries", f"Write at most {MAX_NETWORKS}; a network such as 10.0.0.0/8 is one")
    for text in texts:
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            remedy = 'Write networks or addresses, such as ["10.1.0.0/16", "10.2.0.7"]'
            table.wrong(key, f"{key} entry {shown(text)} is not a network ({error})", remedy)
    return tuple(networks)
