"""Who guesses keeps nobody else waiting."""

import asyncio
import base64

import pytest

from agent.management.metrics import passwords
from agent.management.metrics.passwords import Passwords, TooMany
from tests.metrics.server import HASH, PASSWORD, USER

USERS = {USER: HASH.encode()}


def shown(password: str) -> str:
    return "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()


def test_the_right_password_from_elsewhere_is_looked_at_while_one_address_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: neither the places nor the penalty of who guesses are anybody else's; he has two places."""
    monkeypatch.setattr(passwords, "GUESS_SHARE", 10_000)

    async def story() -> None:
        ours = Passwords(USERS)
        guesses = [asyncio.create_task(ours.is_right(shown(f"guess {number}"), "10.0.0.9")) for number in range(12)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(ours.is_right(shown(PASSWORD), "10.0.0.1"), 3)
        done = [guess for guess in guesses if guess.done()]
        assert len(done) == 10
        assert all(isinstance(guess.exception(), TooMany) for guess in done)
        for guess in guesses:
            guess.cancel()
        await asyncio.gather(*guesses, return_exceptions=True)

    asyncio.run(story())


def test_what_was_right_stays_so_over_a_reload_while_the_hash_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: a web.yml that is written anew asks nobody again; another hash does."""

    async def story() -> None:
        first = Passwords(USERS)
        assert await first.is_right(shown(PASSWORD), "10.0.0.1")
        monkeypatch.setattr(passwords, "_fits", lambda *_: False)
        monkeypatch.setattr(passwords, "GUESS_SHARE", 1)
        assert await Passwords(USERS, first).is_right(shown(PASSWORD), "10.0.0.1")
        assert not await Passwords({USER: HASH.encode()[:-1] + b"x"}, first).is_right(shown(PASSWORD), "10.0.0.1")

    asyncio.run(story())
