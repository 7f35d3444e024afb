"""Core as the worker has it: there or not, with a lease page or not, and what it has been told on this connection.

It says on standard error once that core is gone and once that it is back; the same for a device that has failed.
"""

from collections.abc import Mapping
from pathlib import Path

from agent.devices.channel import Channel, Packet
from agent.devices.console import say
from agent.devices.gate import Gate, closed_gate
from agent.devices.orders import NO_ORDER_ID
from agent.devices.status import Status

RECONNECT_NS = 200_000_000


class CoreLink:
    """`name` of the device; `path` is run/core.sock."""

    def __init__(self, name: str, path: Path, now_ns: int) -> None:
        self.gate: Gate = closed_gate()
        self.channel: Channel | None = None
        self.seen_ns = now_ns  # when core was there last, while it is not
        self._name, self._path = name, path
        self._has_page = self._is_ready_said = self._is_failure_said = False
        self._is_loss_said = self._is_problem_said = False
        self._next_connect_ns = 0
        self._last_status: Status = {}

    @property
    def has_page(self) -> bool:
        """Has core sent a lease page on this connection?"""
        return self.channel is not None and self._has_page

    def connect(self, now_ns: int) -> None:
        """If there is no connection, and it is time to try."""
        if self.channel is not None or now_ns < self._next_connect_ns:
            return
        self._next_connect_ns = now_ns + RECONNECT_NS
        try:
            self.channel = Channel(self._path, self._name)
        except OSError as error:
            self.lose(f"{self._path}: {error.strerror or error}", now_ns)
            return
        self._has_page = self._is_ready_said = self._is_failure_said = False
        self._last_status = {}

    def hear(self, now_ns: int) -> list[Packet]:
        """What core has said. ChannelLostError."""
        assert self.channel is not None
        self.channel.flush()
        packets, gate = self.channel.receive()
        if gate is not None:
            self._take_page(gate, now_ns)
        return packets

    def lose(self, why: str, now_ns: int) -> None:
        """The page stays: what core allowed last still ends by itself. Said once, however long it lasts."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None
            self.seen_ns = now_ns
            self._next_connect_ns = now_ns + RECONNECT_NS
            if self._is_failure_said:  # then core hangs up, as it should
                return
        if not self._is_loss_said:
            self._is_loss_said = True
            say(f"device {self._name}: no core ({why}). The output is muted when the lease ends; trying again every 0.2 s.")

    def tell(self, report: str, order_id: int | None, more: Mapping[str, object] | None = None) -> None:
        """A report. ChannelLostError."""
        assert self.channel is not None
        self.channel.send({"report": report} | ({} if order_id is None else {"id": order_id}) | dict(more or {}))

    def tell_ability(self, problem: str | None) -> None:
        """`ready` once a connection, `failed` when it is true no more. Then core ends the connection, and we come again."""
        if problem is None and not self._is_ready_said:
            self._is_ready_said = True
            self.tell("ready", None)
            if self._is_problem_said:
                self._is_problem_said = False
                say(f"device {self._name}: ready again.")
        elif problem is not None and self._is_ready_said and not self._is_failure_said:
            self.fail(problem, NO_ORDER_ID)

    def fail(self, problem: str, order_id: int) -> None:
        """Muted from now on."""
        self.gate.order_mute()
        self._is_failure_said = True
        if not self._is_problem_said:
            self._is_problem_said = True
            say(f"device {self._name}: failed, muted until that is over: {problem}")
        self.tell("failed", order_id, {"error": problem})

    def tell_status(self, status: Status) -> None:
        """If it has changed."""
        if status != self._last_status:
            assert self.channel is not None
            self._last_status = status
            self.channel.send({"status": status})

    def _take_page(self, gate: Gate, now_ns: int) -> None:
        """A fresh page starts muted, whatever the old one allowed: the core behind it has opened nothing yet."""
        gate.late_sends = self.gate.late_sends
        gate.beat(now_ns)
        self.gate, self._has_page = gate, True
        if self._is_loss_said:
            self._is_loss_said = False
            say(f"device {self._name}: core is back.")
