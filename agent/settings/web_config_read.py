"""Reading web.yml: every mistake is a sentence that says where it is, and never shows what may be a secret."""

import re
from collections.abc import Mapping
from pathlib import Path

from agent.settings.regular import read_regular
from agent.settings.web_config import CLIENT_AUTH, HEADERS, VERSIONS, BadWebConfig, WebConfig

MAX_BYTES = 128 * 1024
MAX_USERS = 256
MAX_NAMES = 64
HIGHEST_COST = 16
"""Of bcrypt: 2^16 rounds take four seconds of a core."""
_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}")
_TLS_PATHS = ("cert_file", "key_file", "client_ca_file")
_TLS_KEYS = (*_TLS_PATHS, "client_auth_type", "client_allowed_sans", "min_version", "max_version", "prefer_server_cipher_suites")
_TOP_KEYS = ("tls_server_config", "http_server_config", "basic_auth_users")
Yaml = Mapping[str, object]


def read_web_config(path: Path) -> WebConfig:
    """BadWebConfig, and nothing else."""
    try:
        data = read_regular(path, MAX_BYTES).data
    except (OSError, ValueError) as error:
        raise BadWebConfig(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_BYTES:
        raise BadWebConfig(f"{path} has more than {MAX_BYTES // 1024} KiB; is it really a web.yml?")
    return _Reader(path).config(data)


class _Reader:
    """Of one file; says where what is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def config(self, data: bytes) -> WebConfig:
        top = self._mapping(self._parsed(data), "the file")
        self._only(top, _TOP_KEYS, "the file")
        tls = self._mapping(top.get("tls_server_config"), "tls_server_config")
        http = self._mapping(top.get("http_server_config"), "http_server_config")
        self._only(tls, _TLS_KEYS, "tls_server_config")
        self._only(http, ("http2", "headers"), "http_server_config")
        paths = {key: self._path.parent / text for key in _TLS_PATHS if (text := self._text(tls, key))}
        self._check_tls(tls, paths)
        return WebConfig(
            certificate=paths.get("cert_file"),
            key=paths.get("key_file"),
            client_ca=paths.get("client_ca_file"),
            client_auth=self._choice(tls, "client_auth_type", CLIENT_AUTH, "NoClientCert"),
            client_names=self._names(tls.get("client_allowed_sans")),
            min_version=self._choice(tls, "min_version", VERSIONS, "TLS12"),
            max_version=self._choice(tls, "max_version", VERSIONS, "TLS13"),
            users=self._users(top.get("basic_auth_users")),
            headers=self._headers(http.get("headers")),
        )

    def _parsed(self, data: bytes) -> object:
        import yaml  # core and workers read settings too, and never this

        try:
            return yaml.load(data.decode(), _strict_loader())
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark else ""
            raise self._bad(f"this is not YAML that could be used{where}: {getattr(error, 'problem', None) or error}") from None

    def _check_tls(self, tls: Yaml, paths: Mapping[str, Path]) -> None:
        if tls and not {"cert_file", "key_file"} <= paths.keys():
            raise self._bad("tls_server_config needs cert_file and key_file")
        kind = tls.get("client_auth_type", "NoClientCert")
        if kind != "NoClientCert" and "client_ca_file" not in paths:
            raise self._bad(f"client_auth_type: {str(kind)[:40]} needs client_ca_file")
        if kind == "NoClientCert" and ("client_ca_file" in paths or tls.get("client_allowed_sans")):
            raise self._bad("client_ca_file asks nobody for a certificate without client_auth_type: RequireAndVerifyClientCert")
        if tls.get("min_version") == "TLS13" and tls.get("max_version") == "TLS12":
            raise self._bad("min_version is above max_version")

    def _users(self, given: object) -> dict[str, bytes]:
        users = self._mapping(given, "basic_auth_users")
        if len(users) > MAX_USERS:
            raise self._bad(f"basic_auth_users has more than {MAX_USERS} users")
        return {name: self._hash(name, hashed) for name, hashed in users.items()}

    def _hash(self, name: str, hashed: object) -> bytes:
        """Never shown, whatever it is: it may be the password itself."""
        found = _BCRYPT.fullmatch(hashed) if isinstance(hashed, str) else None
        make = 'make one with: htpasswd -nBC 12 "" | tr -d ":\\n"'
        if not name or ":" in name:
            raise self._bad("a user's name is empty or has a colon, which Basic authentication cannot say")
        if found is None:
            raise self._bad(f"what stands for user {name[:40]!r} is no bcrypt hash; {make}")
        if not 4 <= int(found[1]) <= HIGHEST_COST:
            raise self._bad(f"the bcrypt cost of user {name[:40]!r} is not 4..{HIGHEST_COST}; {make}")
        return found[0].encode()

    def _names(self, given: object) -> tuple[str, ...]:
        if given is None:
            return ()
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given) or not 1 <= len(given) <= MAX_NAMES:
            raise self._bad(f"client_allowed_sans is a list of 1..{MAX_NAMES} names")
        return tuple(given)

    def _headers(self, given: object) -> dict[str, str]:
        headers = self._mapping(given, "headers")
        self._only(headers, HEADERS, "headers")
        return {name: self._text(headers, name) for name in headers}

    def _only(self, table: Yaml, known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                raise self._bad(f"{where} has {key[:40]!r}, which is not served here; take it out. Known: {', '.join(known)}")

    def _mapping(self, given: object, what: str) -> Yaml:
        """Empty for nothing."""
        if given is None:
            return {}
        if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
            raise self._bad(f"{what} must be a mapping of names")
        return given

    def _text(self, table: Yaml, key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or not value.isascii() or not (value == "" or value.isprintable()):
            raise self._bad(f"{key} must be a text of one line")
        return value

    def _choice(self, table: Yaml, key: str, choices: tuple[str, ...], default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self._bad(f"{key}: {str(value)[:40]!r} is not served here; use one of {', '.join(choices)}")
        return value

    def _bad(self, text: str) -> BadWebConfig:
        return BadWebConfig(f"{self._path}: {text}")


def _strict_loader() -> type:
    """A key that is given twice has no meaning, as for Prometheus."""
    import yaml

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
            keys = [key.value for key, _value in node.value]
            if len(set(map(str, keys))) < len(keys):
                raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
            found: dict[object, object] = super().construct_mapping(node, deep)
            return found

    return Strict
