"""How often core is asked: once for whoever wants to know, and not again for nobody."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from agent.management import view_keeper
from agent.management.memory import Memory
from agent.management.view_keeper import ViewKeeper
from agent.management.viewer import Sources
from tests.management.fakes import until
from tests.model.statuses import backup, status


class Core:
    """Sources that answer at once; `asked`: how often."""

    def __init__(self) -> None:
        self.memory, self.link, self.is_live, self.asked = Memory(), self, True, 0
        self.is_connected = True
        self.takes_s = 0.0

    async def refresh(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        self.is_live = self.is_connected
        if self.is_live:
            self.memory.take({"snapshot": "end"})

    def make(self) -> Sources:
        return Sources(status([backup(lease_remaining_ms=float(self.asked))]))


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    """Fifty times as fast as it is, and more."""
    for name, value in (("ACTIVE_S", 0.02), ("IDLE_S", 0.1), ("LOOKED_AT_S", 0.1)):
        monkeypatch.setattr(view_keeper, name, value)
    return Core()


def run(keeper: ViewKeeper, doing: Coroutine[Any, Any, None]) -> float:
    """How long it took, in periods of nobody's looking."""

    async def both() -> float:
        task, started_s = asyncio.create_task(keeper.keep_fresh()), time.monotonic()
        await doing
        task.cancel()
        return (time.monotonic() - started_s) / view_keeper.IDLE_S

    return asyncio.run(both())


def keeper_of(core: Core) -> ViewKeeper:
    keeper = ViewKeeper(core)  # type: ignore[arg-type]
    keeper._looked_at_s = -1e9  # the making of it is no look
    return keeper


def test_a_scrape_asks_once_and_nothing_is_kept_fresh_for_it(core: Core) -> None:
    """Issue 5: one every 15 s cost eleven snapshots, each of 255 groups."""
    keeper = keeper_of(core)

    async def scrapes() -> None:
        for _ in range(10):
            await asyncio.sleep(0.05)
            await keeper.fresh(0.01)

    periods = run(keeper, scrapes())
    assert 10 <= core.asked <= 10 + periods + 2


def test_whoever_looks_has_what_is_of_now(core: Core) -> None:
    """C-18: a face that reads the view as it is finds it fresh from its second look on."""
    keeper = keeper_of(core)

    async def looks() -> None:
        for _ in range(50):
            keeper.view()
            await asyncio.sleep(0.01)

    periods = run(keeper, looks())
    assert core.asked > 1.5 * periods + 1


def test_one_slow_answer_is_soon_forgotten(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-18: whoever watches saw what scrapes brought and no more, for as long as somebody scraped."""
    monkeypatch.setattr(view_keeper, "SHARE_ACTIVE", 3)
    keeper, scrapes = keeper_of(core), 10
    core.takes_s = 0.1

    async def watched_and_scraped() -> None:
        for _ in range(scrapes):
            await keeper.fresh(0.01)
            core.takes_s = 0.0
            keeper.view()
            await asyncio.sleep(0.08)

    run(keeper, watched_and_scraped())
    assert core.asked > 1.5 * scrapes


def test_who_asks_core_alone_keeps_nobody_from_asking_for_all(core: Core) -> None:
    """S-25: `status` every second hid from all faces what the handover process said."""
    keeper = keeper_of(core)

    async def looks_beside_status() -> None:
        for _ in range(50):
            core.memory.take({"snapshot": "end"})
            keeper.view()
            await asyncio.sleep(0.01)
        before = core.asked
        core.memory.take({"snapshot": "end"})
        await asyncio.sleep(0.011)
        await keeper.fresh(0.01)
        assert core.asked > before

    periods = run(keeper, looks_beside_status())
    assert core.asked > 1.5 * periods + 1


def test_a_core_that_is_away_is_asked_seldom(core: Core) -> None:
    """And asked again when it is back."""
    core.is_connected = False
    keeper = keeper_of(core)

    async def away_and_back() -> None:
        async with asyncio.timeout(20):
            await until(lambda: core.asked >= 3)
            core.is_connected = True
            await until(lambda: core.is_live)

    assert run(keeper, away_and_back()) >= core.asked - 1
