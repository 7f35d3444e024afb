"""`python -m agent.diagnostics --settings-path PATH`, the settings' text on standard input: one unit's recorder."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from agent.diagnostics.recorder import Recorder
from agent.diagnostics.ring import Ring
from agent.settings.errors import SettingsError
from agent.settings.load import read_stdin
from agent.settings.model import Settings

FOLDER = "records"
NICENESS = 15
HOUR_NS = 3600 * 1_000_000_000


def main(argv: list[str]) -> int:
    """0 stopped in order, 2 bad settings or usage, 5 the folder of the records cannot be made."""
    if len(argv) != 2 or argv[0] != "--settings-path":
        print("usage: python -m agent.diagnostics --settings-path PATH < SETTINGS", file=sys.stderr)
        return 2
    parent = os.getppid()
    with suppress(OSError):
        os.nice(NICENESS)
    try:
        settings = read_stdin(Path(argv[1]))
        ring = ring_of(settings)
    except SettingsError as error:
        _tell(str(error))
        return 2
    except OSError as error:
        _tell(f"nothing is recorded: {error.filename} cannot be made: {error.strerror}")
        return 5
    Recorder(settings.run_dir / "core.sock", ring, _tell, lambda: os.getppid() != parent).run()
    return 0


def ring_of(settings: Settings) -> Ring:
    """As [recorder] says. OSError: its folder cannot be made."""
    keep = settings.recorder
    return Ring(settings.unit.data_dir / FOLDER, keep.max_bytes, keep.max_age_hours * HOUR_NS)


def _tell(text: str) -> None:
    with suppress(OSError):  # whoever read stderr may be gone
        print(f"understudy: recorder: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
