"""The standard groups: system and snmp (RFC 3418), snmpEngine, snmpMPDStats, contexts and usmStats (RFC 3411 to 3414).

No other standard object is here, and above all no table of users, views or targets: their keys would be in clear.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from agent import __version__
from agent.management.snmp.ber import COUNTER32, OCTETS, TIME_TICKS, Oid, integer, object_id, wrap
from agent.management.snmp.blocks import LiveBlock
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine
from agent.management.snmp.message import MAX_SIZE
from agent.model.cut import cut
from agent.model.smi import PRODUCT_ARC, PRODUCTS_ARC
from agent.model.view import View
from agent.settings.faces import SnmpSettings

Live = dict[Oid, Callable[[], bytes]]
SYSTEM: Final[Oid] = (1, 3, 6, 1, 2, 1, 1)
SNMP: Final[Oid] = (1, 3, 6, 1, 2, 1, 11)
ENGINE: Final[Oid] = (1, 3, 6, 1, 6, 3, 10, 2, 1)
STATISTICS: Final[Oid] = (1, 3, 6, 1, 6, 3, 11, 2, 1)
TARGETS: Final[Oid] = (1, 3, 6, 1, 6, 3, 12, 1)
USM_STATISTICS: Final[Oid] = (1, 3, 6, 1, 6, 3, 15, 1, 1)
SERVICES: Final = 72
"""sysServices: end-to-end and applications."""

COUNTER_OIDS: Final[dict[str, Oid]] = {
    "in_packets": (*SNMP, 1),
    "out_packets": (*SNMP, 2),
    "bad_versions": (*SNMP, 3),
    "bad_communities": (*SNMP, 4),
    "bad_community_uses": (*SNMP, 5),
    "parse_errors": (*SNMP, 6),
    "silent_drops": (*SNMP, 31),
    "unknown_security_models": (*STATISTICS, 1),
    "invalid_messages": (*STATISTICS, 2),
    "unknown_pdu_handlers": (*STATISTICS, 3),
    "unavailable_contexts": (*TARGETS, 4),
    "unknown_contexts": (*TARGETS, 5),
    "unsupported_levels": (*USM_STATISTICS, 1),
    "outside_windows": (*USM_STATISTICS, 2),
    "unknown_users": (*USM_STATISTICS, 3),
    "unknown_engines": (*USM_STATISTICS, 4),
    "wrong_digests": (*USM_STATISTICS, 5),
    "decryption_errors": (*USM_STATISTICS, 6),
}
"""Field of Counters → its object."""


def counter_value(counters: Counters, name: str) -> bytes:
    """Counter32, as encoded."""
    return integer(getattr(counters, name) & 0xFFFF_FFFF, COUNTER32)


def standard_block(settings: SnmpSettings, view: Callable[[], View], engine: Engine, counters: Counters) -> LiveBlock:
    """All of them. Of an engine without boots (no v3) there is no engine group."""
    live = _system(settings, view, engine)
    live |= {oid: partial(counter_value, counters, name) for name, oid in COUNTER_OIDS.items()}
    live |= {(*SNMP, 30): partial(integer, 2), (*SNMP, 32): partial(integer, 0, COUNTER32)}
    if engine.boots:
        live |= _engine(engine)
    return LiveBlock(live)


def _system(settings: SnmpSettings, view: Callable[[], View], engine: Engine) -> Live:
    def text_of_unit(name: str, otherwise: str) -> bytes:
        row = view().row("unit") or {}
        return text(str(row.get(name) or otherwise))

    values: Iterable[Callable[[], bytes]] = (
        partial(text_of_unit, "description", f"Understudy {__version__}"),
        partial(object_id, (*settings.root, PRODUCTS_ARC, PRODUCT_ARC)),
        lambda: integer(engine.uptime_ticks(), TIME_TICKS),
        partial(text, settings.contact),
        partial(text_of_unit, "name", "understudy"),
        partial(text, settings.location),
        partial(integer, SERVICES),
        partial(integer, 0, TIME_TICKS),
    )
    return {(*SYSTEM, number): value for number, value in enumerate(values, 1)}


def _engine(engine: Engine) -> Live:
    return {
        (*ENGINE, 1): partial(wrap, OCTETS, engine.engine_id),
        (*ENGINE, 2): partial(integer, engine.boots),
        (*ENGINE, 3): lambda: integer(engine.engine_time()),
        (*ENGINE, 4): partial(integer, MAX_SIZE),
    }


def text(value: str) -> bytes:
    """DisplayString or SnmpAdminString of at most 255 octets."""
    return wrap(OCTETS, cut(value, 255).encode("utf-8", "replace"))
