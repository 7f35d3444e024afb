"""SNMP: GETs and GETBULK cells a second, beside snmpd (C) and a stock pysnmp agent, in turn, in one run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from socket import SOCK_DGRAM
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.figure import Figure, Options, Row, median, say
from bench.native import CLIENT_CORE, LOOPBACK, compiled, numbers, on_core
from bench.serving import Serving, free_port, python
from bench.snmp_requests import COMMUNITY, PASSPHRASE, USER, Cells, bulks, gets, packed, v3_gets
from bench.snmp_tables import OURS, THEIRS

SECONDS = 2.0
ROUNDS = 5
SNMPD, STOCK, UNDERSTUDY = "snmpd (C)", "stock pysnmp", "Understudy"


class Load(NamedTuple):
    """`goal`: times the peer's rate. `is_cells`: what counts is cells, not answers."""

    name: str
    peer: str
    goal: float
    window: int
    is_cells: bool
    requests: Callable[[Cells, int], Sequence[bytes]]


LOADS = (
    Load("v2c GET of one object", SNMPD, 1.2, 8, False, lambda cells, _port: gets(cells)),
    Load("v2c GETBULK, 50 repetitions: cells", SNMPD, 0.8, 4, True, lambda cells, _port: bulks(cells)),
    Load("v3 GET (SHA-256, AES)", STOCK, 3.0, 8, False, v3_gets),
)


class Round(NamedTuple):
    """What one run of one load came to."""

    rate: float
    p99_us: float
    lost: float


Found = dict[tuple[str, str], list[Round]]
"""By server and load."""


class Subject(NamedTuple):
    """A server and the table in it."""

    serving: AbstractContextManager[Serving]
    name: str
    cells: Cells


@contextmanager
def snmpd(port: int) -> Iterator[Serving]:
    """Debian's, with our table in C by its own table helper; it need not log every packet."""
    library = compiled("snmp_table", "-I/usr/include/net-snmp", suffix=".so")
    with TemporaryDirectory() as directory:
        configuration = Path(directory, "snmpd.conf")
        configuration.write_text(
            f"dlmod snmp_table {library}\nrocommunity {COMMUNITY}\nrouser {USER} priv\ndontLogTCPWrappersConnects true\n"
            f"createUser {USER} SHA-256 {PASSPHRASE} AES {PASSPHRASE}\n[snmp] persistentDir {directory}\n"
        )
        options = ["-f", "-C", "-c", str(configuration), "-LF", "3", f"{directory}/log", f"udp:127.0.0.1:{port}"]
        with Serving(SNMPD, ["/usr/sbin/snmpd", *options], says_ready=False) as serving:
            yield serving


def subjects(options: Options, port: int) -> list[Subject]:
    stock = Serving(STOCK, python("bench.snmp_stock", port))
    ours = Serving(UNDERSTUDY, python("tests.snmp.serve_sample", "--port", port))
    theirs = [Subject(snmpd(port), SNMPD, THEIRS), Subject(stock, STOCK, THEIRS)]
    return (theirs if "theirs" in options.sides else []) + ([Subject(ours, UNDERSTUDY, OURS)] if "ours" in options.sides else [])


def run_load(load: Load, subject: Subject, port: int) -> Round:
    """RuntimeError for answers that say an error, or none."""
    words = on_core(CLIENT_CORE, compiled("snmp_load"), LOOPBACK, port, load.window, SECONDS)
    answers, cells, p99_us, lost, bad = numbers(words, packed(load.requests(subject.cells, port)))
    if bad:
        raise RuntimeError(f"{subject.name}: {bad:.0f} answers to {load.name} are errors")
    return Round(cells if load.is_cells else answers, p99_us, lost)


def measure(options: Options) -> Found:
    """All servers in each round, so that a busy moment of the machine hits all."""
    found: Found = {}
    for number in range(options.runs(ROUNDS)):
        port = free_port(SOCK_DGRAM)
        for subject in subjects(options, port):
            with subject.serving:
                for load in LOADS:
                    found.setdefault((subject.name, load.name), []).append(run_load(load, subject, port))
        say(
            f"  round {number + 1}: "
            + ", ".join(f"{name}, {load}: {rounds[-1].rate:.0f}/s" for (name, load), rounds in found.items())
        )
    return found


def rate(found: Found, name: str, load: Load) -> float:
    return median([one.rate for one in found.get((name, load.name), ())] or [0])


def told(found: Found, name: str, load: Load) -> str:
    rounds = found.get((name, load.name))
    if not rounds:
        return "-"
    lost = sum(one.lost for one in rounds)
    p99_ms = median([one.p99_us for one in rounds]) / 1000
    return f"{rate(found, name, load):,.0f}/s, p99 {p99_ms:.2f} ms" + (f", {lost:.0f} lost" if lost else "")


def row(found: Found, load: Load) -> Row:
    ours, theirs = rate(found, UNDERSTUDY, load), rate(found, load.peer, load)
    shown = told(found, UNDERSTUDY, load) + (f" ({ours / theirs:.2f} x {load.peer})" if ours and theirs else "")
    beside = "; ".join(f"{name} {told(found, name, load)}" for name in (SNMPD, STOCK))
    is_met = ours >= load.goal * theirs if ours and theirs else None
    return Row(f"SNMP: {load.name}, window {load.window}", shown, f">= {load.goal} x {load.peer}", beside, is_met)


def run(options: Options) -> list[Row]:
    side = "ours" if "ours" in options.sides else "theirs"
    found = options.measure(side, "SNMP, all agents in turn", lambda: measure(options))
    return [row(found, load) for load in LOADS] if found else []


FIGURE = Figure("snmp", "SNMP GET and GETBULK a second beside snmpd and pysnmp", run)
