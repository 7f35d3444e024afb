"""run/config.sock of one real process: what people ask, what is refused, and that a refusal changes nothing."""

import io
import json
import os
import socket
import sqlite3
import stat
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.documents.canonical import canonical
from agent.handover.limits import MAX_DOCUMENT_LINE_BYTES
from agent.handover.orphan import is_orphaned, wait_until
from agent.handover.service import MAX_CLIENTS, MAX_LINE_BYTES
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author
from tests.handover.unit import ME, Json, Unit, memory_file, read_answer, until

RECEIVER: Json = {
    "carrier": [{"id": "c1", "input": "udp://239.1.1.1:5000", "port": "lan1"}],
    "port": [{"name": "lan1", "interface": "eth0"}],
    "route": [{"id": "r1", "carrier": "c1", "output": "udp://239.2.2.1:5000"}],
}


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    """A receiver that nobody else knows."""
    unit = Unit(tmp_path, "rx-a", driver="receiver")
    try:
        yield unit.start()
    finally:
        unit.end()


@pytest.fixture(scope="module")
def bystander(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    """For requests that change nothing: one process for all of them, with something in force."""
    unit = Unit(tmp_path_factory.mktemp("bystander"), "rx-a", driver="receiver")
    try:
        unit.start().edit(RECEIVER)
        yield unit
    finally:
        unit.end()


def revision_of(answer: Json) -> Json:
    """The revision in an answer."""
    assert isinstance(answer["revision"], dict)
    return answer["revision"]


def head(unit: Unit) -> Json | None:
    """What is in force."""
    found = unit.status()["head"]
    assert found is None or isinstance(found, dict)
    return found


def test_show_edit_history_diff_and_restore(unit: Unit) -> None:
    """Z-28: every revision stays, with author, face, unit and time, and comes back byte for byte."""
    assert unit.done("show", group=7)["revision"] is None
    first = unit.edit(RECEIVER, note="the first")
    changed = RECEIVER | {"route": [{"id": "r1", "carrier": "c1", "output": "udp://239.2.2.2:5000"}]}
    second = unit.edit(changed)
    assert (first["number"], first["author"], first["face"], first["unit"], first["note"]) == (
        1,
        ME,
        "cli",
        "rx-a",
        "the first",
    )
    assert second["parents"] == [first["id"]]
    span: dict[str, object] = {"from": "1", "to": None}
    assert unit.done("diff", (), group=7, **span)["differences"] == [
        {"path": "route.r1.output", "before": "udp://239.2.2.1:5000", "after": "udp://239.2.2.2:5000"}
    ]
    shown = unit.done("show", group=7)
    assert isinstance(classes := shown["class_of"], dict)
    assert (classes["port.lan1.interface"], classes["carrier.c1.input"]) == ("own-per-unit", "always")
    restored = revision_of(unit.done("restore", group=7, revision=str(first["id"])[:12]))
    assert (restored["kind"], restored["number"], restored["digest"]) == ("restore", 3, first["digest"])
    history = unit.done("history", group=7, limit=2)["revisions"]
    assert isinstance(history, list)
    assert [row["number"] for row in history] == [3, 2]
    older = unit.done("history", group=7, before=history[-1]["id"])["revisions"]
    assert isinstance(older, list)
    assert [row["number"] for row in older] == [1]
    assert unit.core.announced[7]["revision"] == 3


def test_a_number_that_two_revisions_have_is_refused(unit: Unit) -> None:
    """Z-28: after two histories without a common ancestor `restore 7 1` could mean either; both ids are named."""
    unit.stop()
    author = Author("eva", "cli", "elsewhere")
    with Ledger(unit.data / "ledger") as ledger:
        content = canonical({"identity": {"network_id": 1}})
        stranger = ledger.commit(7, content, {}, author, "first", parents=(), saved_at_ns=1)
    with sqlite3.connect(unit.data / "ledger/ledger.db") as database:
        database.execute("DELETE FROM head")
    database.close()
    unit.start()
    mine = unit.edit(RECEIVER)
    later = unit.edit(RECEIVER | {"identity": {"network_id": 2}})
    refused = unit.ask("restore", group=7, revision="1")
    assert refused["outcome"] == "refused"
    assert "several revisions" in str(refused["text"])
    for one in (str(mine["id"]), stranger.id.hex()):
        assert one[:12] in str(refused["text"])
    assert head(unit) == later
    assert revision_of(unit.done("show", group=7, revision="1"))["id"] == mine["id"], "to look at, the head's line is meant"
    assert revision_of(unit.done("restore", group=7, revision=stranger.id.hex()[:12]))["digest"] == stranger.digest.hex()
    assert "config history 7" in str(unit.ask("restore", group=7, revision="99")["text"])


def test_history_does_not_read_what_it_lists(unit: Unit) -> None:
    """Issue 3, figures: `config history` within 100 ms, whatever the documents' size. 100 kB each."""
    unit.stop()
    author = Author("eva", "cli", "rx-a")
    with Ledger(unit.data / "ledger") as ledger, ledger.transaction():
        for number in range(300):
            ledger.commit(7, canonical({"ncc": {"pad": f"{number:04}" * 25_000}}), {}, author, "edit")
    unit.start()
    begin_s = time.monotonic()
    rows = unit.done("history", group=7, limit=1000)["revisions"]
    taken_s = time.monotonic() - begin_s
    assert isinstance(rows, list)
    assert (len(rows), all(row["held"] for row in rows), [row["number"] for row in rows if row["head"]]) == (300, True, [300])
    assert min(taken_s, *(timed(unit) for _ in range(3))) < 0.03


def timed(unit: Unit) -> float:
    """Seconds for all."""
    begin_s = time.monotonic()
    unit.done("history", group=7, limit=1000)
    return time.monotonic() - begin_s


def test_a_document_that_the_schema_refuses_changes_nothing(unit: Unit) -> None:
    """All problems at once, each with path and remedy."""
    before = unit.edit(RECEIVER)
    wrong = {"carrier": [{"id": "c1", "input": "ftp://x", "frequency_khz": "high"}], "colour": 1}
    refused = unit.ask("edit", group=7, document=wrong, expect=before["id"])
    assert refused["outcome"] == "refused"
    assert isinstance(findings := refused["findings"], list)
    assert {"carrier.c1.input", "carrier.c1.frequency_khz", "colour"} <= {finding["path"] for finding in findings}
    assert all(finding["remedy"] for finding in findings)
    text = unit.ask("import", (memory_file(b"[[carrier]]\nid = \n"),), group=7, kind="document", name="new.toml")
    assert "new.toml:2" in str(text["text"])
    assert head(unit) == before


def test_who_edits_what_has_changed_meanwhile_is_told_by_whom(unit: Unit) -> None:
    """No silent overwrite."""
    first = unit.edit(RECEIVER)
    second = unit.edit(RECEIVER | {"identity": {"network_id": 1}})
    refused = unit.ask("edit", group=7, document=RECEIVER, expect=first["id"])
    assert (refused["outcome"], head(unit)) == ("refused", second)
    assert f"{ME} at rx-a" in str(refused["text"])
    assert unit.ask("edit", group=7, document=RECEIVER, expect=None)["outcome"] == "refused"
    assert "needs expect" in str(unit.ask("edit", group=7, document=RECEIVER)["text"])


def test_own_values_are_in_no_revision(unit: Unit) -> None:
    """C-19, S-31: an edit of them alone makes no revision; core hears of it; they are in no shared part."""
    before = unit.edit(RECEIVER)
    mark = unit.core.announced[7]["own"]
    changed = RECEIVER | {"port": [{"name": "lan1", "interface": "eth5"}]}
    assert "own values" in str(unit.done("edit", group=7, document=changed, expect=before["id"])["text"])
    assert head(unit) == before
    assert unit.core.announced[7]["own"] != mark
    assert "eth5" not in str(unit.document(part="shared"))
    assert "eth5" in str(unit.document(part="own"))
    assert "Nothing has changed" in str(unit.done("edit", group=7, document=changed, expect=before["id"])["text"])


def test_an_archive_goes_out_and_comes_back(unit: Unit, tmp_path: Path) -> None:
    """Z-28: POSIX tar; document, files and all are the same afterwards."""
    show = os.urandom(700_000)
    unit.edit(RECEIVER)
    before = revision_of(
        unit.done(
            "import",
            (memory_file(json.dumps(RECEIVER).encode()), memory_file(show)),
            group=7,
            kind="document",
            files={"the show.bin": 1},
        )
    )
    path = tmp_path / "out.tar"
    with path.open("wb") as target:
        answer = unit.done("export", (target.fileno(),), group=7)
    assert answer["bytes"] == path.stat().st_size
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["document.toml", "meta.json", "files/the show.bin"]
        assert tar.extractfile("files/the show.bin").read() == show  # type: ignore[union-attr]
    unit.done("edit", group=7, document={}, expect=before["id"], remove_files=["the show.bin"])
    with path.open("rb") as source:
        again = revision_of(unit.done("import", (source.fileno(),), group=7, kind="archive"))
    assert (again["digest"], again["number"]) == (before["digest"], 4)


def tar_of(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> int:
    """An archive as a descriptor; the last entry is of this kind."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.linkname = len(data), "/etc/passwd"
            info.type = kind if (name, data) == files[-1] else tarfile.REGTYPE
            tar.addfile(info, io.BytesIO(data))
    return memory_file(target.getvalue())


DOCUMENT = ("document.toml", b"")


@pytest.mark.parametrize(
    "files",
    [
        (DOCUMENT, ("../../etc/cron.d/x", b"1")),
        (DOCUMENT, ("files/../x", b"1")),
        (DOCUMENT, ("/etc/x", b"1")),
        (DOCUMENT, ("files/..", b"1")),
        (DOCUMENT, ("files/a/b", b"1")),
        (DOCUMENT, ("files/a\nb", b"1")),
        (DOCUMENT, ("files/a", b"1"), ("files/a", b"2")),
        (("files/a", b"1"),),
        (("document.toml", b"x" * (5 << 20)),),
        (("document.toml", b"colour = 1"),),
        (DOCUMENT, ("meta.json", b"[" * 5000)),
    ],
)
def test_hostile_archives_are_refused(bystander: Unit, files: tuple[tuple[str, bytes], ...]) -> None:
    """Ways out of the directory, names twice, no document, one too long, one that the schema refuses: nothing is changed."""
    before = head(bystander)
    refused = bystander.ask("import", (tar_of(*files),), group=7, kind="archive")
    assert (refused["outcome"], head(bystander)) == ("refused", before)
    assert not list(bystander.directory.parent.rglob("cron.d"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_archives_with_links_are_refused(bystander: Unit, kind: bytes) -> None:
    """An export has none."""
    before = head(bystander)
    refused = bystander.ask("import", (tar_of(DOCUMENT, ("files/a", b""), kind=kind),), group=7, kind="archive")
    assert "link or a special file" in str(refused["text"])
    assert head(bystander) == before


def test_an_archive_that_says_more_than_1_gib_is_refused_before_it_is_read(bystander: Unit) -> None:
    """The sum of all files counts."""
    target = io.BytesIO()
    for name, size in (("document.toml", 0), ("files/a", (1 << 30) + 1)):
        info = tarfile.TarInfo(name)
        info.size = size
        target.write(info.tobuf())
    begin_s = time.monotonic()
    refused = bystander.ask("import", (memory_file(target.getvalue()),), group=7, kind="archive")
    assert "1 GiB" in str(refused["text"])
    assert time.monotonic() - begin_s < 2


@pytest.mark.parametrize(
    "line",
    [b"x", b"[]", b'{"verb": "none"}', b'{"verb": "show"}', b'{"verb": "show", "group": 9}', b'{"verb": "show", "group": true}',
     b'{"verb": "show", "group": 7, "revision": []}', b'{"verb": "show", "group": 7, "revision": "77"}',
     b'{"verb": "edit", "group": 7, "document": [], "expect": null}', b'{"verb": "import", "group": 7, "kind": "document"}',
     b'{"verb": "import", "group": 7, "kind": "document", "files": {"../x": 0}}', b'{"verb": "export", "group": 7}',
     b'{"verb": "history", "group": 7, "limit": 0}', b'{"verb": "restore", "group": 7}', b'{"verb": "choose", "decision": [1]}',
     b'{"verb": "diff", "group": 7, "from": "%", "to": {}}', b'{"verb": "pair", "group": 7, "address": 5}', b"[" * 60_000,
     b'{"verb": "status", "x": "' + b"y" * MAX_LINE_BYTES + b'"}'],
)  # fmt: skip
def test_odd_requests_get_a_sentence(bystander: Unit, line: bytes) -> None:
    """Never a traceback, never silence; and the next one is served."""
    with bystander.connect() as connection:
        connection.sendall(line + b"\n" + b'{"verb": "status"}\n')
        answer = read_answer(connection)
        assert (answer["outcome"], bool(answer["text"])) == ("refused", True)
    assert bystander.done("status")["outcome"] == "done"
    assert "Traceback" not in bystander.said()


def test_the_socket_is_for_its_owner_and_bounded(unit: Unit) -> None:
    """Mode 0600; 16 clients, the next one is told so; a line over 4 MiB loses its connection; descriptors do not leak."""
    path = unit.data / "run/config.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert unit.process is not None
    descriptors = Path(f"/proc/{unit.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    clients = [unit.connect() for _ in range(MAX_CLIENTS)]
    for client in clients:
        client.sendall(b'{"verb": "status"}\n')
        assert read_answer(client)["outcome"] == "done"
    assert unit.ask("status")["outcome"] == "busy"
    for client in clients:
        client.close()
    until(lambda: unit.ask("status")["outcome"] == "done")
    with unit.connect() as connection:
        socket.send_fds(connection, [b'{"verb": "none"}\n'], [memory_file(b"x") for _ in range(30)])
        assert read_answer(connection)["outcome"] == "refused"
    with unit.connect() as connection, pytest.raises(OSError):  # noqa: PT011 (reset or broken pipe, as it happens)
        connection.sendall(b"x" * 3 * MAX_DOCUMENT_LINE_BYTES)
    until(lambda: len(list(descriptors.iterdir())) <= before + 1)


def test_a_second_process_is_refused_and_the_settings_too(unit: Unit) -> None:
    """One sentence with the remedy, exit code 5 and 2; SIGTERM ends it with 0."""
    twin = Unit.__new__(Unit)
    twin.__dict__.update(unit.__dict__)
    twin.start(wait=False)
    assert twin.process is not None
    assert twin.process.wait(10) == 5
    assert "one writer" in unit.said()
    unit.path.write_text("x = 1")
    twin.start(wait=False)
    assert twin.process.wait(10) == 2
    assert unit.stop() == 0
    assert "Traceback" not in unit.said()


def test_an_orphan_ends_when_core_is_gone_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hold the ledger's lock for nobody; as long as supervisor or core lives it stays."""
    parent = os.getppid()
    assert not is_orphaned(parent, 0.0, 100.0)
    monkeypatch.setattr(os, "getppid", lambda: parent + 1)
    assert not is_orphaned(parent, 95.0, 100.0)
    assert is_orphaned(parent, 90.0, 100.0)
    assert wait_until(lambda _now_s: True, lambda _s: False)
    assert not wait_until(lambda _now_s: True, lambda _s: True)
