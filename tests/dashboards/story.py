"""Real units and a real Prometheus, told once for all tests: a quiet pair, a failover and what a site may do wrong, side by side.

q  group 5   well, from before Prometheus looks for the first time until everybody has seen that nothing rings for it
f  group 7   a pair with a stream: its master dies, returns, and the two change hands again and again
   group 6   50 adverts a second, so that there are measures of them soon; T = 0.22 s
   group 8   its backup waits for a person
k  group 9   two keys: two masters, until the second gets the key of the first
   group 11  a device whose interface is not there
   ka        a Modbus port that another program has
"""

import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.cli.demo.prometheus import HOST
from tests.dashboards.prometheus import Running
from tests.dashboards.units import RESERVE, Lan, LoopUnit, generator, receiver

QUIET_GROUP, GROUP, MEASURED, ATTENDED, FOREIGN, BROKEN = "5", "7", "6", "8", "9", "11"
START_LIMIT_S = 30.0
POLL_S = 0.2


def until(is_so: Callable[[], object], limit_s: float, what: str) -> None:
    """Look five times a second; AssertionError with what was waited for."""
    until_s = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < until_s, f"waited {limit_s:g} s for {what}"
        time.sleep(POLL_S)


class Story:
    """Use as a context; `prometheus` answers while it lasts."""

    def __init__(self, directory: Path) -> None:
        self.directory, self._stack = directory, ExitStack()
        self.began_s = time.time()
        q, f, k = Lan(directory), Lan(directory), Lan(directory)
        self.q_lan, key = q, q.key()
        self.qa = LoopUnit(q, "qa", key, {5: {"device": "rx"}}, {"rx": receiver(q)})
        self.qb = LoopUnit(q, "qb", key, {5: {**RESERVE, "device": "rx"}}, {"rx": receiver(q, "127.0.0.2")})
        often: dict[str, object] = {"advertisement_interval": 0.02, "priority": 255}
        self.f_lan = f
        seats: dict[int, dict[str, object]] = {7: {"device": "rx"}, 6: often, 8: {}}
        reserves: dict[int, dict[str, object]] = {group: {**RESERVE, **seat} for group, seat in seats.items()}
        reserves[6]["priority"], reserves[8]["takeover"] = 254, "attended"
        self.fa = LoopUnit(f, "fa", key, seats, {"rx": receiver(f)})
        self.fb = LoopUnit(f, "fb", key, reserves, {"rx": receiver(f, "127.0.0.2")})
        gone = receiver(k) | {"input": k.input.replace("interface=lo", "interface=gone0")}
        self.taken = socket.create_server((HOST, 0))
        modbus: dict[str, object] = {"address": HOST, "port": self.taken.getsockname()[1]}
        self.ka = LoopUnit(k, "ka", k.key("one"), {9: {}, 11: {"device": "rx"}}, {"rx": gone}, {"modbus": modbus})
        self.kb = LoopUnit(k, "kb", k.key("two"), {9: RESERVE})
        self.units = (self.qa, self.qb, self.fa, self.fb, self.ka, self.kb)

    def __enter__(self) -> Self:
        try:
            self._stack.callback(self.taken.close)
            for lan in (self.q_lan, self.f_lan):
                stream = generator(lan)
                self._stack.callback(stream.wait)
                self._stack.callback(stream.kill)
            for unit in self.units:
                self._stack.callback(unit.kill)
            self._settle_the_quiet_pair()
            self.prometheus = self._stack.enter_context(Running(self.directory, [unit.instance for unit in self.units]))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def holds(self, expression: str) -> bool:
        """Has the query an answer?"""
        return bool(self.prometheus.query(expression))

    def _settle_the_quiet_pair(self) -> None:
        """As they are to stay: nothing may ever ring for them."""
        self.qa.start()
        master = 'understudy_member_role{group="5",role="master"}'
        until(lambda: self.qa.shows(master), START_LIMIT_S, "qa to be master")
        self.qb.start()
        able = 'understudy_member_protection{group="5",protection="protected"}'
        until(lambda: self.qa.shows(able) and self.qb.shows("understudy_up"), START_LIMIT_S, "qb to be its backup")

    def settle(self) -> None:
        """Every pair has its master and its backup, and there are measures of how adverts arrive."""
        for unit in (self.fa, self.ka):
            unit.start()
        masters = 'sum by (group) (understudy_member_role{role="master", group=~"5|6|7|8|9"}) == 1'
        until(lambda: len(self.prometheus.query(masters)) == 5, START_LIMIT_S, "a master in every group")
        for unit in (self.fb, self.kb):
            unit.start()
        protected = 'understudy_member_protection{protection="protected", group=~"5|7|8"} == 1'
        until(lambda: len(self.prometheus.query(protected)) == 3, START_LIMIT_S, "the pairs to be protected")
        measured = "understudy_member_false_takeover_probability"
        until(lambda: self.holds(measured), START_LIMIT_S, "measures of a hundred adverts")

    def rang_for(self, group: str, *units: LoopUnit) -> set[str]:
        """Every alert that has fired for them since Prometheus looked first."""
        both = "|".join(unit.instance for unit in units)
        firing = 'ALERTS{alertstate="firing", '
        asked = f'{firing}group="{group}"}} or {firing}instance=~"{both}"}}'
        return {one.labels["alertname"] for one in self.prometheus.query_range(asked, self.began_s, time.time())}

    def silence_recorder_of_qb(self) -> None:
        """Its supervisor, which would start another one, stands still."""
        self.qb.signal_one("supervisor", signal.SIGSTOP)
        self.qb.signal_one("recorder", signal.SIGKILL)

    def change_hands(self) -> None:
        """Five times, by a person."""
        for unit in (self.fa, self.fb, self.fa, self.fb, self.fa):
            self.wait_for_backup(unit)
            done = unit.command("set-master", 7)
            assert done.exit_code == 0, done

    def wait_for_backup(self, unit: LoopUnit) -> None:
        """Of group 7, able, and known to the other as that."""
        can = f'understudy_member_role{{group="7", role="backup", instance="{unit.instance}"}} == 1'
        known = 'understudy_member_protection{group="7", protection="protected"} == 1'
        until(lambda: self.holds(can) and self.holds(known), START_LIMIT_S, f"{unit.name} to be a backup")

    def heal(self) -> None:
        """kb gets the key of ka."""
        shutil.copy(self.ka.key, self.kb.key)
        done = self.kb.command("reload-keys")
        assert done.exit_code == 0, done
