"""What the device has to do just now: whose configuration is in force, what keeps it from that, and when to try again.

Three things can be wrong, and they differ in what they do. A *fault*: nothing is in force, because the configuration cannot be
had or read; the device is not ready. A *problem* of an end (no interface, no carrier …): the receiver knows it, and it ends by
itself. An *error*: a change could not be taken over while the output is open; the old plan goes on, and the status says so.
"""

from contextlib import suppress

from agent.devices.plan import NOTHING
from agent.devices.receiver import Receiver
from agent.devices.source import Configuration, ConfigurationError, ConfigurationSource

FAULT_RETRY_NS = 1_000_000_000
ERROR_RETRY_NS = 5_000_000_000
POOL_REST_NS = 5_000_000_000
"""A device of a pool that could not serve one group rests so long; then it is ready for any group again."""

_UNTOLD = "Nothing is loaded, so there is nothing to open; load the configuration of a group first."


class Duty:
    """`home`: the group whose backup or master this device is; None: it has several, or it belongs to a pool (`is_pooled`)."""

    def __init__(self, source: ConfigurationSource, receiver: Receiver, home: int | None, is_pooled: bool) -> None:
        self.current: Configuration | None = None
        self.fault: str | None = None
        self.error: str | None = None
        self._source, self._receiver = source, receiver
        self._wanted, self._is_pooled = home, is_pooled
        self._retry_at_ns = 0
        if not is_pooled:
            self._take_up(home, False, 0)  # an idle backup listens already, and is locked before it takes over (S-26)

    @property
    def standing_problem(self) -> str | None:
        """Why it cannot serve, as far as known; tries nothing."""
        return self.fault or self._receiver.standing_problem

    def problem_to_open(self) -> str | None:
        """Why the output cannot be opened now. Tries to open what is not open."""
        if self.current is None and self.fault is None:
            return _UNTOLD
        return self.fault or self._receiver.problem()

    def load(self, group: int | None, is_acting: bool, now_ns: int) -> str | None:
        """The configuration of that group in force, with the output muted; else why not. No wait for a carrier (S-26).

        When the ledger cannot be read, what was read last: to take over with it is better than silence.
        """
        self._take_up(group, is_acting, now_ns)
        if self.fault:
            self._take_last(group, is_acting, now_ns)
        problem = self.fault or self._receiver.problem()
        if problem and self._is_pooled:
            self._forget(problem, now_ns)
        return problem

    def refresh(self, group: int | None, is_open: bool, now_ns: int) -> None:
        """The configuration of that group has changed. Another group's is of no interest, unless the device has none yet."""
        loaded = self.current.group if self.current else None
        if loaded not in {None, group}:
            return
        is_acting = self.current is not None and self.current.is_acting
        if is_open:
            self._change(group, is_acting, now_ns)
        elif self._is_pooled and loaded is None:
            self.park(group)
        else:
            self._take_up(group, is_acting, now_ns)

    def park(self, group: int | None) -> None:
        """Back in the pool, with its own configuration if it has one (C-09); without one it is ready for any group too."""
        try:
            self.current = self._source.read(group, False)
        except ConfigurationError:
            self.current = None
        self.fault = self.error = None
        self._receiver.apply(self.current.plan if self.current else NOTHING)

    def mute(self) -> None:
        """The device acts for nobody any more; what is loaded stays, and its input is watched."""
        if self.current is not None:
            self.current = self.current.rested()

    def tick(self, is_open: bool, now_ns: int) -> None:
        """What time alone does. Call it every 50 ms."""
        self._receiver.tick(now_ns)
        if now_ns >= self._retry_at_ns and (self.fault or self.error):
            self._try_again(is_open, now_ns)
        problem = self._receiver.standing_problem if self._is_pooled and not is_open else None
        if problem:
            self._forget(problem, now_ns)

    def _try_again(self, is_open: bool, now_ns: int) -> None:
        if self._is_pooled and self.fault:
            self.fault = None
        elif self.current is not None:
            self.refresh(self.current.group, is_open, now_ns)
        else:
            self._take_up(self._wanted, False, now_ns)

    def _take_up(self, group: int | None, is_acting: bool, now_ns: int) -> None:
        """Whatever comes of it is in force: the output is muted."""
        self.error = None
        try:
            self.current = self._source.read(group, is_acting)
        except ConfigurationError as error:
            self._wanted = group
            self._forget(str(error), now_ns)
            return
        self.fault = None
        self._receiver.apply(self.current.plan)

    def _take_last(self, group: int | None, is_acting: bool, now_ns: int) -> None:
        """What was read last, if it can still be used; why it is not the newest is told as an error."""
        with suppress(ConfigurationError):
            last = self._source.last(group, is_acting)
            if last is not None:
                self.current, self.error, self.fault = last, self.fault, None
                self._receiver.apply(last.plan)
                self._retry_at_ns = now_ns + ERROR_RETRY_NS

    def _change(self, group: int | None, is_acting: bool, now_ns: int) -> None:
        """While the output is open: all of it, or nothing."""
        try:
            wanted = self._source.read(group, is_acting)
            self.error = self._receiver.try_apply(wanted.plan)
        except ConfigurationError as error:
            self.error = str(error)
        if self.error is None:
            self.current = wanted
        self._retry_at_ns = now_ns + ERROR_RETRY_NS

    def _forget(self, why: str, now_ns: int) -> None:
        """Nothing is in force any more."""
        self.current, self.fault = None, why
        self._receiver.apply(NOTHING)
        self._retry_at_ns = now_ns + (POOL_REST_NS if self._is_pooled else FAULT_RETRY_NS)
