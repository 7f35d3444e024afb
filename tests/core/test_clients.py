"""run/core.sock with real processes and sockets: core never waits for a client, and none can stop it (docs/architecture.md)."""

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.core.bystander import Bystander, ms
from tests.core.process import JITTER_NS, CoreProcess, CoreSocket, FakeWorker, Json, connect, receive, wait_until
from tests.netns.harness import Lan

pytestmark = pytest.mark.netns
MANAGEMENT = {"hello": "management", "pid": 1}


def ask(client: CoreSocket, message: Json) -> None:
    """One message to core."""
    client.send(json.dumps(message).encode())


def snapshot(client: CoreSocket) -> list[Json]:
    """Everything until the end of a snapshot."""
    found = [receive(client)]
    while found[-1].get("snapshot") != "end":
        found.append(receive(client))
    return found


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CoreProcess, Bystander]]:
    """One core for the whole module: no client may do it any harm."""
    with Lan(("a", "x")) as lan, CoreProcess(lan, tmp_path_factory.mktemp("station"), priority=254) as core:
        other = Bystander(lan)
        yield core, other
        other.close()


@pytest.fixture
def core(station: tuple[CoreProcess, Bystander]) -> Iterator[CoreProcess]:
    """It is alive after every test."""
    yield station[0]
    assert station[0].is_alive()


@pytest.fixture
def other(station: tuple[CoreProcess, Bystander]) -> Bystander:
    """Hears what is said from now on."""
    station[1].forget()
    return station[1]


@pytest.fixture(scope="module")
def lasting_worker(station: tuple[CoreProcess, Bystander]) -> Iterator[FakeWorker]:
    """Obeys, for as long as nobody replaces it."""
    with FakeWorker(station[0].socket_path) as worker:
        yield worker


@pytest.fixture
def worker(lasting_worker: FakeWorker, other: Bystander) -> FakeWorker:
    """Of a core that is master now."""
    other.hear("advert")
    return lasting_worker


def assert_punctual(core: CoreProcess, other: Bystander, seconds: float = 0.8) -> None:
    """Adverts come on their beat, as far as this shared machine lets them, and none is missing."""
    adverts = [heard for heard in other.listen(seconds) if heard.kind == "advert"]
    gaps = [ms(later.at_ns - earlier.at_ns) for earlier, later in pairwise(adverts)]
    assert len(gaps) >= seconds * 1000 / core.interval_ms - 3
    assert max(gaps) < core.interval_ms + ms(JITTER_NS), gaps


def is_cut_off(client: CoreSocket) -> bool:
    """Has core ended the connection?"""
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def test_socket_belongs_to_the_user_alone(core: CoreProcess) -> None:
    """docs/architecture.md: mode 0600."""
    assert stat.S_IMODE(core.socket_path.stat().st_mode) == 0o600


def test_process_of_another_user_is_turned_away(core: CoreProcess) -> None:
    """docs/architecture.md: also one that has got past the mode of the file, which is root's own doing here."""
    core.socket_path.chmod(0o666)
    for directory in (core.directory, *core.directory.parents):
        with suppress(PermissionError):
            directory.chmod(directory.stat().st_mode | 0o011)
    program = (
        "import os, socket, sys\nclient = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "os.chdir(sys.argv[1])\nos.setgid(65534); os.setuid(65534)\nclient.connect('core.sock')\nclient.settimeout(3)\n"
        'client.send(b\'{"hello": "management"}\')\nprint(len(client.recv(65536)))'
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(core.socket_path.parent)], capture_output=True, text=True, timeout=10, check=False
    )
    assert done.stdout.strip() == "0" or "Broken pipe" in done.stderr or "reset" in done.stderr, done
    assert core.is_alive()


def test_management_learns_everything_when_it_connects_and_when_it_asks(core: CoreProcess) -> None:
    """docs/architecture.md, Management: unit, members, devices, end."""
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        first = snapshot(client)
        ask(client, {"ask": "snapshot"})
        second = snapshot(client)
    for found in (first, second):
        assert [next(iter(message)) for message in found] == ["unit", "member", "device", "snapshot"]
    assert first[0]["unit"]["name"] == "unit-a"
    assert first[1]["member"]["takeover_timeout_us"] == core.timeout_ns // 1000
    assert first[1]["member"]["fenced"] is False


def test_command_gets_its_answer(core: CoreProcess, worker: FakeWorker) -> None:
    """C-17: definite, under the number of the command."""
    assert worker.lease_until_ns
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        snapshot(client)
        ask(client, {"command": {"id": "one", "verb": "set-master", "group": 7}})
        assert receive(client)["reply"] == {"id": "one", "outcome": "done", "text": "this unit is master already"}


