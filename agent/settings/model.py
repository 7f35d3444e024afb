"""What the settings file says, as values. Every name is the file's own; defaults are the file's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.settings.faces import HttpSettings, ManagementSettings, MetricsSettings, ModbusSettings, SnmpSettings
from agent.wire.message import REQUIRED_TTL, Designation

NO_OUTPUT = "none"
DEFAULT_FILE = Path("/etc/understudy/understudy.toml")
REALTIME_PRIORITY = 50
"""Of core under SCHED_FIFO: what core asks for, and what `check` tries."""


@dataclass(frozen=True, slots=True)
class UnitSettings:
    """[unit]"""

    name: str
    data_dir: Path = Path("/var/lib/understudy")


@dataclass(frozen=True, slots=True)
class LanSettings:
    """[lan]. `peers` (unicast addresses) replaces `multicast_address`; `key_file` None: unauthenticated."""

    interface: str
    multicast_address: str | None = "239.192.7.7"
    peers: tuple[str, ...] = ()
    port: int = 7420
    key_file: Path | None = None
    minimum_ttl: int = REQUIRED_TTL
    beacon: bool = True
    on_carrier_loss: str = "mute"  # mute | hold


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """[[member]]. `…_ms` is in seconds in the file: `advertisement_interval` 0.01..40.95, `preempt_delay` 0..3600.

    `devices`: the free devices of an nmBackup, `device` is the first of them; one alone for the other designations.
    `protects`: the groups (0..255) that an nmBackup protects; None: every master of its device type on the LAN (`"all"`, S-22).
    """

    group: int
    designation: Designation
    priority: int
    device: str
    device_type: int = 1
    preempt: bool = False
    preempt_delay_ms: int = 0
    advertisement_interval_ms: int = 1000
    heal_policy: str = "priority"  # priority | incumbent
    devices: tuple[str, ...] = ()
    protects: frozenset[int] | None = None
    takeover: str = "automatic"  # automatic | attended (D-40)
    return_policy: str | None = None
    """manual | after_hold (C-10); None: as [pool] says."""
    return_hold_ms: int | None = None
    """`return_hold` in the file, in seconds 0..3600; None: as [pool] says."""

    def __post_init__(self) -> None:
        if not self.devices:
            object.__setattr__(self, "devices", (self.device,))

    @property
    def is_nm_backup(self) -> bool:
        """Does it protect other groups (S-22)?"""
        return self.designation is Designation.NM_BACKUP


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """[pool]. `n_to_m` off: 1:1 as ever (S-18). `return_hold_ms` is `return_hold` in the file, in seconds 0..3600 (C-10)."""

    n_to_m: bool = False
    reserve: str = "independent"  # independent | exclusive (D-33, D-36)
    return_policy: str = "manual"  # manual | after_hold
    return_hold_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class HandoverSettings:
    """[handover]. `certificate`, `key` and `ca` are given together; without them the ledger is kept, but nothing is tracked.

    `capacity`: services that this unit can carry, 1..1000; 0: not stated (C-15). `licence`: see licence.py.
    `max_bytes`: of the file contents kept. `revoked`: SHA-256 fingerprints (small hex) of certificates that are refused.
    """

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    port: int = 7421
    allow_partial: bool = True
    capacity: int = 0
    licence: Path | None = None
    max_revisions: int = 10_000
    max_bytes: int = 16 * 1024**3
    revoked: frozenset[str] = frozenset()

    @property
    def can_track(self) -> bool:
        """Are there certificates to speak with other units?"""
        return None not in (self.certificate, self.key, self.ca)


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """[recorder]. The oldest files go first when there are more than `max_bytes` of them, or when they are too old.

    `max_bytes`: 16 MiB..1 TiB; `max_age_hours`: 1..8760. The files are in DATA_DIR/records.
    """

    enabled: bool = True
    max_bytes: int = 1 << 30
    max_age_hours: int = 24


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """[device.NAME]. `options` is the rest of the table, checked by the driver's own schema."""

    name: str
    driver: str
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def has_worker(self) -> bool:
        """Driver `none` holds no output, so there is no process to hold it, and any number of members may name it."""
        return self.driver != NO_OUTPUT


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. `text` is what was read; the unit's processes are started from it. None: no such section."""

    path: Path
    text: str
    unit: UnitSettings
    lan: LanSettings
    members: tuple[MemberSettings, ...]
    devices: Mapping[str, DeviceSettings]
    pool: PoolSettings = PoolSettings()
    handover: HandoverSettings | None = None
    management: ManagementSettings = field(default_factory=ManagementSettings)
    snmp: SnmpSettings | None = None
    modbus: ModbusSettings | None = None
    http: HttpSettings = field(default_factory=HttpSettings)
    metrics: MetricsSettings | None = None
    recorder: RecorderSettings = RecorderSettings()

    @property
    def run_dir(self) -> Path:
        """Where the unit's sockets are."""
        return self.unit.data_dir / "run"

    def return_of(self, member: MemberSettings) -> tuple[str, int]:
        """Return policy and hold in ms: the member's own word, else that of [pool] (C-10)."""
        hold_ms = self.pool.return_hold_ms if member.return_hold_ms is None else member.return_hold_ms
        return member.return_policy or self.pool.return_policy, hold_ms

    def returns_after_ms(self, member: MemberSettings) -> int | None:
        """When a repaired master asks for its group by itself; None: a person does. Only N:M knows other than that."""
        policy, hold_ms = self.return_of(member)
        return hold_ms if self.pool.n_to_m and policy == "after_hold" else None
