"""Notifications on the wire, received by Debian's snmptrapd (S-12, D-25, Z-39, C-17)."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.management.snmp.engine import Engine
from agent.management.snmp.notify import notify_forever
from agent.model.words import EVENT, REASON, ROLE
from agent.settings.faces import NotifyTarget, SnmpSettings
from tests.model.fake import FakeModel
from tests.model.sample import NOW_NS, sample_view, with_row
from tests.snmp.trap_receiver import AUTH, COMMUNITY, PRIV, USER, Receiver, free_port, trap_receiver

ENGINE_ID = bytes.fromhex("80001f88050102030405060708090a0b0c")
QUIET: dict[str, Any] = {"event": {}, "alarm": {}, "decision": {}}


def quiet_model() -> FakeModel:
    """A backup at rest, nothing ever happened."""
    view = with_row(sample_view(), "member", (7,), role=ROLE.words["backup"])
    model = FakeModel(view)
    model.advance(type(view)(view.revision, view.made_at_ns, False, {**view.tables, **QUIET}))
    return model


def happen(model: FakeModel, number: int, **row: Any) -> None:
    """One more event in the view."""
    event = {"id": f"42-{number}", "at": NOW_NS, "group": 7, "severity": 1, "reason": 1, "author": ""}
    model.advance(with_row(model.view(), "event", (number,), **{**event, **row}))


def transition(model: FakeModel, number: int, change: str, reason: str, text: str = "") -> None:
    """The one door was used. `change`: `backup claiming`."""
    before, after = change.split()
    what = EVENT.words["transition"]
    happen(model, number, what=what, before=before, after=after, reason=REASON.words[reason], text=text)


@dataclass
class Sending:
    """Of a test: its model, its settings, and what was told."""

    directory: Path
    targets: tuple[NotifyTarget, ...]
    model: FakeModel = field(default_factory=quiet_model)
    told: list[str] = field(default_factory=list)
    root: Any = None

    def settings(self) -> SnmpSettings:
        users = self.directory / "users.toml"
        users.write_text(
            f'[[user]]\nname = "{USER}"\nauth = "SHA-256"\nauth_passphrase = "{AUTH}"\n'
            f'priv = "AES"\npriv_passphrase = "{PRIV}"\nrole = "viewer"\n'
        )
        users.chmod(0o600)
        community = self.directory / "community"
        community.write_text(f"{COMMUNITY}\n")
        community.chmod(0o600)
        return SnmpSettings(users_file=users, v2c_community_file=community, notify=self.targets, data_dir=self.directory / "data")

    def run(self, script: Callable[["Sending"], Any]) -> None:
        """The sender runs while the script does."""

        async def both() -> None:
            engine = Engine(ENGINE_ID, 3)
            sender = asyncio.create_task(notify_forever(self.model, self.settings(), engine, self.told.append))
            done, _ = await asyncio.wait([sender, asyncio.create_task(script(self))], return_when=asyncio.FIRST_COMPLETED)
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender
            for task in done:
                task.result()

        asyncio.run(both())


async def wait(receiver: Receiver, count: int) -> None:
    """Until it has so many."""
    await asyncio.to_thread(receiver.wait, count)


@contextmanager
def receiving(directory: Path, port: int) -> Iterator[Receiver]:
    with trap_receiver(directory, port, ENGINE_ID) as receiver:
        yield receiver


@pytest.mark.parametrize(("version", "kind"), [("v2c", "trap"), ("v2c", "inform"), ("v3", "trap"), ("v3", "inform")])
def test_a_change_of_role_reaches_the_receiver_once(tmp_path: Path, version: str, kind: str) -> None:
    """S-12: reason, before and after; in every version, and an inform is acknowledged, so it is not sent again."""
    port = free_port()
    target = NotifyTarget("127.0.0.1", port, version, USER if version == "v3" else "", None, kind, 300, 1)

    async def script(sending: Sending) -> None:
        await wait(receiver, 1)
        transition(sending.model, 1, "backup claiming", "master_silent", "rx-a fell silent")
        transition(sending.model, 2, "claiming master", "output_open", "the output is open")
        await wait(receiver, 2)
        happen(sending.model, 3, what=EVENT.words["alarm"], after="split_brain", severity=3, text="two masters")
        await wait(receiver, 3)

    with receiving(tmp_path, port) as receiver:
        sending = Sending(tmp_path, (target,))
        sending.run(script)
        assert not receiver.read(0.7), "nothing is sent again"
    assert [one.kind for one in receiver.got] == ["cold_start", "role_change", "split_brain"]
    told = receiver.got[1].values
    assert (told["reason"], told["before"], told["after"]) == ("master_silent", "backup", "master")
    assert told["text"] == "rx-a fell silent; the output is open"
    assert told["group"] == "7"
    assert len({one.values.get("id") for one in receiver.got}) == 3
    assert sending.told == []
