"""`python -m tests.fuzz_decoder [--count N] [--seed N]`: mutated packets into the decoder, on both cores.

The packets start out valid (made by tests/scapy_layer.py, not by the agent). They are then bent: flipped bits, lies about
lengths, boundary values, cuts, splices. Half of them are signed again afterwards, so that what lies behind the MAC is
reached. The outcome must be a DecodeError or a Message that encodes and decodes to itself; anything else stops the run with the
datagram in hex. A seed gives the same datagrams again, on any number of cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from agent.wire.codec import decode, encode
from agent.wire.errors import DecodeError
from agent.wire.keys import Keyring, make_key
from tests.scapy_layer import AUTHENTICATED, HEADER_BYTES, KINDS, TRAILER_BYTES, craft, reseal

CHUNK: Final = 10_000
CORPUS: Final = 48
SECRET: Final = bytes(range(32))
KEYED: Final = Keyring([make_key(SECRET)])
KEYLESS: Final = Keyring()
ACCEPTED: Final = "accepted"

# Where a header field starts, and its width in bytes.
FIELDS: Final = (
    (0, 2), (2, 1), (3, 1), (4, 2), (6, 2), (8, 1), (9, 1), (10, 1), (11, 1), (12, 2), (14, 2), (16, 8), (24, 4),
    (28, 4), (32, 8), (40, 8), (48, 8), (56, 8), (64, 4), (68, 2), (70, 2), (72, 8), (80, 32),
)  # fmt: skip
INTERESTING: Final = (0, 1, 9, 10, 111, 112, 113, 127, 128, 148, 254, 255, 256, 511, 512, 513, 40950, 40951, 0x7FFF, 0xFFFF)

Mutation = Callable[[random.Random, bytearray, list[bytes]], None]


class Finding(NamedTuple):
    """What must not happen, with all that is needed to see it again."""

    datagram: bytes
    is_keyed: bool
    what: str


class ChunkResult(NamedTuple):
    """Outcomes of one chunk by name; the first finding ended it."""

    outcomes: Counter[str]
    finding: Finding | None


# Mutations -----------------------------------------------------------------------------------------------------------


def flip_bits(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """One to four bits, anywhere."""
    del corpus
    for _ in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def set_field(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """A boundary value in a header field."""
    del corpus
    at, width = rng.choice(FIELDS)
    if at + width <= len(data):
        data[at : at + width] = (rng.choice(INTERESTING) & (1 << 8 * width) - 1).to_bytes(width, "big")


def lie_about_header(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """A header length near the truth, or near the end of the packet."""
    del corpus
    if len(data) >= HEADER_BYTES:
        value = rng.choice((HEADER_BYTES, len(data), len(data) - TRAILER_BYTES, rng.randrange(0x10000))) + rng.randint(-3, 3)
        data[6:8] = (value & 0xFFFF).to_bytes(2, "big")


def lie_about_item(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """A wrong length or type in the first item, or in what stands where an item might."""
    del corpus
    if len(data) > HEADER_BYTES + 2:
        at = rng.choice((HEADER_BYTES, HEADER_BYTES + 1, rng.randrange(HEADER_BYTES, len(data))))
        data[at] = rng.choice((0, 1, 2, 3, 33, 64, 65, 255, data[at] ^ 1))


def bend_text(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """Controls, halves of UTF-8 letters, surrogates, in the items."""
    del corpus
    if len(data) > HEADER_BYTES + 4:
        at = rng.randrange(HEADER_BYTES + 2, len(data))
        piece = rng.choice((b"\n", b"\x00", b"\x7f", b"\xc2\x85", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"))
        data[at : at + len(piece)] = piece


def cut(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """Off the end, or out of the middle."""
    del corpus
    if data:
        start = rng.randrange(len(data))
        del data[start : rng.choice((len(data), start + rng.randint(1, 8)))]


def grow(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """Noise in the middle or at the end, past 512 bytes at times."""
    del corpus
    at = rng.choice((len(data), rng.randint(0, len(data))))
    data[at:at] = rng.randbytes(rng.choice((1, 2, 3, 36, 400)))


def splice(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """The head of this packet and the tail of another."""
    other = rng.choice(corpus)
    data[rng.randint(0, len(data)) :] = other[rng.randint(0, len(other)) :]


def repeat(rng: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    """A piece twice: items doubled, trailers shifted."""
    del corpus
    start = rng.randint(0, len(data))
    data[start:start] = data[start : start + rng.randint(1, 40)]


MUTATIONS: Final[tuple[Mutation, ...]] = (
    flip_bits, set_field, lie_about_header, lie_about_item, bend_text, cut, grow, splice, repeat,
)  # fmt: skip


# One datagram --------------------------------------------------------------------------------------------------------


def make_corpus(rng: random.Random) -> list[bytes]:
    """Valid packets of every kind, half of them signed."""
    return [_make_valid(rng, list(KINDS)[number % len(KINDS)], SECRET if number % 2 else None) for number in range(CORPUS)]


def _make_valid(rng: random.Random, kind: int, key: bytes | None) -> bytes:
    return craft(
        kind,
        key,
        minor=rng.choice((0, 0, 3)),
        header_extra=rng.choice((b"", b"", b"more")),
        group=rng.randrange(256),
        unit_id=rng.getrandbits(63) + 1,
        sequence=rng.getrandbits(63) + 1,
        sent_at_us=rng.getrandbits(64),
        interval_ms=rng.randint(10, 40950),
        unit_name=rng.choice(("a", "receiver 1", "Empfänger süd", "受信機", "x" * 64)),
        version=rng.choice((None, "", "1.0", "y" * 32)),
    )


def mutate(rng: random.Random, corpus: list[bytes]) -> bytes:
    """Bend a packet one to three times; sign half of the results again, with the flag set."""
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(MUTATIONS)(rng, data, corpus)
    return _sign_again(data) if rng.random() < 0.5 else bytes(data)


def _sign_again(data: bytearray) -> bytes:
    was_signed = len(data) > 5 and bool(data[5] & AUTHENTICATED)
    if len(data) > 5:
        data[5] |= AUTHENTICATED
    body = bytes(data) if was_signed else bytes(data) + bytes(TRAILER_BYTES)
    return reseal(body, SECRET)


def choose_keyring(rng: random.Random, datagram: bytes) -> Keyring:
    """Mostly the LAN on which such a packet is at home: refused for what it is, not for where it came."""
    is_signed = len(datagram) > 5 and bool(datagram[5] & AUTHENTICATED)
    return KEYED if is_signed == (rng.random() < 0.9) else KEYLESS


def judge(datagram: bytes, keyring: Keyring) -> str:
    """Return the outcome's name. Raises whatever the decoder should not have raised; AssertionError for a changed meaning."""
    try:
        message = decode(datagram, keyring)
    except DecodeError as error:
        return error.reason.value
    again = decode(encode(message, keyring), keyring)
    assert again == message, f"{message} came back as {again}"
    return ACCEPTED


