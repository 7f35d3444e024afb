"""`python -m agent.management --settings-path PATH`, the settings' text on standard input: one unit's management process."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from agent.management.control import ControlServer
from agent.management.faces import faces_of, run_faces
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.orphan import until_orphaned
from agent.management.requests import Requests
from agent.management.unit_model import UnitModel
from agent.settings.errors import SettingsError
from agent.settings.load import read_stdin
from agent.settings.model import Settings


def main(argv: list[str]) -> int:
    """Exit code: 0 stopped by SIGTERM or of no more use, 2 bad settings or usage, 5 the control socket cannot be made."""
    if len(argv) != 2 or argv[0] != "--settings-path":
        print("usage: python -m agent.management --settings-path PATH < SETTINGS", file=sys.stderr)
        return 2
    parent = os.getppid()
    try:
        asyncio.run(_serve(read_stdin(Path(argv[1])), parent))
    except SettingsError as error:
        _tell(str(error))
        return 2
    except OSError as error:
        _tell(f"the control socket cannot be made: {error}")
        return 5
    return 0


async def _serve(settings: Settings, parent: int) -> None:
    """Until SIGTERM, or until supervisor (`parent`) and core are both gone. OSError when the control socket cannot be made."""
    memory = Memory()
    link = CoreLink(settings.run_dir / "core.sock", memory)
    model = UnitModel(settings, memory, link, _tell)
    server = ControlServer(settings.run_dir / "control.sock", Requests(settings, model, _tell))
    orphaned = asyncio.create_task(until_orphaned(parent, lambda: link.is_connected))
    running = [link.run(_tell), server.run(), model.run(), run_faces(faces_of(settings), model, model.face_news.tell)]
    tasks = [*map(asyncio.create_task, running), orphaned]
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: [task.cancel() for task in tasks])
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for task in done:
        if not task.cancelled():
            task.result()
    if orphaned in done and not orphaned.cancelled():
        _tell("supervisor and core are both gone, ending")


def _tell(text: str) -> None:
    with suppress(OSError):  # whoever read stderr may be gone
        print(f"understudy: management: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
