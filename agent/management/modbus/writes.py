"""What a write to holding registers or coils means: changes of settings, this face's own registers, at most one command.

Looked at whole before anything is done: an address that cannot be written is 02, half a value 03, and nothing has changed then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.management.modbus.codes import Code, Refused
from agent.management.modbus.layout import Field, Place, coil_at, place_at
from agent.management.modbus.words import value_of
from agent.model.answers import Change, Verb
from agent.model.lamps import Button, Switch
from agent.model.register_extras import Extra
from agent.model.view import Index


@dataclass(slots=True)
class Plan:
    """`own`: of this face, name → number. `buttons`: group and verb."""

    changes: list[Change] = field(default_factory=list)
    own: dict[str, int] = field(default_factory=dict)
    buttons: list[tuple[int, Verb]] = field(default_factory=list)


def plan_of_registers(address: int, words: bytes) -> Plan:
    """Refused: 02; 03, also when settings and this face's own registers are mixed: they would not be all or nothing."""
    plan = Plan()
    for place in _places(address, len(words) // 2):
        start = 2 * (place.start - address)
        _add(plan, place, words[start : start + 2 * place.words])
    if plan.changes and plan.own:
        raise Refused(Code.ILLEGAL_VALUE)
    return plan


def plan_of_coils(address: int, values: Sequence[bool]) -> Plan:
    """Refused: 02; 03 when ON reaches two buttons, or a button and a switch: they would not be all or nothing."""
    plan = Plan()
    found = [coil_at(address + place) for place in range(len(values))]
    if any(what is None for _group, what in found):
        raise Refused(Code.ILLEGAL_ADDRESS)
    for (group, what), is_on in zip(found, values, strict=True):
        if isinstance(what, Switch):
            value = what.on if is_on else what.off
            plan.changes.append(Change(what.table, _index(group), what.column, value))
        elif isinstance(what, Button) and is_on and group is not None:
            plan.buttons.append((group, what.verb))
    if len(plan.buttons) > 1 or (plan.buttons and plan.changes):
        raise Refused(Code.ILLEGAL_VALUE)
    return plan


def _places(address: int, count: int) -> list[Place]:
    """Each once, in order."""
    found = [place_at(one) for one in range(address, address + count)]
    places = list({place.start: place for place in found if place is not None}.values())
    if None in found:
        raise Refused(Code.ILLEGAL_ADDRESS)
    if any(place.start < address or place.start + place.words > address + count for place in places):
        raise Refused(Code.ILLEGAL_VALUE)
    return places


def _add(plan: Plan, place: Place, words: bytes) -> None:
    if isinstance(place.what, Field):
        column = place.what.column
        value = value_of(column.kind, words)
        plan.changes.append(Change(place.what.table, _index(place.group), column.name, value))
    else:
        assert isinstance(place.what, Extra)
        plan.own[place.what.name] = int.from_bytes(words)


def _index(group: int | None) -> Index:
    return () if group is None else (group,)
