"""Who gets in over TCP, and as what: tokens, client certificates, hosts and sites. By curl and openssl."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.model.answers import Role
from tests.http.certificates import authority, client, free_port, issue
from tests.http.server import Model, Reply, Server, curl, running

COMMAND = json.dumps({"verb": "off"})
TOKENS = {"viewer": "v" * 43, "operator": "o" * 43, "admin": "a" * 43}


@dataclass
class Site:
    """A unit with TLS, and what its clients have."""

    server: Server
    directory: Path
    url: str

    def curl(self, path: str, *arguments: str, token: str = "", who: str = "") -> Reply:
        """With a token, or a client certificate of that name, or neither."""
        shown = ["-H", f"Authorization: Bearer {token}"] if token else []
        shown += ["--cert", f"{self.directory}/{who}.pem", "--key", f"{self.directory}/{who}.key"] if who else []
        return curl("--cacert", f"{self.directory}/ca.pem", *shown, *arguments, self.url + path)

    def order(self, *arguments: str, token: str = "", who: str = "") -> Reply:
        """A command."""
        kind = ("-H", "Content-Type: application/json", "-d", COMMAND)
        return self.curl("/api/v1/members/7/commands", *kind, *arguments, token=token, who=who)


def tokens_text(tokens: dict[str, str]) -> str:
    """As the file has them."""
    digests = {role: hashlib.sha256(token.encode()).hexdigest() for role, token in tokens.items()}
    return "".join(f'[[token]]\nname = "the {role}"\nrole = "{role}"\nsha256 = "{digests[role]}"\n' for role in tokens)


@pytest.fixture(scope="module")
def one_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory, port = tmp_path_factory.mktemp("site"), free_port()
    authority(directory)
    authority(directory, "others")
    issue(directory, "rx-a", "subjectAltName=IP:127.0.0.1,DNS:rx-a.test")
    for role in ("viewer", "operator", "admin"):
        client(directory, role, role)
    client(directory, "plain")
    client(directory, "odd", "emperor")
    client(directory, "stranger", "admin", by="others")
    file = directory / "tokens"
    file.touch(0o600)
    file.write_text(tokens_text(TOKENS))
    files = {"certificate": directory / "rx-a.pem", "key": directory / "rx-a.key", "client_ca": directory / "ca.pem"}
    address = ("127.0.0.1",)
    with running(directory, port=port, address=address, tokens_file=file, health_role="viewer", **files) as server:
        yield Site(server, directory, f"https://127.0.0.1:{port}")


@pytest.fixture
def site(one_site: Site) -> Site:
    """With a model that is as new."""
    one_site.server.does(lambda: one_site.server.model.__dict__.update(Model().__dict__))
    return one_site


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
@pytest.mark.parametrize("way", ["token", "who"])
def test_roles_by_token_and_by_certificate(site: Site, role: str, way: str) -> None:
    """C-20, D-44: any place, but an authenticated principal, and commands from operators on."""
    shown = {way: TOKENS[role] if way == "token" else role}
    assert site.curl("/api/v1/unit", **shown).status == 200
    reply = site.order(**shown)
    assert reply.status == (403 if role == "viewer" else 200)
    assert site.curl("/api/v1/audit", **shown).status == (403 if role == "viewer" else 200)
    if role != "viewer":
        ((_order, principal, _wait),) = site.server.model.orders
        assert (principal.face, principal.address, principal.role) == ("http", "127.0.0.1", Role[role.upper()])
        assert principal.name == (f"the {role}" if way == "token" else role)


def test_a_certificate_without_a_role_may_look(site: Site) -> None:
    assert site.curl("/api/v1/unit", who="plain").status == 200
    assert site.order(who="plain").status == 403


def test_a_certificate_with_a_role_that_there_is_none_of_is_refused(site: Site) -> None:
    assert site.curl("/api/v1/unit", who="odd").status == 403


def test_a_token_goes_before_a_certificate(site: Site) -> None:
    """And a wrong one is not forgiven for the sake of the certificate."""
    assert site.order(token=TOKENS["viewer"], who="admin").status == 403
    assert site.order(token="wrong", who="admin").status == 401


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", "Basic eDp4", f"bearer {'x' * 300}", "Bearer \u00e9"])
def test_nobody_gets_in_without_a_token_of_ours(site: Site, shown: str) -> None:
    reply = site.curl("/api/v1/unit", "-H", f"Authorization: {shown}")
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.json["remedy"]
    assert site.curl("/-/role/7").status == 401
    assert site.curl("/-/role/7", token=TOKENS["viewer"]).status == 200


def test_the_token_file_is_read_again_when_it_changes_and_fails_closed(site: Site) -> None:
    """Also when others could write it; who is in it then is not known."""
    file = site.directory / "tokens"
    before = file.read_text()
    try:
        file.write_text(tokens_text({"viewer": "n" * 43}))
        assert site.curl("/api/v1/unit", token="n" * 43).status == 200
        assert site.curl("/api/v1/unit", token=TOKENS["admin"]).status == 401
        file.chmod(0o644)
        assert site.curl("/api/v1/unit", token="n" * 43).status == 401
        assert any("chmod 600" in text for text in site.server.told)
        file.unlink()
        assert site.curl("/api/v1/unit", token="n" * 43).status == 401
    finally:
        file.touch(0o600)
        file.chmod(0o600)
        file.write_text(before)
    assert site.curl("/api/v1/unit", token=TOKENS["admin"]).status == 200
    assert not any(token in text for token in TOKENS.values() for text in site.server.told)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "rx-a.test@evil.example"])
def test_a_name_that_is_none_of_ours_is_not_answered(site: Site, host: str) -> None:
    """DNS rebinding: a page whose name leads here."""
    assert site.curl("/api/v1/unit", "-H", f"Host: {host}", token=TOKENS["admin"]).status in (400, 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:443", "[::1]:443", "localhost:8443", "RX-A.test", "rx-a.test.:1"])
def test_our_names_are_answered(site: Site, host: str) -> None:
    assert site.curl("/api/v1/unit", "-H", f"Host: {host}", token=TOKENS["admin"]).status == 200


@pytest.mark.parametrize("header", ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"])
def test_a_page_of_another_site_writes_nothing(site: Site, header: str) -> None:
    """With the certificate that the browser would send by itself; and no answer allows it to read."""
    reply = site.order("-H", header, who="admin")
    assert (reply.status, site.server.model.orders) == (403, [])
    assert not any(name.startswith("access-control") for name in reply.headers)
    preflight = site.curl("/api/v1/members/7", "-X", "OPTIONS", "-H", header, who="admin")
    assert preflight.status in (403, 405)
    assert not any(name.startswith("access-control") for name in preflight.headers)


def s_client(site: Site, *arguments: str, request: bytes = b"") -> tuple[int, bytes]:
    """What openssl says."""
    address = site.url.removeprefix("https://")
    command = ["openssl", "s_client", "-quiet", "-verify_quiet", "-connect", address, "-CAfile", f"{site.directory}/ca.pem"]
    ended = subprocess.run([*command, *arguments], input=request, capture_output=True, timeout=20, check=False)
    return ended.returncode, ended.stdout + ended.stderr


REQUEST = b"GET /api/v1/members/7 HTTP/1.1\r\nHost: rx-a.test\r\nConnection: close\r\n\r\n"


def test_openssl_gets_in_with_its_certificate(site: Site) -> None:
    pair = ("-cert", f"{site.directory}/viewer.pem", "-key", f"{site.directory}/viewer.key")
    code, said = s_client(site, *pair, "-ign_eof", request=REQUEST)
    assert (code, b"HTTP/1.1 200" in said) == (0, True)
    code, said = s_client(site, "-ign_eof", request=REQUEST)
    assert b"HTTP/1.1 401" in said


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_both_good_versions_of_tls(site: Site, version: str) -> None:
    assert b"HTTP/1.1 401" in s_client(site, version, "-ign_eof", request=REQUEST)[1]


def test_older_tls_and_strangers_certificates_end_in_the_handshake(site: Site) -> None:
    code, said = s_client(site, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert code != 0, said
    pair = ("-cert", f"{site.directory}/stranger.pem", "-key", f"{site.directory}/stranger.key")
    assert b"HTTP/1.1" not in s_client(site, *pair, "-ign_eof", request=REQUEST)[1]


def test_plain_text_on_the_tls_port_gets_nothing(site: Site) -> None:
    ended = subprocess.run(["curl", "-sS", "-i", site.url.replace("https", "http")], capture_output=True, check=False, timeout=20)
    assert ended.returncode != 0
    assert b"HTTP/1.1 200" not in ended.stdout
    assert site.curl("/api/v1/unit", token=TOKENS["viewer"]).status == 200


def test_metrics_are_behind_the_same_guard(site: Site) -> None:
    """Issue 5: /metrics on the HTTP face: whoever may look at the view may scrape it, nobody else."""
    assert site.curl("/metrics").status == 401
    reply = site.curl("/metrics", "-H", "Accept: application/openmetrics-text", token=TOKENS["viewer"])
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert reply.body.endswith(b"# EOF\n")
    assert site.curl("/metrics?x=1", who="plain").status == 400
