"""web.yml, the file of Prometheus' exporters (exporter-toolkit) for TLS and passwords: what of it we serve.

    tls_server_config: {cert_file: unit.pem, key_file: unit.key, client_ca_file: ca.pem,
                        client_auth_type: RequireAndVerifyClientCert}
    basic_auth_users: {prometheus: $2b$12$…}        # bcrypt: htpasswd -nBC 12 "" | tr -d ':\\n'

Paths are relative to the file. What we cannot do as written is refused, for somebody relies on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CLIENT_AUTH = ("NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
VERSIONS = ("TLS12", "TLS13")
HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)


class BadWebConfig(Exception):  # noqa: N818 (a person's mistake)
    """The file cannot be used; str() says why and what to do."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`certificate` None: no TLS. `users` empty: no passwords are asked for. `client_names`: one of them the client must have."""

    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    client_auth: str = "NoClientCert"
    client_names: tuple[str, ...] = ()
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    users: Mapping[str, bytes] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that TLS is made of."""
        return tuple(path for path in (self.certificate, self.key, self.client_ca) if path is not None)
