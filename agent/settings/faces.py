"""What the settings file says of the faces: [management], [snmp], [modbus], [http] and [metrics]. Without [snmp], [modbus] or
[metrics] there is no such face; HTTP is always there on its unix socket.

Paths are whole (relative ones start at the settings file). `data_dir`: where a face keeps what must last.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

Network = IPv4Network | IPv6Network

PLAYPEN = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 7421)
"""Net-SNMP's arc for private testing: no enterprise number is registered for this project."""
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_DATA_DIR = Path("/var/lib/understudy")


@dataclass(frozen=True, slots=True)
class ManagementSettings:
    """[management]. `lock` false: there is no lock function, and commands pass (D-53).

    `audit_max_entries`: 1,000..1,000,000 kept; older ones go, the chain of the rest stays verifiable.
    """

    lock: bool = True
    audit_max_entries: int = 100_000


@dataclass(frozen=True, slots=True)
class NotifyTarget:
    """One [[snmp.notify]]: who gets traps. `user` of the users file for v3; `community_file` (0600) for v2c."""

    host: str
    port: int = 162
    version: str = "v3"  # v3 | v2c
    user: str = ""
    community_file: Path | None = None
    kind: str = "trap"  # trap | inform
    timeout_ms: int = 1500
    retries: int = 3


@dataclass(frozen=True, slots=True)
class SnmpSettings:
    """[snmp]. `listen` false: no agent of our own (snmpd owns the port: pass_persist, AgentX); notifications are sent.

    Without `users_file` no v3, without `v2c_community_file` no v2c. `v2c_write_from` empty: v2c only reads (C-20).
    """

    address: tuple[str, ...] = ("0.0.0.0",)
    port: int = 161
    listen: bool = True
    root: tuple[int, ...] = PLAYPEN
    v2c_community_file: Path | None = None
    v2c_read_from: tuple[Network, ...] = ()
    """Empty: from anywhere."""
    v2c_write_from: tuple[Network, ...] = ()
    users_file: Path | None = None
    own_message_security: bool = True
    """Our own decoder of v3 messages; false: pysnmp's, slower."""
    contact: str = ""
    location: str = ""
    notify: tuple[NotifyTarget, ...] = ()
    notification_min_interval_ms: int = 0
    """Default of the managed object of this name, 0..3_600_000."""
    data_dir: Path = _DATA_DIR


@dataclass(frozen=True, slots=True)
class ModbusSettings:
    """[modbus]. `port` 0: no plain TCP. `tls_port` 0: no TLS; it needs `certificate`, `key`, `client_ca` (mutual, roles within).

    Modbus has no passwords: `allow` may connect, `write_from` may write as well; both are networks. `serial` None: no RTU.
    `foreign_unit`: what becomes of requests to other unit ids than ours over TCP: no answer, or 0B.
    """

    address: tuple[str, ...] = ("0.0.0.0",)
    port: int = 502
    allow: tuple[Network, ...] = LOOPBACK
    write_from: tuple[Network, ...] = ()
    max_connections: int = 32
    idle_timeout_s: float = 60.0
    tls_port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    serial: Path | None = None
    baud: int = 19200
    parity: str = "even"  # even | odd | none
    stop_bits: int = 1
    serial_role: str = "viewer"  # viewer | operator: what the serial line may do
    unit_id: int = 1
    """1..247: that of this unit, on the line and in TCP (where 0 and 255 are welcome too)."""
    foreign_unit: str = "ignore"  # ignore | refuse
    write_watchdog_s: float = 0.0
    """0: none. Else writes are answered 04 when none came for so long; reads go on, so that a PLC sees why."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """[http]. The unix socket `socket` (0600) is always there; `port` 0: no TCP. TCP needs `certificate` and `key`.

    Who comes over TCP shows a bearer token of `tokens_file` (0600), or a certificate of `client_ca` with its role.
    """

    socket: Path = _DATA_DIR / "run" / "http.sock"
    address: tuple[str, ...] = ("0.0.0.0",)
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    tokens_file: Path | None = None
    max_connections: int = 64
    health_role: str = "none"  # none | viewer: who may read /-/… over TCP


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """[metrics]: a port that Prometheus scrapes. `web_config`: TLS and passwords in the form of Prometheus' exporters."""

    address: tuple[str, ...] = ("0.0.0.0",)
    port: int = 9742
    web_config: Path | None = None
    max_connections: int = 32
