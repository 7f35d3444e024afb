"""Registers that no table has: what the Modbus face itself keeps, and the command block with its echo."""

from dataclasses import dataclass

from agent.model.managed import Bank, Register


@dataclass(frozen=True, slots=True)
class Extra:
    """`is_writable`: only in holding registers. `is_of_group`: from the group's block, else from 0."""

    name: str
    register: Register
    help: str
    is_writable: bool = False
    is_of_group: bool = False


EXTRAS = (
    Extra("heartbeat", Register(Bank.INPUT, 5), "Grows by one every second while the face lives; after 65535 comes 0"),
    Extra("group_base", Register(Bank.INPUT, 22), "Address of group 0 in each bank: 1000"),
    Extra("group_stride", Register(Bank.INPUT, 23), "Distance from one group to the next: 64"),
    Extra("watchdog_state", Register(Bank.INPUT, 24), "Of the write watchdog: 0 off, 1 running, 2 expired"),
    Extra("watchdog_left_s", Register(Bank.INPUT, 25), "Seconds until the write watchdog expires; 65535 when it is off"),
    Extra(
        "watchdog_timeout_s",
        Register(Bank.HOLDING, 10),
        "Write watchdog, 0..3600 s; 0: off. Expired, every other write is answered 04 until watchdog_kick is written",
        is_writable=True,
    ),
    Extra(
        "watchdog_kick",
        Register(Bank.HOLDING, 11),
        "Write any value to start the watchdog anew; reads what was written last",
        is_writable=True,
    ),
    Extra(
        "command_token",
        Register(Bank.HOLDING, 16),
        "A number of the client's own, 0..65535, which command_echo_token repeats: so it knows its answer from another's",
        is_writable=True,
        is_of_group=True,
    ),
    Extra(
        "command_flags",
        Register(Bank.HOLDING, 17),
        "Of the next command: 1 forced, 2 override, 3 both",
        is_writable=True,
        is_of_group=True,
    ),
    Extra(
        "command_echo",
        Register(Bank.INPUT, 52),
        "The command that the registers after this speak of; 0: none yet",
        is_of_group=True,
    ),
    Extra("command_echo_token", Register(Bank.INPUT, 53), "Its command_token", is_of_group=True),
    Extra(
        "command_result",
        Register(Bank.INPUT, 54),
        "0 busy, 1 done, 2 refused, 3 failed; 65535: no command yet",
        is_of_group=True,
    ),
    Extra(
        "command_denial",
        Register(Bank.INPUT, 55),
        "Why it was refused: 0 not refused, 1 bad value, 2 unknown, 3 not allowed, 4 conflict, 5 busy, 6 failed",
        is_of_group=True,
    ),
    Extra(
        "command_operation",
        Register(Bank.INPUT, 56, 2),
        "The operation that it began, or that was in its way; 0: none",
        is_of_group=True,
    ),
)
EXTRA = {extra.name: extra for extra in EXTRAS}
RESULT_BUSY, RESULT_DONE, RESULT_REFUSED, RESULT_FAILED = range(4)
FLAG_FORCED, FLAG_OVERRIDE = 1, 2
