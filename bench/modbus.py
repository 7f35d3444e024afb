"""Modbus reads a second, beside a server in C with libmodbus and a stock pymodbus server, in turn, in one run."""

from socket import SOCK_STREAM

from bench.figure import Figure, Options, Row, median, say
from bench.native import CLIENT_CORE, LOOPBACK, compiled, numbers, on_core
from bench.serving import Serving, free_port, python

CONNECTIONS = 8
COUNTS = (10, 125)
SECONDS = 2.0
ROUNDS = 5
GOAL = 0.5
HOLDING = 3
GROUPS = 256
FIRST_GROUP = 1000 + 64 * 7
"""The sample's first group has number 7; its block and the next are full of values."""
C_SERVER, STOCK, OURS = "libmodbus (C)", "stock pymodbus", "Understudy"

Rates = dict[tuple[str, int], list[tuple[float, float]]]
"""Answers a second, and p99 in µs, of each round; by server and registers."""


def servers(options: Options, port: int) -> list[Serving]:
    theirs = [
        Serving(C_SERVER, [str(compiled("modbus_server", "-I/usr/include/modbus", "-lmodbus")), str(port)]),
        Serving(STOCK, python("bench.modbus_stock", port)),
    ]
    ours = [Serving(OURS, python("tests.modbus.serve_sample", "--port", port, "--groups", GROUPS))]
    return (theirs if "theirs" in options.sides else []) + (ours if "ours" in options.sides else [])


def load(port: int, registers: int, seconds: float) -> tuple[float, float]:
    words = (compiled("modbus_load"), LOOPBACK, port, CONNECTIONS, HOLDING, FIRST_GROUP, registers, seconds, 1)
    rate, p99_us = numbers(on_core(CLIENT_CORE, *words))
    return rate, p99_us


def measure(options: Options) -> Rates:
    """All servers in each round, so that a busy moment of the machine hits all."""
    found: Rates = {}
    for number in range(options.runs(ROUNDS)):
        port = free_port(SOCK_STREAM)
        for server in servers(options, port):
            with server:
                for registers in COUNTS:
                    found.setdefault((server.name, registers), []).append(load(port, registers, SECONDS))
        said = ", ".join(f"{name} {count}: {rates[-1][0]:.0f}/s" for (name, count), rates in found.items())
        say(f"  round {number + 1}: {said}")
    return found


def rate(found: Rates, name: str, registers: int) -> float:
    return median([rate for rate, _p99 in found.get((name, registers), ())] or [0])


def told(found: Rates, name: str, registers: int) -> str:
    rounds = found.get((name, registers))
    return f"{rate(found, name, registers):,.0f}/s, p99 {median([p99 for _rate, p99 in rounds]) / 1000:.2f} ms" if rounds else "-"


def row(found: Rates, registers: int) -> Row:
    ours, theirs = rate(found, OURS, registers), rate(found, C_SERVER, registers)
    shown = f"{told(found, OURS, registers)}" + (f" ({ours / theirs:.2f} x C)" if ours and theirs else "")
    beside = f"{C_SERVER} {told(found, C_SERVER, registers)}; {STOCK} {told(found, STOCK, registers)}"
    what = f"Modbus: reads of {registers} registers, {CONNECTIONS} connections"
    return Row(what, shown, f">= {GOAL} x C", beside, ours >= GOAL * theirs if ours and theirs else None)


def run(options: Options) -> list[Row]:
    side = "ours" if "ours" in options.sides else "theirs"
    found = options.measure(side, "Modbus reads, all servers in turn", lambda: measure(options))
    return [row(found, registers) for registers in COUNTS] if found else []


FIGURE = Figure("modbus", "Modbus reads a second beside libmodbus in C and pymodbus", run)
