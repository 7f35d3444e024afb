"""Messages that obey docs/protocol.md, and what the scapy layer calls each of their fields."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from agent.wire.keys import Keyring, make_key
from agent.wire.message import NOT_ACTING, Designation, Flag, Kind, Message, Why

SECRET: Final = bytes(range(32))
OTHER_SECRET: Final = bytes(range(32, 64))
KEYRING: Final = Keyring([make_key(SECRET)])
NO_KEYS: Final = Keyring()

RESIGNING: Final = (Kind.GIVE_UP, Kind.HANDOVER)
ADDRESSED: Final = (Kind.HANDOVER, Kind.REQUEST, Kind.REFUSAL)
ANSWERING: Final = (Kind.ADVERT, Kind.CLAIM, Kind.BEACON)
NEVER_MASTER: Final = (Kind.CLAIM, Kind.BEACON, Kind.REQUEST)

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFF_FFFF)
u64 = st.integers(0, 0xFFFF_FFFF_FFFF_FFFF)
u32_above_0 = st.integers(1, 0xFFFF_FFFF)
u64_above_0 = st.integers(1, 0xFFFF_FFFF_FFFF_FFFF)


def text(low: int, high: int) -> st.SearchStrategy[str]:
    """UTF-8 text of `low`..`high` bytes without control characters."""
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    return st.text(letters, min_size=low, max_size=high).filter(lambda chosen: low <= len(chosen.encode()) <= high)


names = text(1, 64)
softwares = text(0, 32)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message that the page allows its sender to send."""
    kind = draw(st.sampled_from(Kind))
    designation = draw(st.sampled_from(Designation))
    target, nonce = draw(_target_and_nonce(kind))
    return Message(
        kind=kind,
        device_type=draw(u8),
        group=draw(u8),
        priority=0 if kind in RESIGNING else draw(st.integers(1, 255)),
        interval_ms=draw(st.integers(10, 40950)),
        unit_id=draw(u64_above_0),
        boot=draw(u32_above_0),
        sequence=draw(u64_above_0),
        sent_at_us=draw(u64),
        name=draw(names),
        flags=draw(_flags(kind)),
        designation=designation,
        readiness=draw(u8),
        acting_for=draw(u8 | st.just(NOT_ACTING)) if designation is Designation.NM_BACKUP else NOT_ACTING,
        master_for_ms=0 if kind in NEVER_MASTER else draw(u32),
        target=target,
        nonce=nonce,
        operation=draw(u32),
        why=draw(st.sampled_from([why for why in Why if why or kind != Kind.REFUSAL])),
        capacity=draw(u16),
        config_revision=draw(u64),
        config_digest=draw(st.binary(min_size=32, max_size=32)),
        software=draw(softwares),
    )


def _target_and_nonce(kind: Kind) -> st.SearchStrategy[tuple[int, int]]:
    nothing = st.just(0)
    if kind is Kind.QUESTION:
        return st.tuples(nothing | u64_above_0, u64_above_0)
    if kind in ADDRESSED:
        return st.tuples(u64_above_0, nothing)
    unasked = st.tuples(nothing, nothing)
    return unasked | st.tuples(u64_above_0, u64_above_0) if kind in ANSWERING else unasked


def _flags(kind: Kind) -> st.SearchStrategy[Flag]:
    free = [Flag.PREEMPT, Flag.INCUMBENT, Flag.LEAVING, Flag.ATTENDED] + [Flag.PREEMPTING] * (kind is Kind.REQUEST)
    return st.sets(st.sampled_from(free)).map(lambda chosen: Flag(sum(chosen)))


def as_scapy(message: Message) -> dict[str, Any]:
    """Return the same meaning as arguments of `scapy_layer.craft`."""
    return {
        "kind": int(message.kind),
        "flags": int(message.flags) | int(message.designation) << 12,
        "device_type": message.device_type,
        "group": message.group,
        "priority": message.priority,
        "readiness": message.readiness,
        "interval_ms": message.interval_ms,
        "acting_for": message.acting_for,
        "unit_id": message.unit_id,
        "boot": message.boot,
        "master_for_ms": message.master_for_ms,
        "sequence": message.sequence,
        "sent_at_us": message.sent_at_us,
        "target": message.target,
        "nonce": message.nonce,
        "operation": message.operation,
        "reason": int(message.why),
        "capacity": message.capacity,
        "revision": message.config_revision,
        "digest": message.config_digest,
        "unit_name": message.name,
        "version": message.software,
    }
