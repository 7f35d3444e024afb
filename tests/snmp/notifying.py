"""A sender of notifications over a FakeModel, as the SNMP face runs it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.management.snmp.engine import Engine
from agent.management.snmp.notify import notify_forever
from agent.model.words import EVENT, REASON, ROLE
from agent.settings.faces import NotifyTarget, SnmpSettings
from tests.model.fake import FakeModel
from tests.model.sample import NOW_NS, sample_view, with_row
from tests.snmp.trap_receiver import AUTH, COMMUNITY, PRIV, USER, Receiver

ENGINE_ID = bytes.fromhex("80001f88050102030405060708090a0b0c")
QUIET: dict[str, Any] = {"event": {}, "alarm": {}, "decision": {}}


def quiet_model() -> FakeModel:
    """A backup at rest, nothing ever happened."""
    view = with_row(sample_view(), "member", (7,), role=ROLE.words["backup"])
    view = with_row(view, "unit", (), notification_min_interval_ms=0)
    model = FakeModel(view)
    model.advance(replace(view, tables={**view.tables, **QUIET}))
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
    news: asyncio.Event = field(default_factory=asyncio.Event)
    boots: int = 3
    is_ours: bool = True
    priv: str = PRIV

    def settings(self) -> SnmpSettings:
        users = self.directory / "users.toml"
        users.write_text(
            f'[[user]]\nname = "{USER}"\nauth = "SHA-256"\nauth_passphrase = "{AUTH}"\n'
            f'priv = "AES"\npriv_passphrase = "{self.priv}"\nrole = "viewer"\n'
        )
        users.chmod(0o600)
        community = self.directory / "community"
        community.write_text(f"{COMMUNITY}\n")
        community.chmod(0o600)
        return SnmpSettings(
            users_file=users,
            v2c_community_file=community,
            notify=self.targets,
            data_dir=self.directory / "data",
            own_message_security=self.is_ours,
        )

    def tell(self, text: str) -> None:
        """The sender's words for a person."""
        self.told.append(text)
        self.news.set()

    async def wait_told(self, count: int) -> None:
        """Until it has said so much."""
        while len(self.told) < count:
            self.news.clear()
            await self.news.wait()

    def run(self, script: Callable[["Sending"], Awaitable[None]]) -> None:
        """The sender runs while the script does."""

        async def both() -> None:
            engine = Engine(ENGINE_ID, self.boots)
            sender = asyncio.create_task(notify_forever(self.model, self.settings(), engine, self.tell))
            done, _ = await asyncio.wait([sender, asyncio.ensure_future(script(self))], return_when=asyncio.FIRST_COMPLETED)
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender
            for task in done:
                task.result()

        asyncio.run(both())


async def wait(receiver: Receiver, count: int) -> None:
    """Until it has so many."""
    await asyncio.to_thread(receiver.wait, count)
