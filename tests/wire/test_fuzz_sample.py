"""20,000 mutated packets; `./dev fuzz` does a million."""

from __future__ import annotations

import random

import pytest

from agent.wire.errors import Rejection
from tests.fuzz_decoder import ACCEPTED, KEYED, judge, make_corpus, mutate, run_chunk


@pytest.mark.parametrize("number", [0, 1])
def test_mutated_packets_are_refused_or_keep_their_meaning(number: int) -> None:
    """Nothing but DecodeError; and the sample gets everywhere: every refusal of the codec, and messages, come of it."""
    outcomes, finding = run_chunk((7420, number, 10_000))
    assert finding is None
    reached = list(Rejection)[1 : list(Rejection).index(Rejection.OTHER_TYPE)]
    assert {ACCEPTED, *(rejection.value for rejection in reached)} == set(outcomes)
    assert min(outcomes[ACCEPTED], outcomes[Rejection.MALFORMED]) > 1000


def test_the_same_seed_gives_the_same_datagrams() -> None:
    """So that a finding can be seen again."""
    first, second = random.Random("1"), random.Random("1")
    one, other = make_corpus(first), make_corpus(second)
    assert [mutate(first, one) for _ in range(100)] == [mutate(second, other) for _ in range(100)]


def test_a_decoder_that_raises_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzzer is not blind."""
    monkeypatch.setattr("tests.fuzz_decoder.decode", lambda datagram, _: datagram[9999])
    _, finding = run_chunk((1, 0, 10))
    assert finding is not None
    assert finding.what.startswith("IndexError")


def test_a_packet_that_was_not_bent_is_accepted() -> None:
    """The corpus is valid: what is refused was refused for its mutation."""
    signed = make_corpus(random.Random("2"))[1::2]
    assert {judge(datagram, KEYED) for datagram in signed} == {ACCEPTED}
