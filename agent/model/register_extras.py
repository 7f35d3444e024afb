"""Registers that no table has: what the Modbus face itself keeps."""

from dataclasses import dataclass

from agent.model.managed import Bank, Register


@dataclass(frozen=True, slots=True)
class Extra:
    """From 0 of its bank. `is_writable`: only in holding registers."""

    name: str
    register: Register
    help: str
    is_writable: bool = False


EXTRAS = (
    Extra("heartbeat", Register(Bank.INPUT, 5), "Grows by one every second while the face lives; after 65535 comes 0"),
    Extra("group_base", Register(Bank.INPUT, 22), "Address of group 0 in each bank: 1000"),
    Extra("group_stride", Register(Bank.INPUT, 23), "Distance from one group to the next: 64"),
    Extra("watchdog_state", Register(Bank.INPUT, 24), "Of the write watchdog: 0 off, 1 running, 2 expired"),
    Extra("watchdog_left_s", Register(Bank.INPUT, 25), "Seconds until the write watchdog expires; 65535 when it is off"),
    Extra(
        "claim_left_s",
        Register(Bank.INPUT, 26),
        "Seconds until the claim ends by itself; 0: nobody has claimed writing",
    ),
    Extra(
        "watchdog_timeout_s",
        Register(Bank.HOLDING, 10),
        "Write watchdog, 0..3600 s; 0: off. Expired, every other write is answered 04 until watchdog_kick is written",
        is_writable=True,
    ),
    Extra(
        "watchdog_kick",
        Register(Bank.HOLDING, 11),
        "Write any value to start the watchdog anew (every accepted write does so too while it runs); reads what was written "
        "last",
        is_writable=True,
    ),
    Extra(
        "claim",
        Register(Bank.HOLDING, 12),
        "Write a number 1..65535 of your own to keep other Modbus clients from writing (they are answered 06) for 10 s from "
        "your last write; reads the claimant's number, 0: free; write 0 to give it back",
        is_writable=True,
    ),
)
