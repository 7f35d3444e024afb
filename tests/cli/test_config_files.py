"""`understudy config export|import|restore`: whole revisions in files, complete or not at all."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from tests.cli.fake_handover import Cli, Json, done
from tests.cli.terminal import type_at


def archive(size: int = 100) -> bytes:
    """As `export` writes it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, data in (("document.toml", b"[ncc]\n"), ("files/show.bin", b"x" * size)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


def write_archive(_request: Json, files: list[int]) -> Json:
    """Into the descriptor that came along."""
    return done(bytes=os.write(files[0], archive()))


def test_export_is_complete_before_it_has_its_name(cli: Cli) -> None:
    """Z-28: a copy that can be restored byte for byte."""
    cli.fake.answers["export"] = write_archive
    ended = cli("config", "export", "7", "out.tar", "--revision", "12", "--part", "shared")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"done: {len(archive())} bytes in out.tar\n"
    assert (cli.directory / "out.tar").read_bytes() == archive()
    assert (cli.directory / "out.tar").stat().st_mode & 0o777 == 0o600
    assert cli.fake.last("export") == {"verb": "export", "group": 7, "revision": "12", "part": "shared"}
    assert not (cli.directory / "out.tar.part").exists()


def test_export_never_overwrites(cli: Cli) -> None:
    cli.fake.answers["export"] = write_archive
    for name in ("out.tar", "other.tar.part"):
        (cli.directory / name).write_text("mine")
        ended = cli("config", "export", "7", name.removesuffix(".part"))
        assert ended.returncode == 3
        assert "exists already" in ended.stderr
        assert (cli.directory / name).read_text() == "mine"
    assert cli.fake.asked == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"outcome": "refused", "text": "pruned"}, 3),
        (b"", 5),
        (done(bytes=0), 5),
        (lambda _request, files: done(bytes=os.write(files[0], archive()[:900])), 5),
        (lambda _request, files: done(bytes=os.write(files[0], b"no tar" * 200)), 5),
    ],
)
def test_an_export_that_is_cut_off_leaves_nothing(cli: Cli, answer: Json, code: int) -> None:
    cli.fake.answers["export"] = answer
    ended = cli("config", "export", "7", "out.tar")
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert list(cli.directory.glob("out*")) == []


@pytest.mark.parametrize("target", ["/proc/x.tar", "no/such/x.tar", "/dev/null"])
def test_export_to_where_nothing_can_be_written(cli: Cli, target: str) -> None:
    ended = cli("config", "export", "7", target)
    assert ended.returncode in {3, 5}
    assert "Name another file" in ended.stderr
    assert cli.fake.asked == []


def test_export_to_standard_output(cli: Cli) -> None:
    cli.fake.answers["export"] = lambda _request, files: done(bytes=os.write(files[0], b"bytes"))
    assert cli("config", "export", "7", "-").stdout == "bytes"
    assert cli("config", "export", "7", "-", "--json").returncode == 2


@pytest.mark.parametrize(("content", "kind"), [(b"[ncc]\n", "document"), (b'{"ncc": {}}', "document"), (archive(), "archive")])
def test_import_is_decided_by_content_and_not_by_name(cli: Cli, content: bytes, kind: str) -> None:
    cli.fake.answers["import"] = done(text="Revision 13 of group 7 is in force")
    (cli.directory / "odd.name").write_bytes(content)
    ended = cli("config", "import", "7", "odd.name", "--note", "from the other site")
    assert ended.returncode == 0, ended.stderr
    asked = cli.fake.last("import")
    assert (asked["kind"], asked["name"], asked["note"]) == (kind, "odd.name", "from the other site")
    assert cli.fake.came == [content]


def test_import_from_a_pipe(cli: Cli) -> None:
    cli.fake.answers["import"] = done(text="ok")
    assert cli("config", "import", "7", "-", stdin="[ncc]\n").returncode == 0
    assert cli.fake.came == [b"[ncc]\n"]


@pytest.mark.parametrize("content", [b"", b"  \n", b"\x1f\x8b\x08\x00", b"PK\x03\x04"])
def test_import_of_nothing_or_of_something_packed_is_refused_here(cli: Cli, content: bytes) -> None:
    (cli.directory / "x").write_bytes(content)
    ended = cli("config", "import", "7", "x")
    assert ended.returncode == 3
    assert "Nothing was changed" in ended.stderr
    assert cli.fake.asked == []


def test_import_that_the_schema_refuses_says_where_and_why(cli: Cli) -> None:
    findings = [{"path": "carrier.c1.port", "what": "there is no port lan9", "remedy": "Write one of: lan1"}]
    cli.fake.answers["import"] = {"outcome": "refused", "text": "1 problem, nothing was changed", "findings": findings}
    (cli.directory / "x").write_text("[ncc]\n")
    ended = cli("config", "import", "7", "x")
    assert ended.returncode == 3
    assert "  carrier.c1.port: there is no port lan9. Write one of: lan1.\n" in ended.stderr
    os.mkfifo(cli.directory / "fifo")
    assert cli("config", "import", "7", "fifo").returncode == 5


def test_restore_names_the_revision(cli: Cli) -> None:
    """A new revision with an old content."""
    cli.fake.answers["restore"] = done(text="Revision 13 of group 7 is in force", revision={})
    assert cli("config", "restore", "7", "3").stdout == "done: Revision 13 of group 7 is in force\n"
    assert cli.fake.last("restore")["revision"] == "3"
    assert json.loads(cli("config", "restore", "7", "ab12", "--json").stdout)["outcome"] == "done"


def progress(total: int) -> list[Json]:
    """Half, whole, done."""
    return [{"progress": {"what": "show.bin", "done_bytes": part, "total_bytes": total}} for part in (total // 2, total)] + [
        done(text="ok")
    ]


@pytest.mark.parametrize(("total", "is_shown"), [(999_999, False), (100_000_000, True)])
def test_a_bar_for_long_transfers_on_a_terminal(cli: Cli, total: int, is_shown: bool) -> None:
    cli.fake.answers["import"] = progress(total)
    (cli.directory / "x").write_text("[ncc]\n")
    arguments: list[str | Path] = ["config", "import", "7", cli.directory / "x", "-c", cli.file]
    code, shown = type_at(arguments, [])
    assert code == 0
    assert ("show.bin" in shown and "100.0/100.0 MB" in shown) is is_shown
    assert "done: ok" in shown
    ended = cli("config", "import", "7", "x")
    assert (ended.stdout, ended.stderr) == ("done: ok\n", "")
