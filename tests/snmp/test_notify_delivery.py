"""What happens to notifications when sender or receiver go away, or do not understand one another; received by snmptrapd."""

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from agent.management.snmp.engine import Engine
from agent.management.snmp.notify_body import COLD_START, WARM_START, body_of_start
from agent.management.snmp.notify_clock import machine_boot, machine_ms
from agent.management.snmp.notify_message import INFORM, CommunitySpeech, Sense, Speech, notification_pdu
from agent.management.snmp.notify_pysnmp import PysnmpSpeech
from agent.management.snmp.notify_target import GIVE_UP_MS, name_of
from agent.management.snmp.notify_v3 import UserSpeech
from agent.management.snmp.queue import Queue
from agent.management.snmp.users import load_users
from agent.model.words import EVENT
from agent.settings.faces import NotifyTarget
from tests.model.sample import with_row
from tests.snmp.notifying import ENGINE_ID, Sending, happen, transition, wait
from tests.snmp.trap_receiver import USER, Got, free_port, trap_receiver


def inform(port: int, version: str = "v3", host: str = "127.0.0.1") -> NotifyTarget:
    return NotifyTarget(host, port, version, USER if version == "v3" else "", None, "inform", 200, 1)


def texts(got: list[Got]) -> list[str]:
    """Without the start of the unit."""
    return [one.values["text"] for one in got if one.kind not in {"cold_start", "warm_start"}]


def alarm(sending: Sending, number: int, name: str) -> None:
    happen(sending.model, number, what=EVENT.words["alarm"], name=name, severity=2, text=f"alarm {number}")


NAMES = ("strangers", "attended", "not_ready", "pool_conflict", "split_brain", "returned")


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_a_receiver_that_was_down_gets_everything_later_in_order(tmp_path: Path, version: str) -> None:
    """Said once when it begins and once when it is over."""
    port = free_port()

    async def script(sending: Sending) -> None:
        for number, name in enumerate(NAMES, 1):
            alarm(sending, number, name)
        await sending.wait_told(1)
        with trap_receiver(tmp_path, port) as receiver:
            await wait(receiver, len(NAMES) + 1)
            assert texts(receiver.got) == [f"alarm {number}" for number in range(1, len(NAMES) + 1)]
            assert not receiver.read(0.5), "all were acknowledged"

    sending = Sending(tmp_path, (inform(port, version),))
    sending.run(script)
    assert len(sending.told) == 2
    assert "does not get them" in sending.told[0]
    assert "has them again" in sending.told[1]


def test_a_receiver_that_starts_anew_has_another_time(tmp_path: Path) -> None:
    """RFC 3414, 3.2 7: its boots have grown; the inform that fails is sent again with what its report says, and not lost."""
    port = free_port()

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port) as receiver:
            alarm(sending, 1, "strangers")
            await wait(receiver, 2)
        with trap_receiver(tmp_path, port) as receiver:
            alarm(sending, 2, "attended")
            await asyncio.to_thread(receiver.wait_for, lambda: "alarm 2" in texts(receiver.got), 10.0)
            assert not receiver.read(0.5)
            assert texts(receiver.got)[-1] == "alarm 2", "alarm 1 again, if it was killed between writing and answering"

    Sending(tmp_path, (inform(port),)).run(script)


@pytest.mark.parametrize("kind", ["trap", "inform"])
def test_a_sender_that_is_killed_loses_nothing_and_doubles_nothing(tmp_path: Path, kind: str) -> None:
    """SIGKILL in the middle of sending. Only what was on its way in that very moment may come twice, with the same id."""
    port, count = free_port(), 160
    arguments = [str(tmp_path), str(port), kind, str(time.monotonic() + 0.5), str(count)]
    command = [sys.executable, "-m", "tests.snmp.notify_process", *arguments]
    with trap_receiver(tmp_path, port) as receiver:
        for last in (60, count):
            with subprocess.Popen(command) as sender:
                try:
                    receiver.wait_for(lambda: f"event {last}" in texts(receiver.got), 30)  # noqa: B023
                    is_more_to_come = last == count and receiver.read(0.4)
                finally:
                    sender.kill()
    assert not is_more_to_come
    heard = texts(receiver.got)
    assert list(dict.fromkeys(heard)) == [f"event {number}" for number in range(1, count + 1)], "all, in order"
    twice = [text for text, times in Counter(heard).items() if times > 1]
    ids = Counter(one.values["id"] for one in receiver.got if one.values)
    assert len(twice) <= 1
    assert len(ids) == count
    assert len(heard) <= count + 1


def test_one_that_cannot_be_reached_keeps_nobody_waiting(tmp_path: Path) -> None:
    """An address that no network leads to, a port where nobody is; each is said once."""
    port = free_port()
    targets = (inform(port, host="240.0.0.1"), inform(free_port(), "v2c"), inform(port))

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port) as receiver:
            began_s = time.monotonic()
            for number, name in enumerate(NAMES, 1):
                alarm(sending, number, name)
            await wait(receiver, len(NAMES) + 1)
            assert time.monotonic() - began_s < 5.0
        await sending.wait_told(2)

    sending = Sending(tmp_path, targets)
    sending.run(script)
    assert any("240.0.0.1:" in text for text in sending.told)