def test_command_that_comes_too_late_is_void(core: CoreProcess, worker: FakeWorker) -> None:
    """C-17, D-26: who sent it has been told that it failed; one that is in time is carried out."""
    command = {"verb": "set-master", "group": 7}
    assert worker.lease_until_ns
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        snapshot(client)
        for spare_ns, outcome in ((-1, "failed"), (5_000_000_000, "done")):
            ask(client, {"command": {**command, "id": outcome, "expires_at_ns": time.monotonic_ns() + spare_ns}})
            answer = receive(client)["reply"]
            assert (answer["id"], answer["outcome"]) == (outcome, outcome)


NONSENSE = [
    b"garbage",
    b"[]",
    b"7",
    b'{"hello": "device", "name": "nobody"}',
    b'{"hello": "device", "name": ["rx"]}',
    b'{"hello": null}',
    b"[" * 60_000,
    b'{"a": ' * 10_000,
    b"\xff" * 60_000,
    b"9" * 60_000,
    b'{"report": "failed", "error": "a stranger cannot fail somebody else\'s device"}',
]


@pytest.mark.usefixtures("worker")
def test_strangers_with_nonsense_are_turned_away_one_by_one(core: CoreProcess, other: Bystander) -> None:
    """issue 2: bad input never kills anything; and the master goes on."""
    for nonsense in NONSENSE:
        with closing(connect(core.socket_path)) as client:
            client.send(nonsense)
            assert is_cut_off(client), nonsense[:60]
    assert_punctual(core, other, 0.3)


COMMANDS: list[object] = [
    {"id": "x", "verb": "set-master", "group": []},
    {"id": "x", "verb": "set-master", "group": {}},
    {"id": "x", "verb": "set-master", "group": 7.0},
    {"id": "x", "verb": "set-master", "group": True},
    {"id": "x", "verb": "set-master", "group": 300},
    {"id": "x", "verb": "set-master", "group": None},
    {"id": "x", "verb": ["set-master"], "group": 7},
    {"id": "x", "verb": "stop", "group": 7},
    {"id": 4, "verb": "set-master", "group": 7},
    {"id": "x", "verb": "launch", "group": 7},
    {},
]


@pytest.mark.parametrize("command", COMMANDS, ids=[json.dumps(command) for command in COMMANDS])
def test_command_that_makes_no_sense_is_answered_as_failed(core: CoreProcess, command: object) -> None:
    """C-17: definitely, and core lives on."""
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        snapshot(client)
        ask(client, {"command": command})
        answer = receive(client)
        assert answer["reply"]["outcome"] == "failed", answer
    assert core.is_alive()


@pytest.mark.parametrize(
    "message",
    [{"keys": [1, None, "zz"]}, {"keys": []}, {"keys": ["00" * 32] * 9}, {"ask": {}}, {"command": 7}, {"report": "ready"}, {}],
    ids=json.dumps,
)
def test_message_that_makes_no_sense_is_ignored(core: CoreProcess, message: Json) -> None:
    """issue 2: the next question is answered all the same."""
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        snapshot(client)
        ask(client, message)
        ask(client, {"ask": "snapshot"})
        assert snapshot(client)


@contextmanager
def flooding(send: Callable[[], None]) -> Iterator[None]:
    """As fast as a thread can, for the length of the block."""
    is_over = threading.Event()

    def flood() -> None:
        while not is_over.is_set():
            with suppress(BlockingIOError, TimeoutError):
                send()

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


FLOODER = """
import json, os, socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
client.send(b'{"hello": "management"}')
message = json.dumps({"command": {"id": "x", "verb": "set-master", "group": 7}}).encode()
parent = os.getppid()
print(flush=True)
while os.getppid() == parent:
    for _ in range(1000): client.send(message)
"""
"""Faster than core can read: it is on a processor of its own, and core has an answer to make for each."""


@pytest.mark.usefixtures("worker")
def test_client_that_floods_does_not_delay_adverts(core: CoreProcess, other: Bystander) -> None:
    """S-12: commands as fast as a process can write them, and nobody reads the answers."""
    words = [sys.executable, "-S", "-c", FLOODER, str(core.socket_path)]
    flooder = subprocess.Popen(words, stdout=subprocess.PIPE)
    try:
        assert flooder.stdout is not None
        flooder.stdout.readline()
        assert_punctual(core, other)
    finally:
        flooder.kill()
        flooder.communicate()


