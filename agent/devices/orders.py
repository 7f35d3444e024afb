"""What core says, as values: Order, or OrderError with the sentence that core is told."""

import json
from dataclasses import dataclass
from enum import StrEnum

NO_ORDER_ID = 0
"""Answers a packet from which no order number can be read."""

MAX_QUOTED = 60


class Verb(StrEnum):
    """What can be ordered."""

    LOAD = "load"
    REFRESH = "refresh"
    OPEN = "open"
    MUTE = "mute"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Order:
    """`group`: whose configuration to load; None: not said. `is_acting`: to be on the air with it, unless said otherwise."""

    verb: Verb
    order_id: int
    group: int | None
    is_acting: bool = True


class OrderError(Exception):
    """Not an order. `order_id` is what the answer carries; `is_mute`: it was meant to silence us, and silence is always safe."""

    def __init__(self, text: str, order_id: int = NO_ORDER_ID, is_mute: bool = False) -> None:
        super().__init__(text)
        self.order_id = order_id
        self.is_mute = is_mute


def parse_order(packet: bytes) -> Order:
    """The order in one packet. OrderError, and nothing else, whatever the bytes."""
    fields = _fields(packet)
    verb, order_id, group = fields.get("order"), fields.get("id"), fields.get("group")
    is_mute = verb == Verb.MUTE
    if not _is_number(order_id):
        raise OrderError(f"order without a number: {_quoted(packet)}", is_mute=is_mute)
    assert isinstance(order_id, int)
    if not isinstance(verb, str) or verb not in list(Verb):
        raise OrderError(f"unknown order {_quoted(packet)}; this worker knows {', '.join(Verb)}", order_id)
    group = group if isinstance(group, int) and not isinstance(group, bool) else None
    return Order(Verb(verb), order_id, group, fields.get("acting") is not False)


def _fields(packet: bytes) -> dict[str, object]:
    try:
        fields = json.loads(packet)
    except (ValueError, RecursionError):
        raise OrderError(f"not JSON: {_quoted(packet)}") from None
    if not isinstance(fields, dict):
        raise OrderError(f"not an object: {_quoted(packet)}")
    return fields


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _quoted(packet: bytes) -> str:
    return repr(packet[:MAX_QUOTED].decode("utf-8", "replace"))
