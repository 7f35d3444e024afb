"""Handing a configuration over: the first copy of 100 MB beside `scp` between the same two namespaces, and an edit of 10 kB.

Ours: TLS, every chunk hashed on both sides, fsync, verified as a whole and put in force; the connection is made within the time.
scp: the time for 100 MB less the time for an empty file, so that its start-up and login do not count against it; no fsync.
The two are measured in turn, in the same run, so that both have the same machine.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agent.pki import init_authority, issue
from bench.figure import Figure, Options, Row, median, say, spread
from tests.netns.harness import Lan
from tests.netns.harness.namespaces import run as command

SIZE_BYTES = 100_000_000
COPIES = 10
EDITS = 200
PORT = 7421
SSH_PORT = 2222
SHARE = 0.7
EDIT_MS = 10.0


class Measured(NamedTuple):
    """MB/s of each copy; ms of each edit, from the question to the revision in force."""

    ours: list[float]
    theirs: list[float]
    edits_ms: list[float]


class End:
    """A process of transfer_end in a namespace, spoken to by lines."""

    def __init__(self, lan: Lan, host: str, *words: str) -> None:
        enter = ("ip", "netns", "exec", lan.namespace(host), sys.executable, "-m", "bench.transfer_end")
        self._process = subprocess.Popen((*enter, *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()

    def ask(self, word: str) -> str:
        assert self._process.stdin
        print(word, file=self._process.stdin, flush=True)
        return self._line()

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError("the other process has ended")
        return line


def measure(copies: int, edits: int, has_scp: bool) -> Measured:
    with Lan(("a", "b")) as lan, ends(lan) as (server, client), sshd(lan, has_scp):
        copy_all(lan, client, 1, has_scp)
        ours, theirs = copy_all(lan, client, copies, has_scp)
        return Measured(ours, theirs, [edit_ms(server, client) for _ in range(edits)])


def copy_all(lan: Lan, client: End, copies: int, has_scp: bool) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    for number in range(copies):
        ours.append(SIZE_BYTES / 1e6 / float(client.ask("first")))
        if has_scp:
            theirs.append(SIZE_BYTES / 1e6 / (scp_s(lan, "show.bin") - scp_s(lan, "empty")))
        say(f"  copy {number + 1} of {copies}: {ours[-1]:.0f} MB/s, scp {theirs[-1] if theirs else 0:.0f} MB/s")
    return ours, theirs


def edit_ms(server: End, client: End) -> float:
    server.ask("edit")
    return float(client.ask("edit")) * 1000


@contextmanager
def ends(lan: Lan) -> Iterator[tuple[End, End]]:
    """The server with the file stored; a client with nothing."""
    init_authority(lan.directory)
    for host in ("a", "b"):
        issue(lan.directory, host, [7])
    (lan.directory / "show.bin").write_bytes(os.urandom(SIZE_BYTES))
    (lan.directory / "empty").touch()
    server = End(lan, "a", "serve", str(lan.directory), str(PORT), str(lan.directory / "show.bin"))
    try:
        client = End(lan, "b", "pull", str(lan.directory), str(PORT), lan.address("a"))
        try:
            yield server, client
        finally:
            client.close()
    finally:
        server.close()


@contextmanager
def sshd(lan: Lan, is_wanted: bool) -> Iterator[None]:
    """On host a, with keys and a configuration of its own; nothing of the machine's is read."""
    if not is_wanted:
        yield
        return
    place = lan.directory
    for name in ("host", "user"):
        command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name))
    (place / "sshd_config").write_text(
        f"Port {SSH_PORT}\nHostKey {place}/host\nAuthorizedKeysFile {place}/user.pub\nPidFile none\nUsePAM no\nStrictModes no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
    )
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    words = ("ip", "netns", "exec", lan.namespace("a"), "/usr/sbin/sshd", "-D", "-e", "-f", str(place / "sshd_config"))
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def scp_s(lan: Lan, name: str) -> float:
    """Seconds for one file, from start to end of scp."""
    place = lan.directory
    options = (
        f"Port={SSH_PORT}",
        f"IdentityFile={place}/user",
        "IdentitiesOnly=yes",
        "StrictHostKeyChecking=no",
        "BatchMode=yes",
    )
    words = [word for option in (*options, f"UserKnownHostsFile={place}/known") for word in ("-o", option)]
    got = place / "scp"
    got.unlink(missing_ok=True)
    start = time.perf_counter()
    source = f"root@{lan.address('a')}:{place / name}"
    command("ip", "netns", "exec", lan.namespace("b"), "scp", "-q", "-F", "none", *words, source, str(got))
    return time.perf_counter() - start


def run(options: Options) -> list[Row]:
    has_scp = "theirs" in options.sides and shutil.which("scp") is not None and Path("/usr/sbin/sshd").exists()
    if not has_scp:
        say("scp is not measured (not wanted, or Debian: apt-get install openssh-client openssh-server)")
    found = options.measure("ours", "transfer", lambda: measure(options.runs(COPIES), options.runs(EDITS), has_scp))
    if found is None:
        return []
    copied = median(found.ours) >= SHARE * median(found.theirs) if found.theirs else None
    edited = median(found.edits_ms) <= EDIT_MS
    return [
        Row("first copy of 100 MB", rates(found.ours), f">= {SHARE} x scp", rates(found.theirs), copied),
        Row("edit of 10 kB over an open connection", spread(found.edits_ms), f"median <= {EDIT_MS:.0f} ms", "-", edited),
    ]


def rates(values: list[float]) -> str:
    return f"{median(values):.0f} MB/s, {min(values):.0f} to {max(values):.0f} (n={len(values)})" if values else "-"


FIGURE = Figure("transfer", "the first copy of 100 MB beside scp, and an edit of 10 kB", run)
