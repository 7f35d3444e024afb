"""web.yml and [metrics] of the settings: what is read, what is refused with a sentence, what `check` says."""

import subprocess
from pathlib import Path

import pytest

from agent.settings.check import check
from agent.settings.web_config import BadWebConfig, WebConfig
from agent.settings.web_config_read import MAX_BYTES, read_web_config
from tests.http.certificates import authority, issue
from tests.metrics.reading import needs_promtool
from tests.metrics.server import HASH, USER
from tests.settings.sample import findings, parse

WHOLE = f"""
tls_server_config:
  cert_file: unit.pem
  key_file: unit.key
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS13
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=3600
basic_auth_users:
  {USER}: {HASH}
"""


def read(directory: Path, text: str | bytes) -> WebConfig:
    file = directory / "web.yml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_web_config(file)


@needs_promtool
def test_what_promtool_takes_is_read(tmp_path: Path) -> None:
    """Issue 5: exporter-toolkit style, checked by promtool itself. Paths start at the file."""
    authority(tmp_path)
    issue(tmp_path, "unit")
    config = read(tmp_path, WHOLE)
    named = read(
        tmp_path, f"{TLS}, client_ca_file: c, client_auth_type: {config.client_auth}, client_allowed_sans: [a.example]}}"
    )
    read(tmp_path, WHOLE)
    said = subprocess.run(
        ["promtool", "check", "web-config", str(tmp_path / "web.yml")], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert (config.certificate, config.client_ca) == (tmp_path / "unit.pem", tmp_path / "ca.pem")
    assert (config.client_auth, config.client_names) == ("RequireAndVerifyClientCert", ())
    assert named.client_names == ("a.example",), "newer than Debian's promtool"
    assert (config.min_version, config.max_version) == ("TLS13", "TLS13")
    assert config.users == {USER: HASH.encode()}
    assert config.headers == {"Strict-Transport-Security": "max-age=3600"}


def test_an_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == WebConfig()


TLS = "tls_server_config: {cert_file: a, key_file: b"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("[", "not YAML"),
        ("- a", "mapping"),
        ("1: 2", "mapping"),
        (b"\xff\xfe", "not YAML"),
        ("x: " + "[" * 1000, "not YAML"),
        ("basic_auth_users: {a: b}\nbasic_auth_users: {}", "twice"),
        ("basic_auth_users: {a: secret}", "no bcrypt hash"),
        ("basic_auth_users: {a: 12}", "no bcrypt hash"),
        ("basic_auth_users: {'a:b': x}", "colon"),
        (f"basic_auth_users: {{a: {HASH.replace('$04$', '$31$')}}}", "cost"),
        ("basic_auth_users: [a]", "mapping"),
        ("tls_server_config: {cert_file: a}", "needs cert_file and key_file"),
        ("tls_server_config: {cert_file: 1, key_file: b}", "cert_file must be a text"),
        (TLS + ", client_auth_type: RequireAnyClientCert}", "RequireAnyClientCert"),
        (TLS + ", client_auth_type: RequireAndVerifyClientCert}", "needs client_ca_file"),
        (TLS + ", client_ca_file: c}", "asks nobody"),
        (TLS + ", client_allowed_sans: [x]}", "asks nobody"),
        (TLS + ", client_allowed_sans: 7}", "asks nobody"),
        (TLS + ", min_version: TLS10}", "TLS10"),
        (TLS + ", min_version: TLS13, max_version: TLS12}", "above"),
        (TLS + ", cipher_suites: [x]}", "cipher_suites"),
        ("http_server_config: {headers: {Server: x}}", "Server"),
        ('http_server_config: {headers: {X-Frame-Options: "a\\nb"}}', "one line"),
        ("rate_limit: {}", "rate_limit"),
        (b"#" * (MAX_BYTES + 2), "more than"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "'a'"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(tmp_path: Path, text: str | bytes, phrase: str) -> None:
    """Issue 5: bad files are refused with a sentence that names the file, and never show what may be a password."""
    with pytest.raises(BadWebConfig) as refused:
        read(tmp_path, text)
    assert phrase in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "web.yml"))
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadWebConfig, match="cannot be read: it is not a regular file"):
        read_web_config(tmp_path)
    with pytest.raises(BadWebConfig, match="cannot be read: No such file"):
        read_web_config(tmp_path / "none")


def test_the_section_has_defaults_and_is_checked() -> None:
    """Issue 5: [metrics] port = 9742; without the section there is no port of its own."""
    metrics = parse(extra="\n[metrics]\n").metrics
    assert metrics
    assert (metrics.port, metrics.address, metrics.web_config) == (9742, ("0.0.0.0",), None)
    assert parse().metrics is None
    assert [finding.what for finding in findings(extra="\n[metrics]\nport = 0\n")] == ["[metrics] port = 0 is out of range"]
    assert "has no key" in findings(extra="\n[metrics]\nwebconfig = 'x'\n")[0].what


def warnings(extra: str) -> list[str]:
    return [finding.what for finding in check(parse(extra=extra)) if "[metrics]" in finding.what or "web.yml" in finding.what]


def test_check_says_when_everybody_may_look(tmp_path: Path) -> None:
    """C-20: a port without passwords that others reach; passwords in the clear; a broken file; hashes that all can read."""
    assert "tells everybody" in warnings("\n[metrics]\n")[0]
    assert warnings("\n[metrics]\naddress = '127.0.0.1'\n") == []
    file = tmp_path / "web.yml"
    section = f"\n[metrics]\nweb_config = '{file}'\n"
    assert "cannot be read" in warnings(section)[0]
    file.write_text(f"basic_auth_users: {{{USER}: {HASH}}}")
    file.chmod(0o644)
    assert [word for text in warnings(section) for word in ("everybody on this machine", "in the clear") if word in text] == [
        "everybody on this machine",
        "in the clear",
    ]
    file.chmod(0o640)
    file.write_text(f"{TLS}}}\nbasic_auth_users: {{{USER}: {HASH}}}")
    assert ["cannot be read" in text for text in warnings(section)] == [True, True]


def test_two_faces_on_one_port_are_an_error() -> None:
    """As for every other face."""
    extra = "\n[metrics]\nport = 502\n[modbus]\nallow = ['10.0.0.0/8']\n"
    errors = [finding.what for finding in check(parse(extra=extra)) if finding.severity == "error"]
    assert "[metrics] and [modbus] both want TCP port 502" in errors