def test_a_receiver_with_another_passphrase_is_told_with_the_reason(tmp_path: Path) -> None:
    """For a person at 3 a.m.: whose passphrase, and which; never the passphrase."""
    port = free_port()

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port):
            await sending.wait_told(1)

    sending = Sending(tmp_path, (inform(port),), priv="something else")
    sending.run(script)
    assert "something else" not in sending.told[0]
    assert "no answer" in sending.told[0] or f"its passphrase for user {USER} is another (privacy)" in sending.told[0]


def test_a_users_file_that_is_open_to_others_is_told_and_the_others_are_served(tmp_path: Path) -> None:
    """SecretsError is one receiver's trouble."""
    port = free_port()

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port) as receiver:
            alarm(sending, 1, "strangers")
            await wait(receiver, 2)

    target = NotifyTarget("127.0.0.1", port, "v3", "nobody", None, "trap")
    sending = Sending(tmp_path, (target, inform(port, "v2c")))
    sending.run(script)
    assert len(sending.told) == 1
    assert "has no user nobody" in sending.told[0]


def test_traps_are_accepted_after_a_restart_of_the_unit(tmp_path: Path) -> None:
    """Facts row 13: the same engine, with more boots. And warmStart, as the machine has not started anew."""
    port = free_port()
    with trap_receiver(tmp_path, port, ENGINE_ID) as receiver:
        for boots in (3, 4):

            async def script(sending: Sending, boots: int = boots) -> None:
                await wait(receiver, 2 * boots - 5)
                alarm(sending, boots, {3: "pool_conflict", 4: "split_brain"}[boots])
                await wait(receiver, 2 * boots - 4)

            sending = Sending(tmp_path, (NotifyTarget("127.0.0.1", port, "v3", USER),), boots=boots)
            sending.model.advance(with_row(sending.model.view(), "unit", (), boot=boots))
            sending.run(script)
    assert [one.kind for one in receiver.got] == ["cold_start", "fault", "warm_start", "split_brain"]


def test_what_flaps_is_held_back_and_the_last_state_is_sent(tmp_path: Path) -> None:
    """usUnitNotificationMinInterval, set while it runs; usUnitNotificationsSuppressed counts."""
    port = free_port()

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port) as receiver:
            sending.model.advance(with_row(sending.model.view(), "unit", (), notification_min_interval_ms=1500))
            await wait(receiver, 1)
            for number in range(1, 8):
                change = "backup fault" if number % 2 else "fault backup"
                transition(sending.model, number, change, "device_failed" if number % 2 else "device_back", f"event {number}")
            await wait(receiver, 3)
            assert texts(receiver.got) == ["event 1", "event 7"]
            assert receiver.got[-1].values["suppressed"] == "5"
            assert not receiver.read(0.3)

    Sending(tmp_path, (inform(port, "v2c"),)).run(script)


def test_what_nobody_wanted_for_a_day_is_dropped_and_counted(tmp_path: Path) -> None:
    """GIVE_UP_MS; what is younger is still sent."""
    port = free_port()
    target = inform(port, "v2c")
    path = tmp_path / "data" / "snmp" / "queue.db"
    path.parent.mkdir(parents=True)
    queue = Queue(path)
    queue.aim([name_of(target)])
    for kind, age_ms in ((WARM_START, GIVE_UP_MS + 1000), (COLD_START, 1000)):
        queue.add({}, [body_of_start(kind)], machine_boot(), machine_ms() - age_ms)
    queue.close()

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port) as receiver:
            alarm(sending, 1, "strangers")
            await wait(receiver, 3)
            assert [one.kind for one in receiver.got] == ["cold_start", "cold_start", "fault"]

    Sending(tmp_path, (target,)).run(script)
    assert Queue(path).counted("expired") == 1


def test_switched_off_nothing_is_sent_then_or_later(tmp_path: Path) -> None:
    """usUnitNotificationsEnabled: what happened meanwhile is history when it is switched on again."""
    port = free_port()

    async def script(sending: Sending) -> None:
        with trap_receiver(tmp_path, port) as receiver:
            await wait(receiver, 1)
            sending.model.advance(with_row(sending.model.view(), "unit", (), notifications_enabled=False))
            alarm(sending, 1, "strangers")
            await asyncio.sleep(0.3)  # nothing to wait for: that nothing comes is what is looked for
            sending.model.advance(with_row(sending.model.view(), "unit", (), notifications_enabled=True))
            alarm(sending, 2, "attended")
            await wait(receiver, 2)
            assert texts(receiver.got) == ["alarm 2"]

    Sending(tmp_path, (inform(port, "v2c"),)).run(script)


def test_whatever_comes_back_is_survived(tmp_path: Path) -> None:
    """Random bytes, and our own messages with a bit turned: nothing is acknowledged by them, and nothing breaks."""
    Sending(tmp_path, ()).settings()
    (user,) = load_users(tmp_path / "users.toml").values()
    chance, pdu = random.Random(7), notification_pdu(INFORM, 5, [])
    engine = Engine(ENGINE_ID, 3)
    speeches: tuple[Speech, ...] = (CommunitySpeech(b"c"), UserSpeech(user, engine), PysnmpSpeech(user, engine))
    for speech, times in zip(speeches, (4000, 4000, 400), strict=True):
        ours = speech.inform(pdu, 1.0)
        for _ in range(times):
            data = bytearray(chance.choice((ours, chance.randbytes(chance.randrange(120)))))
            for _ in range(chance.randrange(4)):
                if data:
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            heard = speech.hear(bytes(data), 1.0)
            assert heard.sense is not Sense.ACKNOWLEDGED or speech is speeches[0], "v2c believes everybody"
