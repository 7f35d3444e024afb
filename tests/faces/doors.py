"""The four faces as one person sees them: read a setting of the group, change one, give an order, and what was answered."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass

from agent.model.answers import Verb
from agent.model.kinds import Choice, Flag
from agent.model.lamps import BUTTONS, SWITCHES
from agent.model.managed import Bank
from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from agent.model.tables import TABLE
from tests.faces.manager import Manager, oid
from tests.faces.unit import FacedUnit
from tests.netns.harness.unit import GROUP

BLOCK = GROUP_BASE + GROUP_STRIDE * GROUP
KINDS = {Bank.COIL: 0, Bank.DISCRETE: 1, Bank.INPUT: 3, Bank.HOLDING: 4}
"""As mbpoll counts them."""


@dataclass(frozen=True)
class Said:
    """`kind`: done, or the word of agent.model.answers.Denial that this face's code stands for. `text`: all that was said."""

    kind: str
    text: str


def number(name: str, value: str | int) -> int:
    """Of a word of a choice, or of a truth value."""
    kind = TABLE["member"].column(name).kind
    return kind.words[str(value)] if isinstance(kind, Choice) else int(value)


class Door(ABC):
    """One face of one unit."""

    def __init__(self, manager: Manager, unit: FacedUnit) -> None:
        self.x, self.unit = manager, unit

    @abstractmethod
    def read(self, name: str) -> int:
        """Truth values as 0 and 1, choices as their number."""

    @abstractmethod
    def set(self, name: str, value: int) -> Said:
        """Of the group."""

    @abstractmethod
    def order(self, verb: Verb) -> Said:
        """To the group."""


class Snmp(Door):
    """v3 with privacy, by net-snmp."""

    def read(self, name: str) -> int:
        value = int(self.x.snmp_value(self.unit, name))
        return 2 - value if isinstance(TABLE["member"].column(name).kind, Flag) else value

    def set(self, name: str, value: int) -> Said:
        is_flag = isinstance(TABLE["member"].column(name).kind, Flag)
        return self._said(oid(name), *(("i", str(2 - value)) if is_flag else ("u", str(value))))

    def order(self, verb: Verb) -> Said:
        return self._said(oid("command"), "i", str(verb.value))

    def _said(self, *words: str) -> Said:
        done = self.x.snmp("snmpset", self.unit, *words)
        reason = done.text.partition("Reason: ")[2].split()
        names = {
            "inconsistentValue": "conflict",
            "resourceUnavailable": "busy",
            "wrongValue": "bad_value",
            "noAccess": "not_allowed",
        }
        return Said("done" if done.exit_code == 0 else names.get(reason[0] if reason else "", "unclear"), done.text)


class Modbus(Door):
    """TCP, by mbpoll."""

    def read(self, name: str) -> int:
        register = TABLE["member"].column(name).register
        assert register
        return self.x.modbus_value(self.unit, KINDS[register.bank], BLOCK + register.offset)

    def set(self, name: str, value: int) -> Said:
        switch = next((one for one in SWITCHES if one.column == name), None)
        if switch:
            return self._said(0, BLOCK + switch.offset, value)
        register = TABLE["member"].column(name).register
        assert register
        return self._said(4, BLOCK + register.offset, value & 0xFFFF)

    def order(self, verb: Verb) -> Said:
        return self._said(0, BLOCK + next(one.offset for one in BUTTONS if one.verb is verb), 1)

    def _said(self, kind: int, address: int, value: int) -> Said:
        done = self.x.mbpoll(self.unit, kind, address, value)
        names = {
            "device or server failure": "conflict",
            "busy": "busy",
            "data value": "bad_value",
            "Illegal function": "not_allowed",
        }
        known = (name for words, name in names.items() if words in done.text)
        return Said("done" if done.exit_code == 0 else next(known, "unclear"), done.text)


class Http(Door):
    """TLS with a token, by curl."""

    def read(self, name: str) -> int:
        _status, said = self.x.http(self.unit, "GET", f"api/v1/members/{GROUP}")
        return number(name, said["member"][name])

    def set(self, name: str, value: int) -> Said:
        is_flag = isinstance(TABLE["member"].column(name).kind, Flag)
        return self._said("PATCH", f"api/v1/members/{GROUP}", {name: bool(value) if is_flag else value})

    def order(self, verb: Verb) -> Said:
        return self._said("POST", f"api/v1/members/{GROUP}/commands", {"verb": verb.name.lower()})

    def _said(self, method: str, path: str, body: dict[str, object]) -> Said:
        status, answer = self.x.http(self.unit, method, path, body)
        kinds = {200: "done", 202: "done", 400: "bad_value", 403: "not_allowed"}
        denied = "busy" if status == 409 and answer.get("running") else "conflict" if status == 409 else "unclear"
        return Said(kinds.get(status, denied), str(answer))


class CommandLine(Door):
    """As root on the unit itself."""

    def read(self, name: str) -> int:
        said = json.loads(self.unit.command("status", "--json").output)
        seat = next(one for one in said["members"] if one["group"] == GROUP)
        return number(name, (seat | seat["controls"])[name])

    def set(self, name: str, value: int) -> Said:
        is_flag = isinstance(TABLE["member"].column(name).kind, Flag)
        return self._said("set", GROUP, f"{name}={str(bool(value)).lower() if is_flag else value}")

    def order(self, verb: Verb) -> Said:
        return self._said(verb.name.lower().replace("_", "-"), GROUP)

    def _said(self, *words: object) -> Said:
        done = self.unit.command(str(words[0]), *words[1:])
        kinds = {0: "done", 2: "bad_value", 3: "conflict", 4: "busy"}
        return Said(kinds.get(done.exit_code, "unclear"), done.output)


DOORS: tuple[type[Door], ...] = (Snmp, Modbus, Http, CommandLine)
