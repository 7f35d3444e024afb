"""The face beside trouble with its files and ports: told as a sentence, tried again, and the command line keeps its socket."""

import socket
import stat
import subprocess
from pathlib import Path

import pytest

from agent.management import kept
from agent.management.http import tls
from tests.http.certificates import authority, client, free_port, issue
from tests.http.server import Server, curl, running
from tests.management.fakes import eventually


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Path]:
    """The server's."""
    authority(tmp_path)
    issue(tmp_path, "rx-a", "subjectAltName=IP:127.0.0.1")
    return {"certificate": tmp_path / "rx-a.pem", "key": tmp_path / "rx-a.key"}


def test_the_unix_socket_is_its_owners_alone(tmp_path: Path) -> None:
    """And one that an earlier life left is no obstacle."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "http.sock"))
    left.close()
    with running(tmp_path) as server:
        eventually(lambda: curl_works(server))
        assert stat.S_IMODE(server.settings.socket.stat().st_mode) == 0o600


def curl_works(server: Server) -> bool:
    """Does it answer yet?"""
    command = ["curl", "-sS", "--unix-socket", str(server.settings.socket), "http://localhost/-/healthy"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_port_that_is_taken_is_a_sentence_and_is_tried_again(
    tmp_path: Path, pair: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FIRST_DELAY_S", 0.05)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(tmp_path, port=port, address=("127.0.0.1",), **pair) as server:
            eventually(lambda: server.told)
            assert f"port {port}" in server.told[0]
            assert "ss -lntup" in server.told[0]
            assert server.curl("/-/healthy").status == 200
            taken.close()
            eventually(lambda: len(server.told) == 2)
            assert server.told[1] == f"http on port {port} is back"
            url = f"https://127.0.0.1:{port}/-/healthy"
            assert curl("--cacert", str(tmp_path / "ca.pem"), url).status == 200


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        (lambda files: files["key"].write_text("nothing"), "TLS cannot be served"),
        (lambda files: files["certificate"].unlink(), "No such file"),
        (lambda files: _lock(files["key"]), "password"),
        (lambda files: files.pop("key"), "set certificate and key"),
    ],
)
def test_files_that_cannot_be_used_are_a_sentence(tmp_path: Path, pair: dict[str, Path], spoil: object, phrase: str) -> None:
    assert callable(spoil)
    spoil(pair)
    with running(tmp_path, port=free_port(), address=("127.0.0.1",), **pair) as server:
        eventually(lambda: server.told)
        assert phrase in server.told[0]
        assert "Traceback" not in server.told[0]
        assert server.curl("/-/healthy").status == 200


def test_a_renewed_certificate_is_used_without_a_restart(
    tmp_path: Path, pair: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not fit its key is told, and the old one stays."""
    monkeypatch.setattr(tls, "RELOAD_S", 0.05)
    port = free_port()
    url, trust = f"https://127.0.0.1:{port}/-/healthy", ("--cacert", str(tmp_path / "ca.pem"))
    with running(tmp_path, port=port, address=("127.0.0.1",), **pair) as server:
        eventually(lambda: _answers(url, trust))
        good = pair["key"].read_bytes()
        authority(tmp_path, "ca2")
        pair["key"].write_bytes((tmp_path / "ca2.key").read_bytes())
        eventually(lambda: any("The certificate in use stays" in text for text in server.told))
        assert curl(*trust, url).status == 200
        pair["key"].write_bytes(good)
        eventually(lambda: server.told[-1] == "http: the renewed certificates are used from now on")
        issue(tmp_path, "rx-a", "subjectAltName=IP:127.0.0.1", by="ca2")
        eventually(lambda: _answers(url, ("--cacert", str(tmp_path / "ca2.pem"))))
        assert not _answers(url, trust)


def test_an_exchanged_authority_of_clients_is_used_without_a_restart(
    tmp_path: Path, pair: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 4: a certificate that is trusted no more is turned away, and a new site's is welcome."""
    monkeypatch.setattr(tls, "RELOAD_S", 0.05)
    port = free_port()
    url, trust = f"https://127.0.0.1:{port}/api/v1/unit", ("--cacert", str(tmp_path / "ca.pem"))
    clients = tmp_path / "clients.pem"
    clients.write_bytes((tmp_path / "ca.pem").read_bytes())
    authority(tmp_path, "ca2")
    shown = {by: client(tmp_path, f"client of {by}", "viewer", by=by) for by in ("ca", "ca2")}
    old, new = (("--cert", str(path), "--key", str(path.with_suffix(".key"))) for path in shown.values())
    with running(tmp_path, port=port, address=("127.0.0.1",), client_ca=clients, **pair) as server:
        eventually(lambda: _answers(url, (*trust, *old)))
        assert not _answers(url, (*trust, *new))
        clients.write_bytes((tmp_path / "ca2.pem").read_bytes())
        eventually(lambda: _answers(url, (*trust, *new)))
        assert not _answers(url, (*trust, *old))
        assert server.told[-1] == "http: the renewed certificates are used from now on"


def _lock(key: Path) -> None:
    """With a password."""
    command = ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:secret", "-out", f"{key}.locked"]
    subprocess.run(command, check=True, capture_output=True)
    key.write_bytes(Path(f"{key}.locked").read_bytes())


def test_a_socket_that_cannot_be_made_is_raised(tmp_path: Path) -> None:
    """So that faces.py tells it, and tries again."""
    (tmp_path / "http.sock").mkdir()
    server = Server(tmp_path)
    server.start()
    eventually(lambda: server.failure)
    assert isinstance(server.failure, OSError)


def test_without_authentication_the_health_pages_are_open_only_if_the_settings_say_so(
    tmp_path: Path, pair: dict[str, Path]
) -> None:
    port = free_port()
    url, trust = f"https://127.0.0.1:{port}", ("--cacert", str(tmp_path / "ca.pem"))
    with running(tmp_path, port=port, address=("127.0.0.1",), **pair) as server:
        eventually(lambda: _answers(url, trust))
        assert curl(*trust, f"{url}/-/role/7").status == 200
        assert curl(*trust, f"{url}/api/v1/unit").status == 401
        assert server.told == []


def _answers(url: str, trust: tuple[str, ...]) -> bool:
    return subprocess.run(["curl", "-sS", *trust, url], capture_output=True, check=False).returncode == 0


def test_one_host_has_half_of_the_places(tmp_path: Path, pair: dict[str, Path]) -> None:
    """Those in their handshake count: a host that begins none keeps no other out."""
    port = free_port()
    with running(tmp_path, port=port, address=("127.0.0.1",), max_connections=4, **pair) as server:
        eventually(lambda: _answers(f"https://127.0.0.1:{port}", ("--cacert", str(tmp_path / "ca.pem"))))
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        third = socket.create_connection(("127.0.0.1", port))
        third.settimeout(10)
        assert third.recv(10) == b""
        from_elsewhere = ["curl", "-sS", "--cacert", str(tmp_path / "ca.pem"), "--interface", "127.0.0.2"]
        ended = subprocess.run([*from_elsewhere, f"https://127.0.0.1:{port}/-/healthy"], capture_output=True, check=False)
        assert ended.stdout == b'{"healthy":true}', ended.stderr
        for client in (*held, third):
            client.close()
        assert server.told == []
