"""The port: what it answers, to whom, and what a network can do to it. By curl and plain sockets."""

import base64
import gzip
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.management.httpd import listener
from agent.management.httpd.form import MAX_HEADER_BYTES
from agent.management.kept import Failed
from agent.management.metrics import passwords, serve
from tests.http.certificates import authority, client, issue
from tests.management.fakes import eventually
from tests.metrics.reading import complaints, needs_promtool, value, values
from tests.metrics.server import HASH, PASSWORD, USER, Server, running
from tests.model.sample import sample_view

OPEN = "application/openmetrics-text;version=1.0.0"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of the unit and of two clients."""
    directory = tmp_path_factory.mktemp("site")
    authority(directory)
    issue(directory, "unit", "subjectAltName=IP:127.0.0.1", "basicConstraints=CA:FALSE")
    client(directory, "prometheus")
    issue(directory, "grafana", "subjectAltName=DNS:grafana.example", "extendedKeyUsage=clientAuth")
    return directory


def web_config(directory: Path, text: str) -> Path:
    file = directory / "web.yml"
    file.write_text(text)
    return file


TLS = "tls_server_config: {{cert_file: {0}/unit.pem, key_file: {0}/unit.key{1}}}\n"
USERS = f"basic_auth_users: {{{USER}: {HASH}}}\n"


def trust(site: Path, who: str = "") -> list[str]:
    shown = ["--cert", f"{site}/{who}.pem", "--key", f"{site}/{who}.key"] if who else []
    return ["--cacert", f"{site}/ca.pem", *shown]


@needs_promtool
def test_a_scrape_is_what_prometheus_reads(server: Server) -> None:
    """Issue 5: text 0.0.4 by default, OpenMetrics by Accept; each says which it is."""
    plain, opened = server.curl("/metrics"), server.curl("/metrics", "-H", f"Accept: {OPEN}")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert opened.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert complaints(plain.body) == ""
    assert values(opened.body, is_open=True).keys() == values(plain.body).keys()


def test_gzip_is_for_those_who_ask(server: Server) -> None:
    """Issue 5: gzip level 1 when asked."""
    packed = server.curl("/metrics", "-H", "Accept-Encoding: gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert values(gzip.decompress(packed.body)).keys() == values(server.curl("/metrics").body).keys()
    assert "content-encoding" not in server.curl("/metrics", "-H", "Accept-Encoding: br").headers


def test_a_large_page_is_packed_as_well() -> None:
    """Issue 5: 256 groups. What is long is compressed apart from the loop."""
    with running() as made:
        made.does(lambda: made.model.advance(sample_view(range(256))))
        packed = made.curl("/metrics", "-H", "Accept-Encoding: gzip")
        assert gzip.decompress(packed.body).count(b"\n") > 256 * 30
        assert len(packed.body) < 1_000_000


def test_it_counts_its_own_scrapes(server: Server) -> None:
    """Issue 5: scrape of itself."""
    before = value(server.curl("/metrics").body, "metrics_scrapes_total")
    after = server.curl("/metrics").body
    assert before is not None
    assert value(after, "metrics_scrapes_total") == before + 1
    assert (value(after, "metrics_render_seconds_total") or 0) > 0


def test_health_is_always_200_and_ready_only_when_core_answers(server: Server) -> None:
    """Issue 5: /-/healthy always 200, /-/ready 503 until ready; C-18."""
    assert server.curl("/-/ready").status == 200
    server.does(lambda: server.model.advance(sample_view((7,), is_stale=True)))
    try:
        assert server.curl("/-/healthy").status == 200
        assert server.curl("/-/ready").status == 503
        assert value(server.curl("/metrics").body, "up") == 0
    finally:
        server.does(lambda: server.model.advance(sample_view((7,))))


@pytest.mark.parametrize(("path", "method", "status"), [("/", "GET", 404), ("/metrics/", "GET", 404), ("/metrics", "POST", 405)])
def test_there_is_nothing_else(server: Server, path: str, method: str, status: int) -> None:
    """Nothing can be changed here; answers say what there is."""
    reply = server.curl(path, "-X", method)
    assert reply.status == status
    assert "GET /metrics" in reply.json["remedy"]


def test_head_has_no_body(server: Server) -> None:
    """Some health checks ask so."""
    reply = server.curl("/metrics", "-I")
    assert (reply.status, reply.body) == (200, b"")


def test_passwords_are_asked_for_and_wrong_ones_are_401(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: TLS and basic auth as exporter-toolkit's web.yml says; a wrong password, another name, none at all: 401."""
    looked: list[bytes] = []
    fits = passwords._fits

    def counted(password: bytes, hashed: bytes) -> bool:
        looked.append(password)
        return fits(password, hashed)

    monkeypatch.setattr(passwords, "_fits", counted)
    with running(web_config(tmp_path, TLS.format(site, "") + USERS)) as made:

        def ask(*shown: str) -> int:
            return made.curl("/metrics", *trust(site), *shown, scheme="https").status

        assert ask() == 401
        assert [ask("-u", f"{USER}:{PASSWORD}") for _ in range(3)] == [200] * 3
        assert looked == [PASSWORD.encode()], "a password that was right is remembered"
        assert ask("-u", f"{USER}:{PASSWORD}x") == 401
        assert ask("-u", f"{USER}:") == 401
        assert ask("-u", f"nobody:{PASSWORD}") == 401
        assert ask("-H", "Authorization: Bearer x") == 401
        assert ask("-H", "Authorization: Basic !!") == 401
        assert ask("-u", f"{USER}:{'x' * 4096}") == 401
        reply = made.curl("/metrics", *trust(site), scheme="https")
        assert reply.headers["www-authenticate"].startswith("Basic ")
        assert made.curl("/-/healthy", *trust(site), scheme="https").status == 200
        assert PASSWORD not in "".join(made.told)


