"""Management that is none: a real control.sock that answers what a test wants, and notes what was asked."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.management.status_model import status_model
from agent.model.json_values import table_as_json, view_as_json
from agent.model.tables import TABLE, TABLES
from tests.cli.fake_handover import done, run
from tests.management.fakes import MEMBER
from tests.model.sample import sample_view
from tests.settings.sample import SAMPLE

Json = dict[str, Any]


class FakeControl:
    """`answers` by verb; `asked`: the requests."""

    def __init__(self, path: Path) -> None:
        view = sample_view()
        self.answers: dict[str, Json] = {
            "status": done(stale=False, unit={"name": "rx-a"}, members=[MEMBER], devices={}, model=status_model(view)),
            "view": done(**view_as_json(view, TABLES, 0)),
            "set": done(text="priority 254 → 200"),
            "command": done(text="done as asked", operation=3),
            "events": done(events=table_as_json(TABLE["event"], view)),
            "alarms": done(alarms=table_as_json(TABLE["alarm"], view)),
            "operations": done(operations=[]),
            "audit": done(audit=[]),
            "audit-verify": done(text="12 entries, unbroken"),
            "origin": done(settings=[]),
        }
        self.asked: list[Json] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Die."""
        with suppress(OSError):  # dead already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, suppress(OSError), client.makefile("rb") as file:
                    for line in file:
                        self.asked.append(json.loads(line))
                        client.sendall(json.dumps(self.answers[self.asked[-1]["verb"]]).encode() + b"\n")


class Managed:
    """`unit("lock", "7")` runs the real command beside it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "u.toml"
        self.file.write_text(SAMPLE)
        (directory / "data" / "run").mkdir(parents=True)
        self.run_dir = directory / "data" / "run"
        self.fake = FakeControl(self.run_dir / "control.sock")

    def __call__(self, *arguments: str) -> Any:
        """The command, ended."""
        return run(*arguments, "-c", self.file)


@contextmanager
def managed(directory: Path) -> Iterator[Managed]:
    """Until the end of the block."""
    unit = Managed(directory)
    try:
        yield unit
    finally:
        unit.fake.close()
