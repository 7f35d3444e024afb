"""`python -m agent.handover --settings-path PATH`, the settings' text on standard input: one unit's handover process."""

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from agent.handover.orphan import is_orphaned, wait_until
from agent.handover.process import Process
from agent.ledger.errors import LedgerError
from agent.settings.errors import SettingsError
from agent.settings.load import read_stdin


def main(argv: list[str]) -> int:
    """Exit code: 0 stopped by SIGTERM or of no more use, 2 bad settings or usage, 5 ledger, socket or port cannot be had."""
    if len(argv) != 2 or argv[0] != "--settings-path":
        print("usage: python -m agent.handover --settings-path PATH < SETTINGS", file=sys.stderr)
        return 2
    parent = os.getppid()
    try:
        settings = read_stdin(Path(argv[1]))
        if settings.handover is None:
            tell("the settings have no section [handover]. Add one, or do not start this process")
            return 2
        process = Process(settings, tell)
    except SettingsError as error:
        tell(str(error))
        return 2
    except LedgerError as error:
        tell(str(error))
        return 5
    except OSError as error:
        what = f"{error.filename or 'a socket'} cannot be used: {error.strerror or error}"
        tell(f"{what}. Is another unit running with this data_dir?")
        return 5
    return _serve(process, parent)


def _serve(process: Process, parent: int) -> int:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    process.start()
    if wait_until(lambda now_s: is_orphaned(parent, process.core_seen_s(now_s), now_s), stopped.wait):
        tell("supervisor and core are both gone, ending")
    process.close()
    return 0


def tell(text: str) -> None:
    """One line on stderr, that is in the journal of the unit."""
    with suppress(OSError):  # whoever read stderr may be gone
        print(f"understudy: handover: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