def test_who_guesses_does_not_keep_prometheus_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: bcrypt off the loop, one at a time; those who come in crowds are turned away, who is known is not asked again."""
    monkeypatch.setattr(passwords, "MAX_WAITING", 2)
    monkeypatch.setattr(passwords, "GUESS_SHARE", 100)
    with running(web_config(tmp_path, USERS)) as made:
        assert made.curl("/metrics", "-u", f"{USER}:{PASSWORD}").status == 200
        guessing = [_guess(made.port, number) for number in range(4)]
        statuses = sorted(_status(guess) for guess in guessing[2:])
        assert statuses == [503, 503]
        assert made.curl("/metrics", "-u", f"{USER}:{PASSWORD}").status == 200
        assert sorted(_status(guess) for guess in guessing[:2]) == [401, 401]


def _guess(port: int, number: int) -> socket.socket:
    shown = base64.b64encode(f"{USER}:guess {number}".encode()).decode()
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.sendall(f"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {shown}\r\n\r\n".encode())
    return made


def _status(connection: socket.socket) -> int:
    with connection:
        return int(connection.recv(4096).split()[1])


def test_clients_show_certificates_where_web_yml_wants_them(tmp_path: Path, site: Path) -> None:
    """Issue 5: client_ca_file, client_auth_type and client_allowed_sans."""
    wanted = f", client_ca_file: {site}/ca.pem, client_auth_type: RequireAndVerifyClientCert"
    with running(web_config(tmp_path, TLS.format(site, wanted))) as made:
        with pytest.raises(AssertionError):
            made.curl("/metrics", *trust(site), scheme="https")
        assert made.curl("/metrics", *trust(site, "prometheus"), scheme="https").status == 200
    named = wanted + ", client_allowed_sans: [grafana.example]"
    with running(web_config(tmp_path, TLS.format(site, named))) as made:
        assert made.curl("/metrics", *trust(site, "prometheus"), scheme="https").status == 403
        assert made.curl("/metrics", *trust(site, "grafana"), scheme="https").status == 200


def test_plain_http_is_not_answered_where_tls_is_wanted(tmp_path: Path, site: Path) -> None:
    """Nothing is served with less protection than was asked for."""
    with running(web_config(tmp_path, TLS.format(site, ""))) as made, pytest.raises(AssertionError):
        made.curl("/metrics")


def test_a_web_yml_that_cannot_be_used_keeps_the_port_closed(tmp_path: Path) -> None:
    """With a sentence; faces.py tells it and tries again."""
    made = Server(web_config(tmp_path, "basic_auth_users: {prometheus: secret}"))
    made.start()
    eventually(lambda: made.failure)
    assert isinstance(made.failure, Failed)
    assert "is no bcrypt hash" in str(made.failure)
    assert "secret" not in str(made.failure)
    made.stop()


def test_a_web_yml_that_changes_is_used_as_it_is_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that goes wrong is told, and what was read before stays in use."""
    monkeypatch.setattr(serve, "RELOAD_S", 0.02)
    file = web_config(tmp_path, USERS)
    with running(file) as made:
        assert made.curl("/metrics").status == 401
        file.write_text("basic_auth_users: [")
        eventually(lambda: any("stays in use" in text for text in made.told))
        assert made.curl("/metrics").status == 401
        file.write_text("http_server_config: {headers: {X-Frame-Options: deny}}")
        eventually(lambda: made.told[-1].endswith("is used as it is now"))
        assert made.curl("/metrics").headers["x-frame-options"] == "deny"