# Runs ----------------------------------------------------------------------------------------------------------------


def run_chunk(job: tuple[int, int, int]) -> ChunkResult:
    """Judge `count` datagrams of chunk `number` of this seed."""
    seed, number, count = job
    rng = random.Random(f"{seed}/{number}")
    corpus = make_corpus(rng)
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        datagram = mutate(rng, corpus)
        keyring = choose_keyring(rng, datagram)
        try:
            outcomes[judge(datagram, keyring)] += 1
        except Exception as error:
            return ChunkResult(outcomes, Finding(datagram, bool(keyring), f"{type(error).__name__}: {error}"))
    return ChunkResult(outcomes, None)


def chunks(seed: int, count: int) -> Iterator[tuple[int, int, int]]:
    """Jobs of at most 10,000 datagrams; what is in a chunk depends on seed and number alone."""
    for number, start in enumerate(range(0, count, CHUNK)):
        yield seed, number, min(CHUNK, count - start)


def run(seed: int, count: int, processes: int) -> tuple[Counter[str], Finding | None]:
    """All chunks, or those before the first finding."""
    total: Counter[str] = Counter()
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for result in pool.imap_unordered(run_chunk, chunks(seed, count)):
            total += result.outcomes
            _show_progress(total.total(), count, time.monotonic() - started)
            if result.finding:
                return total, result.finding
    return total, None


def _show_progress(done: int, count: int, seconds: float) -> None:
    is_last = done >= count
    if sys.stderr.isatty() or is_last:
        line = f"{done:,} of {count:,} datagrams, {done / seconds:,.0f} a second"
        print(f"\r{line}", end="\n" if is_last else "", file=sys.stderr, flush=True)


def report(total: Counter[str]) -> str:
    """A line for each outcome, most frequent first."""
    return "\n".join(f"{count:>12,}  {outcome}" for outcome, count in total.most_common())


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_decoder", description="Mutated packets into the decoder.")
    parser.add_argument("--count", type=int, default=1_000_000, help="datagrams (default: 1000000)")
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to see the same again")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one a core")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Return 1 when something was found."""
    options = _parse(arguments)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    total, finding = run(seed, options.count, options.processes)
    print(report(total))
    if finding is None:
        print(f"nothing but DecodeError and messages that keep their meaning, in {total.total():,} datagrams")
        return 0
    lan = "with" if finding.is_keyed else "without"
    print(f"FOUND, on a LAN {lan} a key: {finding.what}\n  {finding.datagram.hex()}\n  again: --seed {seed}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
