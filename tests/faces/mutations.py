"""Spoiling what was good: bits, lengths, cuts, repetitions."""

from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, bytes], bytes]
MAX_INSERT = 300


def flip(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def set_byte(chance: Random, data: bytes) -> bytes:
    """To what lengths and tags break at."""
    at = chance.randrange(len(data))
    return data[:at] + bytes((chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x84, 0xFE, 0xFF)),)) + data[at + 1 :]


def cut(chance: Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def drop(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 8) :]


def repeat(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at : at + 16] * chance.randrange(2, 12) + data[at:]


def insert(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.randrange(1, MAX_INSERT)) + data[at:]


MUTATIONS: tuple[Mutation, ...] = (flip, flip, flip, set_byte, set_byte, cut, drop, repeat, insert)


def mutated(chance: Random, data: bytes) -> bytes:
    """One to four mutations; now and then none, and now and then nothing of it is left."""
    for _ in range(chance.randrange(5)):
        data = chance.choice(MUTATIONS)(chance, data) if data else chance.randbytes(chance.randrange(64))
    return data
