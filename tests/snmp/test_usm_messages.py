"""Our own message security, message by message: the time window, the order of checks, replays, reports."""

from typing import Any

import pytest

from agent.management.snmp.ber import BerError, enter, integer, object_id, take_integer, wrap
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import MAX_BOOTS, Engine
from agent.management.snmp.message import (
    AUTH_FLAG,
    PRIV_FLAG,
    REPORTABLE,
    Authority,
    scoped_pdu,
    take_envelope,
)
from agent.management.snmp.users import Level, User, keys_of
from agent.management.snmp.usm import MessageSecurity, Outgoing, Refused, Sender, sealed
from agent.management.snmp.usm_keys import AUTHS, PRIVS, master_key
from agent.model.answers import Role

ENGINE_ID = bytes.fromhex("80001f880501020304")
MASTER = master_key(AUTHS["SHA-256"], b"correct horse")
USER = User("ops", Role.OPERATOR, AUTHS["SHA-256"], MASTER, PRIVS["AES"], MASTER)
SENDER = Sender(b"ops", USER.auth, keys_of(USER, ENGINE_ID))
NOW = Authority(ENGINE_ID, 3, 0)
SECURE = AUTH_FLAG | PRIV_FLAG | REPORTABLE
PDU = wrap(0xA0, integer(5) + integer(0) * 2 + wrap(0x30, wrap(0x30, object_id((1, 3, 6)) + b"\x05\x00")))


class Desk:
    """An engine whose clock the test turns."""

    def __init__(self, boots: int = 3) -> None:
        self.now_s = 1000.0
        self.engine = Engine(ENGINE_ID, boots, lambda: self.now_s)
        self.counters = Counters()
        self.security = MessageSecurity(self.engine, {b"ops": USER}, self.counters)

    def open(self, message: bytes) -> Any:
        """As the agent does."""
        start, end = enter(message, 0, len(message), 0x30)
        return self.security.open(take_envelope(message, take_integer(message, start, end)[1], end), message)

    def refusal(self, message: bytes) -> str:
        """Why not."""
        with pytest.raises(Refused) as refused:
            self.open(message)
        return refused.value.counter


def message(authority: Authority = NOW, flags: int = SECURE, sender: Sender = SENDER) -> bytes:
    """A request of the user ops."""
    return sealed(Outgoing(1, flags, scoped_pdu(ENGINE_ID, b"", PDU)), authority, sender)


@pytest.mark.parametrize(("flags", "level"), [(5, Level.AUTH_NO_PRIV), (7, Level.AUTH_PRIV), (4, Level.NO_AUTH_NO_PRIV)])
def test_what_was_sealed_is_opened(flags: int, level: Level) -> None:
    """At each level."""
    opened = Desk().open(message(flags=flags))
    assert opened.level is level
    assert opened.user is USER
    assert opened.scoped.data[opened.scoped.pdu_at : opened.scoped.end] == PDU


@pytest.mark.parametrize(("seconds", "is_good"), [(1000, True), (850, True), (1150, True), (849, False), (1151, False)])
def test_the_time_window(seconds: int, is_good: bool) -> None:
    """RFC 3414, 3.2.7: 150 s either way."""
    desk = Desk()
    desk.now_s += 1000
    if is_good:
        assert desk.open(message(Authority(ENGINE_ID, 3, seconds))).user is USER
    else:
        assert desk.refusal(message(Authority(ENGINE_ID, 3, seconds))) == "outside_windows"


@pytest.mark.parametrize("boots", [0, 2, 4, MAX_BOOTS])
def test_another_boot_is_outside_the_window(boots: int) -> None:
    """What was recorded before a restart is worth nothing after it."""
    assert Desk().refusal(message(Authority(ENGINE_ID, boots, 0))) == "outside_windows"


def test_an_engine_at_its_last_boot_lets_nobody_in() -> None:
    """RFC 3414, 2.2.3: latched."""
    assert Desk(MAX_BOOTS).refusal(message(Authority(ENGINE_ID, MAX_BOOTS, 0))) == "outside_windows"


def test_any_bit_that_changes_is_noticed() -> None:
    """Every byte of a signed message: refused or undecodable, and never opened as something else."""
    whole = message()
    for place in range(len(whole)):
        wrong = bytearray(whole)
        wrong[place] ^= 0x01
        desk = Desk()
        with pytest.raises((Refused, BerError)):
            desk.open(bytes(wrong))


def test_a_mac_of_another_length_is_wrong() -> None:
    """Not shortened until it fits."""
    user = User("ops", Role.OPERATOR, AUTHS["SHA-512"], MASTER)
    assert Desk().refusal(message(flags=5, sender=Sender(b"ops", user.auth, SENDER.keys))) == "wrong_digests"
    assert Desk().refusal(message(flags=5, sender=Sender(b"ops", None, SENDER.keys))) == "wrong_digests"


def test_a_report_outside_the_window_is_signed_and_others_are_not() -> None:
    """A manager believes a time only from who has the key; the rest he must be able to read without one."""
    desk = Desk()
    with pytest.raises(Refused) as refused:
        desk.open(message(Authority(ENGINE_ID, 2, 0)))
    assert refused.value.user is USER
    assert refused.value.level is Level.AUTH_NO_PRIV
    with pytest.raises(Refused) as refused:
        desk.open(message(sender=Sender(b"who", USER.auth, SENDER.keys)))
    assert refused.value.user is None
    assert desk.counters.unknown_users == 1


def test_a_key_of_one_engine_opens_no_other() -> None:
    """Localised keys: the same passphrase, another engine id."""
    other = Engine(ENGINE_ID + b"\x05", 3)
    security = MessageSecurity(other, {b"ops": USER}, Counters())
    stolen = sealed(Outgoing(1, SECURE, scoped_pdu(other.engine_id, b"", PDU)), Authority(other.engine_id, 3, 0), SENDER)
    with pytest.raises(Refused) as refused:
        security.open(take_envelope(stolen, stolen.index(integer(3)) + 3, len(stolen)), stolen)
    assert refused.value.counter == "wrong_digests"


def test_secrets_are_in_no_repr() -> None:
    """What is logged by mistake says nothing."""
    assert MASTER.hex() not in repr(USER)
    assert repr(MASTER) not in repr(USER)
    assert repr(SENDER.keys.auth) not in repr(SENDER)
