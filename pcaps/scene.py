"""A LAN with two real units and a stranger, and a recorder on the cable of one of them: what it hears and what it says."""

import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.core.bystander import Bystander
from tests.netns.harness import Lan, Unit
from tests.netns.harness.capture import PACKET_IGNORE_OUTGOING, SOL_PACKET, open_port, receive, udp_port
from tests.netns.harness.subject import signal_all
from tests.pcaps.pcapfile import Frame

Json = dict[str, Any]
GROUP_ADDRESS, PORT = "239.192.7.7", 7420


class Recorder:
    """Both directions of a host's cable, at the switch, with the kernel's time."""

    def __init__(self, lan: Lan, host: str) -> None:
        self._tap = open_port(lan.switch, f"red-{host}", udp_port(PORT))
        self._tap.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 0)
        self._frames: list[Frame] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self) -> None:
        while not self._is_over.is_set():
            select.select([self._tap], [], [], 0.05)
            while (found := receive(self._tap)) is not None:
                self._frames.append(Frame(*found))

    def frames(self) -> list[Frame]:
        """So far, in the order of time."""
        return sorted(self._frames)

    def stop(self) -> list[Frame]:
        """Everything."""
        self._is_over.set()
        self._thread.join()
        self._tap.close()
        return self.frames()


@dataclass
class Scene:
    """`a` (priority 254) is master first, `b` (252) its backup; scenarios change what they need to."""

    lan: Lan
    observer: str
    a: Unit
    b: Unit
    key: bytes | None
    marks: list[tuple[str, int, Json]] = field(default_factory=list)
    recorder: Recorder | None = None

    @property
    def observed(self) -> Unit:
        return self.a if self.observer == "a" else self.b

    def record(self) -> None:
        self.recorder = Recorder(self.lan, self.observer)

    def start(self) -> None:
        """a is master, b follows it and is known to it as able; the recording begins before the observer does."""
        if self.observer == "a":
            self.record()
        self.a.start()
        self.a.wait_for_role("master")
        if self.observer == "b":
            self.record()
        self.b.start()
        self.b.wait_until(lambda member: bool(member.get("master")) and member["role"] == "backup", "following")
        time.sleep(0.3)

    def mark(self, what: str, do: Callable[[], object], **more: object) -> None:
        """Do something to the observer that a capture cannot show, and note when."""
        before_ns = time.time_ns()
        do()
        self.marks.append((what, (before_ns + time.time_ns()) // 2, more))

    def freeze(self, unit: Unit, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Stop every process of a unit for a while."""
        pids = unit.pids()
        signal_all(pids, signal.SIGSTOP)
        frozen_ns = time.time_ns()
        meanwhile()
        time.sleep(max(0.0, seconds - (time.time_ns() - frozen_ns) / 1e9))
        thawed_ns = time.time_ns()
        signal_all(pids, signal.SIGCONT)
        if unit is self.observed:
            self.marks.append(("freeze", frozen_ns, {"until": thawed_ns}))

    def stranger(self, **values: Any) -> Bystander:
        """Host x, which says what it is told to."""
        return Bystander(self.lan, **values)

    def shout(self, payloads: list[bytes], ttl: int = 255) -> None:
        """From host x, 4 ms apart, not on the beat of anybody's adverts."""
        sender = self.stranger().socket
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        with sender:
            for payload in payloads:
                with suppress(OSError):
                    sender.sendto(payload, (GROUP_ADDRESS, PORT))
                time.sleep(0.004)
