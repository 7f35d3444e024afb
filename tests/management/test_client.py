"""The control socket's client, at a server that hangs up early."""

import socket
import threading
from pathlib import Path

from agent.management.client import ask


def test_the_busy_line_is_read_although_the_server_has_hung_up(tmp_path: Path) -> None:
    """A full control socket answers before it is asked; the question then breaks on a closed pipe."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control.sock"))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b'{"outcome": "busy"}\n')

        threading.Thread(target=serve, daemon=True).start()
        assert ask(tmp_path / "control.sock", {"long": "x" * 8_000_000})["outcome"] == "busy"
