"""Real handover processes with a core that the test plays: it says what is heard, and notes what they announce."""

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Json = dict[str, object]
T = TypeVar("T")

ME = pwd.getpwuid(os.getuid()).pw_name
"""Who runs the tests, as the handover process knows it from the kernel."""
SETTINGS = """
[unit]
name = "{name}"
data_dir = "{data}"

[lan]
interface = "lo"

{members}

[device.rx]
driver = "{driver}"
{options}

[handover]
{handover}
"""
MEMBER = '[[member]]\ngroup = 7\ndesignation = "{designation}"\npriority = {priority}\ndevice = "rx"\n'


def until(find: Callable[[], T], limit_s: float = 8.0, every_s: float = 0.005) -> T:
    """What it finds once it is true; AssertionError when it does not become so."""
    end = time.monotonic() + limit_s
    while not (found := find()):
        assert time.monotonic() < end, f"not within {limit_s} s; last: {found!r}"
        time.sleep(every_s)
    return found


class FakeCore:
    """run/core.sock of one unit. `announced`: the last config of each group, with the time when it came (monotonic ns)."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._connection: socket.socket | None = None
        self._said: dict[str, Json] = {}
        self.announced: dict[int, Json] = {}
        self.history: list[tuple[int, Json]] = []
        self.on_config: Callable[[Json], None] = lambda _config: None
        self.hello: Json = {}
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        self.hello = json.loads(connection.recv(65536))
        self._connection = connection
        for packet in list(self._said.values()):
            self._send(packet)
        with suppress(OSError):
            while data := connection.recv(65536):
                packet = json.loads(data)
                config = packet.get("config")
                if packet.get("ask") == "snapshot":
                    for said in list(self._said.values()):
                        self._send(said)
                    self._send({"snapshot": "end"})
                if config:
                    self.announced[config["group"]] = config
                    self.history.append((time.monotonic_ns(), config))
                    self.on_config(config)

    def say(self, key: str, packet: Json) -> None:
        """A packet that a process which comes back is told again."""
        self._said[key] = packet
        self._send(packet)

    def _send(self, packet: Json) -> None:
        if self._connection:
            with suppress(OSError):
                self._connection.send(json.dumps(packet).encode())

    def close(self) -> None:
        """Core is gone."""
        for one in (self._listener, self._connection):
            if one:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()


class Unit:
    """One handover process, and its core."""

    def __init__(
        self,
        directory: Path,
        name: str,
        *,
        address: str = "127.0.0.1",
        driver: str = "none",
        handover: str = "",
        designation: str = "main",
        priority: int = 200,
        members: str = "",
        more: str = "",
    ) -> None:
        self.directory, self.name, self.address = directory / name, name, address
        self.unit_id = f"{abs(hash(name)) % (1 << 63) + 1:016x}"
        self.data = self.directory / "data"
        (self.data / "run").mkdir(parents=True, mode=0o700)
        (self.data / "unit_id").write_text(self.unit_id + "\n")
        self.path = self.directory / "understudy.toml"
        members = members or MEMBER.format(designation=designation, priority=priority)
        options = 'input = "udp://239.1.1.1:5000"\noutput = "udp://239.2.2.2:5000"' if driver == "receiver" else ""
        text = SETTINGS.format(name=name, data=self.data, driver=driver, handover=handover, members=members, options=options)
        self.path.write_text(text + more)
        self.changes: tuple[str, ...] = ()
        self.more_addresses: tuple[str, ...] = ()
        self.core = FakeCore(self.data / "run/core.sock")
        self.process: subprocess.Popen[bytes] | None = None
        self.stderr = self.directory / "stderr"

    def start(self, *, wait: bool = True) -> "Unit":
        """Start the process; it serves its socket when this returns."""
        with self.path.open("rb") as settings, self.stderr.open("ab") as errors:
            command = [
                sys.executable,
                "-m",
                "tests.handover.launch",
                ",".join((self.address, *self.more_addresses)),
                *self.changes,
                "--settings-path",
                str(self.path),
            ]
            self.process = subprocess.Popen(command, stdin=settings, stderr=errors)
        if wait:
            until(self._is_there, 60)
        return self

    def _is_there(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        try:
            return self.ask("status")["outcome"] == "done"
        except OSError:
            return False

    def said(self) -> str:
        """Its stderr so far."""
        return self.stderr.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(10)

    def end(self) -> None:
        """Whatever it does, it is gone afterwards."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.core.close()

    def connect(self) -> socket.socket:
        """To run/config.sock."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(30)
        try:
            connection.connect(str(self.data / "run/config.sock"))
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, verb: str, descriptors: tuple[int, ...] = (), **request: object) -> Json:
        """One request; its answer. What it says of progress is in `progress`."""
        line = json.dumps({"verb": verb} | request).encode() + b"\n"
        with self.connect() as connection:
            socket.send_fds(connection, [line[:1000]], list(descriptors))
            connection.sendall(line[1000:])
            return read_answer(connection)

    def done(self, verb: str, descriptors: tuple[int, ...] = (), **request: object) -> Json:
        """The same; it is done, or the test fails."""
        answer = self.ask(verb, descriptors, **request)
        assert answer["outcome"] == "done", answer
        return answer

    def edit(self, document: Json, group: int = 7, note: str = "") -> Json:
        """Save a document over whatever is in force; the new revision. Waits for core's word that it may."""
        answers: list[Json] = []

        def is_done() -> bool:
            head = self.done("show", group=group)["revision"]
            expect = head["id"] if isinstance(head, dict) else None
            answers.append(self.ask("edit", group=group, document=document, expect=expect, note=note))
            return answers[-1]["outcome"] == "done"

        until(is_done)
        revision = answers[-1]["revision"]
        assert isinstance(revision, dict)
        return revision

    def document(self, group: int = 7, part: str = "effective") -> object:
        """What is in force."""
        return self.done("show", (), group=group, part=part)["document"]

    def status(self, group: int = 7) -> Json:
        """Of the group."""
        groups = self.done("status")["groups"]
        assert isinstance(groups, list)
        return next(row for row in groups if row["group"] == group)

    def seat(self, role: str, *, group: int = 7, designation: str = "", master: "Unit | None" = None, **more: object) -> None:
        """Core says what this unit is in the group."""
        of_master = {"unit_id": master.unit_id, "name": master.name, "address": master.address, "gone": False} if master else None
        member: Json = {
            "group": group,
            "role": role,
            "designation": designation or "main",
            "master": of_master,
            "acting_for": None,
        }
        self.core.say(f"member {group}", {"member": member | more})

    def hears(
        self, other: "Unit", *, group: int = 7, is_master: bool = True, acting_for: int | None = None, **more: object
    ) -> None:
        """Core says what the other advertises now."""
        config = other.core.announced.get(group, {})
        heard: Json = {"group": group, "unit_id": other.unit_id, "name": other.name, "address": other.address, "priority": 200}
        heard |= {"device_type": 1, "designation": "main", "acting_for": acting_for, "revision": config.get("revision", 0)}
        heard |= {"digest": config.get("digest", ""), "software": "0", "is_master": is_master, "age_ms": 0}
        self.core.say(f"heard {group} {other.name}", {"heard": heard | more})


def read_answer(connection: socket.socket) -> Json:
    """The answer, with all that was said of progress before."""
    progress: list[object] = []
    with connection.makefile("rb") as lines:
        for line in lines:
            value: Json = json.loads(line)
            if "progress" not in value:
                return value | {"progress": progress}
            progress.append(value["progress"])
    raise EOFError("the connection was closed without an answer")


def memory_file(data: bytes) -> int:
    """A descriptor with these bytes, at their beginning."""
    descriptor = os.memfd_create("test")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
