"""What the settings file says, as values. Every name is the file's own; defaults are the file's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    """[[member]]. `…_ms` is in seconds in the file: `advertisement_interval` 0.01..40.95, `preempt_delay` 0..3600."""

    group: int
    designation: Designation
    priority: int
    device: str
    device_type: int = 1
    preempt: bool = False
    preempt_delay_ms: int = 0
    advertisement_interval_ms: int = 1000
    heal_policy: str = "priority"  # priority | incumbent


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
    """The whole file. `text` is what was read; the unit's processes are started from it."""

    path: Path
    text: str
    unit: UnitSettings
    lan: LanSettings
    members: tuple[MemberSettings, ...]
    devices: Mapping[str, DeviceSettings]

    @property
    def run_dir(self) -> Path:
        """Where the unit's sockets are."""
        return self.unit.data_dir / "run"
