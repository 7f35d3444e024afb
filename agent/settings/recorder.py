"""Reading [recorder], and what it may still lead to."""

import os
from collections.abc import Iterator
from pathlib import Path

from agent.settings.errors import Finding
from agent.settings.lines import LineFinder
from agent.settings.model import RecorderSettings, Settings
from agent.settings.reader import Table

MIN_BYTES, MAX_BYTES = 16 << 20, 1 << 40
MAX_AGE_HOURS = 365 * 24
MIB = 1 << 20

_DEFAULT = RecorderSettings()


def read_recorder(table: Table) -> RecorderSettings:
    """[recorder]; every key has a default."""
    table.only(("enabled", "max_bytes", "max_age_hours"))
    return RecorderSettings(
        enabled=table.flag("enabled", _DEFAULT.enabled),
        max_bytes=table.integer("max_bytes", MIN_BYTES, MAX_BYTES, _DEFAULT.max_bytes),
        max_age_hours=table.integer("max_age_hours", 1, MAX_AGE_HOURS, _DEFAULT.max_age_hours),
    )


def recorder_findings(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    """Nothing is recorded, or the disk is smaller than what is to be kept."""
    recorder, folder = settings.recorder, settings.unit.data_dir / "records"
    if not recorder.enabled:
        what = "[recorder] enabled = false: after a failover nobody can say why it happened (replay, explain)"
        yield Finding(lines.line(("recorder", "enabled")), "warning", what, "Leave it on: it takes 0.5 % of a core")
        return
    room = _room_for(folder)
    if room is not None and room < recorder.max_bytes:
        what = f"[recorder] may keep {recorder.max_bytes // MIB} MiB, and there is room for {room // MIB} MiB in {folder}"
        remedy = "Set max_bytes below that, or free space: on a full disk records have holes, and the rest of the unit suffers"
        yield Finding(lines.line(("recorder", "max_bytes")), "warning", what, remedy)


def _room_for(folder: Path) -> int | None:
    """Bytes free there, and those that the records have now: they make room. None: the folder is not there yet, or unknown."""
    try:
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize + sum(path.stat().st_size for path in folder.iterdir())
    except OSError:
        return None
