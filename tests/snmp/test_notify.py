"""Notifications on the wire, received by Debian's snmptrapd (S-12, D-25, Z-39, C-17)."""

from pathlib import Path

import pytest

from agent.model.words import EVENT
from agent.settings.faces import NotifyTarget
from tests.snmp.notifying import ENGINE_ID, Sending, happen, transition, wait
from tests.snmp.trap_receiver import USER, free_port, trap_receiver

WAYS = [("v2c", "trap"), ("v2c", "inform"), ("v3", "trap"), ("v3", "inform"), ("pysnmp", "trap"), ("pysnmp", "inform")]


@pytest.mark.parametrize(("version", "kind"), WAYS)
def test_a_change_of_role_reaches_the_receiver_once(tmp_path: Path, version: str, kind: str) -> None:
    """S-12: reason, before and after; in every version, and an inform is acknowledged, so it is not sent again."""
    port = free_port()
    word, user = ("v2c", "") if version == "v2c" else ("v3", USER)
    target = NotifyTarget("127.0.0.1", port, word, user, None, kind, 300, 1)

    async def script(sending: Sending) -> None:
        await wait(receiver, 1)
        transition(sending.model, 1, "backup claiming", "master_silent", "rx-a fell silent")
        transition(sending.model, 2, "claiming master", "output_open", "the output is open")
        await wait(receiver, 2)
        happen(sending.model, 3, what=EVENT.words["alarm"], after="split_brain", severity=3, text="two masters")
        await wait(receiver, 3)

    with trap_receiver(tmp_path, port, ENGINE_ID) as receiver:
        sending = Sending(tmp_path, (target,), is_ours=version != "pysnmp")
        sending.run(script)
        assert not receiver.read(0.7), "nothing is sent again"
    assert [one.kind for one in receiver.got] == ["cold_start", "role_change", "split_brain"]
    told = receiver.got[1].values
    assert (told["reason"], told["before"], told["after"]) == ("master_silent", "backup", "master")
    assert told["text"] == "rx-a fell silent; the output is open"
    assert told["group"] == "7"
    assert len({one.values.get("id") for one in receiver.got}) == 3
    assert sending.told == []
