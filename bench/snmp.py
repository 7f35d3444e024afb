"""SNMP: GETs and GETBULK cells a second, beside snmpd (C) and a stock pysnmp agent, in turn, in one run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from socket import SOCK_DGRAM
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.figure import Figure, Options, Row, say
from bench.native import CLIENT_CORE, LOOPBACK, compiled, numbers, on_core
from bench.serving import Found, Round, Serving, compared, free_port, is_met, middle, python, told
from bench.snmp_requests import COMMUNITY, PASSPHRASE, USER, Asked, Cells, bulks, discover, gets, packed, v3_gets
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
    requests: Callable[[Cells, Asked], Sequence[bytes]]


LOADS = (
    Load("v2c GET of one object", SNMPD, 1.2, 8, False, lambda cells, _asked: gets(cells)),
    Load("v2c GETBULK, 50 repetitions: cells", SNMPD, 0.8, 4, True, lambda cells, _asked: bulks(cells)),
    Load("v3 GET (SHA-256, AES)", STOCK, 3.0, 8, False, v3_gets),
)


def answers(port: int) -> bool:
    """Does somebody tell an engine id there?"""
    with suppress(OSError):
        return bool(discover(Asked(port)).engine_id)
    return False


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
        with Serving(SNMPD, ["/usr/sbin/snmpd", *options], lambda: answers(port)) as serving:
            yield serving


def subjects(options: Options, port: int) -> list[Subject]:
    stock = Serving(STOCK, python("bench.snmp_stock", port))
    ours = Serving(UNDERSTUDY, python("tests.snmp.serve_sample", "--port", port))
    theirs = [Subject(snmpd(port), SNMPD, THEIRS), Subject(stock, STOCK, THEIRS)]
    return (theirs if "theirs" in options.sides else []) + ([Subject(ours, UNDERSTUDY, OURS)] if "ours" in options.sides else [])


def run_load(load: Load, subject: Subject, serving: Serving, port: int) -> Round:
    """RuntimeError for answers that say an error, or none."""
    words = on_core(CLIENT_CORE, compiled("snmp_load"), LOOPBACK, port, load.window, SECONDS)
    given = packed(load.requests(subject.cells, Asked(port)))

    def work() -> tuple[float, float, float]:
        answers, cells, p99_us, lost, bad = numbers(words, given)
        if bad:
            raise RuntimeError(f"{subject.name}: {bad:.0f} answers to {load.name} are errors")
        return cells if load.is_cells else answers, p99_us, lost

    return serving.loaded(SECONDS, work)


def measure(options: Options) -> Found:
    """All servers in each round, so that a busy moment of the machine hits all."""
    found: dict[tuple[str, str], list[Round]] = {}
    for number in range(options.runs(ROUNDS)):
        port = free_port(SOCK_DGRAM)
        for subject in subjects(options, port):
            with subject.serving as serving:
                for load in LOADS:
                    found.setdefault((subject.name, load.name), []).append(run_load(load, subject, serving, port))
        said = (f"{name}, {load}: {rounds[-1].rate:.0f}/s" for (name, load), rounds in found.items())
        say(f"  round {number + 1}: {', '.join(said)}")
    return found


def row(found: Found, load: Load) -> Row:
    ours, theirs = middle(found, UNDERSTUDY, load.name), middle(found, load.peer, load.name)
    beside = "; ".join(f"{name} {told(middle(found, name, load.name))}" for name in (SNMPD, STOCK))
    shown, goal = told(ours) + compared(ours, theirs, load.peer), f">= {load.goal} x {load.peer}"
    return Row(f"SNMP: {load.name}, window {load.window}", shown, goal, beside, is_met(ours, theirs, load.goal))


def run(options: Options) -> list[Row]:
    side = "ours" if "ours" in options.sides else "theirs"
    found = options.measure(side, "SNMP, all agents in turn", lambda: measure(options))
    return [row(found, load) for load in LOADS] if found else []


FIGURE = Figure("snmp", "SNMP GET and GETBULK a second beside snmpd and pysnmp", run)