def test_worker_that_floods_reports_does_not_delay_adverts(core: CoreProcess, other: Bystander, worker: FakeWorker) -> None:
    """S-12: answers to orders that were never given, and statuses."""

    def report() -> None:
        worker.report("muted", id=999_999)
        worker.send({"status": {"x": "y" * 1000}})

    with flooding(report):
        assert_punctual(core, other)


@pytest.mark.usefixtures("worker")
def test_client_that_never_reads_costs_bounded_memory_and_no_time(core: CoreProcess, other: Bystander) -> None:
    """docs/architecture.md: 256 packets are queued, the rest is dropped."""
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        before = _resident_kib(core.process.pid)
        for _ in range(5_000):
            ask(client, {"command": {"id": "x" * 500, "verb": "set-master", "group": 7}})
        assert_punctual(core, other, 0.3)
        assert _resident_kib(core.process.pid) - before < 4096
        client.settimeout(0.1)
        told = 0
        with suppress(TimeoutError):
            while client.recv(65536):
                told += 1
        assert 256 <= told < 5_000


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.mark.usefixtures("worker")
def test_hundred_clients_that_say_nothing_lock_nobody_out(core: CoreProcess, other: Bystander) -> None:
    """docs/architecture.md: eight strangers are waited for; the oldest goes."""
    silent = [connect(core.socket_path) for _ in range(100)]
    try:
        with closing(connect(core.socket_path, MANAGEMENT)) as client:
            assert snapshot(client)
        assert_punctual(core, other, 0.3)
    finally:
        for client in silent:
            client.close()


@pytest.mark.parametrize(
    "report",
    [
        {"report": "opened"},
        {"report": "opened", "id": "7"},
        {"report": ["opened"], "id": 7},
        {"report": "flying"},
        {"status": 7},
        {"report": "loaded", "id": 10**400},
    ],
    ids=lambda report: str(report)[:40],
)
def test_report_that_makes_no_sense_changes_nothing(
    core: CoreProcess, other: Bystander, worker: FakeWorker, report: Json
) -> None:
    """issue 2: the master goes on."""
    worker.send(report)
    assert [other.hear("advert").kind for _ in range(3)]
    assert core.is_alive()
    wait_until(lambda: worker.lease_until_ns > time.monotonic_ns(), "the next lease")


def test_worker_of_another_device_name_gets_no_page(core: CoreProcess) -> None:
    """docs/architecture.md: the name is one of [device.NAME]."""
    with closing(connect(core.socket_path, {"hello": "device", "name": "tx", "pid": os.getpid()})) as client:
        assert is_cut_off(client)


def hello() -> Json:
    """Of a worker of the device that core has."""
    return {"hello": "device", "name": "rx", "pid": os.getpid()}


def test_of_two_living_workers_with_one_name_the_first_keeps_the_lease(
    core: CoreProcess, other: Bystander, worker: FakeWorker
) -> None:
    """C-24: the second is turned away as often as it comes; else both would come back, and take the output from each other."""
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        snapshot(client)
        for _ in range(5):
            with closing(connect(core.socket_path, hello())) as second:
                assert is_cut_off(second)
        assert_punctual(core, other, 0.3)
        assert not worker.is_cut_off
        assert worker.lease_until_ns > time.monotonic_ns()
        ask(client, {"ask": "snapshot"})
        assert not [message for message in snapshot(client) if "journal" in message]


def test_worker_whose_heart_stops_gives_way_to_the_next(core: CoreProcess, other: Bystander, worker: FakeWorker) -> None:
    """C-24: the older one's lease ends before the newer one is given any; management hears of every step. The last test here."""
    with closing(connect(core.socket_path, MANAGEMENT)) as client:
        snapshot(client)
        worker.has_heartbeat = False
        with closing(connect(core.socket_path, hello())) as second:
            assert is_cut_off(second)  # it may only be slow
        wait_until(lambda: worker.is_cut_off, "the end of the older connection")
        assert worker.lease_until_ns == 0
        with FakeWorker(core.socket_path) as successor:
            other.hear("give-up")
            wait_until(lambda: successor.lease_until_ns > time.monotonic_ns(), "the lease of the newer one")
            assert worker.lease_until_ns == 0
            told = [receive(client)]
            while told[-1].get("journal", {}).get("reason") != "output_open":
                told.append(receive(client))
    entries = [message["journal"] for message in told if "journal" in message]
    numbers = [entry["number"] for entry in entries]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({entry["boot"] for entry in entries}) == 1
    after = [entry["after"] for entry in entries if entry["what"] == "transition"]
    assert after == ["yielding", "fault", "backup", "claiming", "master"]
