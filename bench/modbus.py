"""Modbus reads a second, beside a server in C with libmodbus and a stock pymodbus server, in turn, in one run."""

from socket import SOCK_STREAM

from bench.figure import Figure, Options, Row, say
from bench.native import CLIENT_CORE, LOOPBACK, compiled, numbers, on_core
from bench.serving import Found, Round, Serving, compared, free_port, is_met, middle, python, told

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


def servers(options: Options, port: int) -> list[Serving]:
    theirs = [
        Serving(C_SERVER, [str(compiled("modbus_server", "-I/usr/include/modbus", "-lmodbus")), str(port)]),
        Serving(STOCK, python("bench.modbus_stock", port)),
    ]
    ours = [Serving(OURS, python("tests.modbus.serve_sample", "--port", port, "--groups", GROUPS))]
    return (theirs if "theirs" in options.sides else []) + (ours if "ours" in options.sides else [])


def load(server: Serving, port: int, registers: int) -> Round:
    words = (compiled("modbus_load"), LOOPBACK, port, CONNECTIONS, HOLDING, FIRST_GROUP, registers, SECONDS, 1)

    def work() -> tuple[float, float, float]:
        rate, p99_us = numbers(on_core(CLIENT_CORE, *words))
        return rate, p99_us, 0

    return server.loaded(SECONDS, work)


def measure(options: Options) -> Found:
    """All servers in each round, so that a busy moment of the machine hits all."""
    found: dict[tuple[str, str], list[Round]] = {}
    for number in range(options.runs(ROUNDS)):
        port = free_port(SOCK_STREAM)
        for server in servers(options, port):
            with server:
                for registers in COUNTS:
                    found.setdefault((server.name, str(registers)), []).append(load(server, port, registers))
        said = (f"{name} {count}: {rounds[-1].rate:.0f}/s" for (name, count), rounds in found.items())
        say(f"  round {number + 1}: {', '.join(said)}")
    return found


def row(found: Found, registers: int) -> Row:
    ours, theirs = middle(found, OURS, str(registers)), middle(found, C_SERVER, str(registers))
    beside = "; ".join(f"{name} {told(middle(found, name, str(registers)))}" for name in (C_SERVER, STOCK))
    what = f"Modbus: reads of {registers} registers, {CONNECTIONS} connections"
    return Row(what, told(ours) + compared(ours, theirs, "C"), f">= {GOAL} x C", beside, is_met(ours, theirs, GOAL))


def run(options: Options) -> list[Row]:
    side = "ours" if "ours" in options.sides else "theirs"
    found = options.measure(side, "Modbus reads, all servers in turn", lambda: measure(options))
    return [row(found, registers) for registers in COUNTS] if found else []


FIGURE = Figure("modbus", "Modbus reads a second beside libmodbus in C and pymodbus", run)