def test_headers_have_a_limit(server: Server) -> None:
    """Issue 5: oversize header: 431, and the next scrape is answered."""
    assert server.curl("/metrics", "-H", f"X: {'y' * MAX_HEADER_BYTES}").status == 431
    assert server.curl("/metrics").status == 200


@pytest.mark.parametrize("begun", [b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"])
def test_a_slow_client_is_cut_off(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: a request that does not end, and a client that says nothing, cost a limited time."""
    monkeypatch.setattr(listener, "LIMIT_S", 0.2)
    with running() as made, socket.create_connection(("127.0.0.1", made.port), timeout=10) as slow:
        slow.sendall(begun)
        with suppress(ConnectionResetError):
            assert slow.recv(100) == b""
        assert made.curl("/-/healthy").status == 200


def _held(port: int, source: str = "127.0.0.1") -> socket.socket:
    """A connection that has been answered. The probe that saw the port open may not be forgotten yet."""
    while True:
        made = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
        made.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        if made.recv(4096).startswith(b"HTTP/1.1 200"):
            return made
        made.close()


def _read_to_its_end(connection: socket.socket) -> None:
    """TimeoutError when the other side does not close it."""
    with suppress(ConnectionResetError):
        while connection.recv(4096):
            pass


def test_who_only_keeps_a_place_keeps_nobody_out() -> None:
    """Issue 5: two addresses with a small request each shut the port for minutes (an adversary's finding)."""
    with running(max_connections=4) as made:
        held = [_held(made.port, f"127.0.0.{host}") for host in (2, 2, 3, 3)]
        scraper = _held(made.port, "127.0.0.4")
        _read_to_its_end(held[0])  # it had been idle longest
        again = _held(made.port, "127.0.0.4")
        for one in (*held, scraper, again):
            one.close()


def test_connections_have_a_limit_and_one_host_has_half_of_them() -> None:
    """Issue 5: limits on connections; the one too many is told so."""
    with running(max_connections=4) as made:
        held = [_held(made.port) for _ in range(2)]
        for one in held:
            one.sendall(b"GET /metrics HTTP/1.1\r\n")
        eventually(lambda: made.curl("/metrics").status == 503)
        for one in held:
            one.close()
        eventually(lambda: made.curl("/metrics").status == 200)
