"""A unit with every face: SNMP on 161, Modbus on 502, HTTPS on 8443, metrics on 9742, on all its addresses.

Managers may set and command."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from tests.http import certificates
from tests.netns.harness.unit import Unit, table
from tests.snmp.site import private

COMMUNITY, USER, PASSPHRASE, TOKEN = "public", "ops", "correct horse battery", "t" * 43
VIEWER_TOKEN = "v" * 43
HTTPS_PORT, METRICS_PORT = 8443, 9742
SCRAPER, SCRAPER_PASSWORD = "prometheus", "correct horse: battery"
SCRAPER_HASH = "$2b$04$eE2x9/o3EyyWMw57GsRyb.w8xdZCrD.4p9DDn3lQkx0mTkKp2SB16"
"""As bcrypt has it, with its least cost."""
MANAGERS = "10.77.0.0/24"
TRAP_PORT = 162
SNMP_USERS = "".join(
    f'[[user]]\nname = "{name}"\nauth = "SHA-256"\nauth_passphrase = "{PASSPHRASE}"\npriv = "AES"\n'
    f'priv_passphrase = "{PASSPHRASE}"\nrole = "{role}"\n'
    for name, role in ((USER, "operator"), ("eye", "viewer"))
)


@dataclass
class FacedUnit(Unit):
    """`trap_to`: the address of whoever gets v3 traps; empty: nobody."""

    trap_to: str = ""
    has_faces: bool = True
    may_managers_write: bool = True

    def settings(self) -> str:
        return super().settings() + ("".join(self._faces()) if self.has_faces else "")

    def _faces(self) -> list[str]:
        communities = private(self.directory / "communities", f"{COMMUNITY}\n")
        users = private(self.directory / "users.toml", SNMP_USERS)
        snmp: dict[str, object] = {"users_file": str(users), "v2c_community_file": str(communities)}
        trap = {"host": self.trap_to, "port": TRAP_PORT, "version": "v3", "user": USER, "kind": "trap"}
        return [
            table("[snmp]", snmp),
            table("[[snmp.notify]]", trap) if self.trap_to else "",
            table("[modbus]", {"allow": [MANAGERS], "write_from": [MANAGERS] if self.may_managers_write else []}),
            table("[http]", {"port": HTTPS_PORT, **self._https()}),
            table("[metrics]", {"port": METRICS_PORT, "web_config": str(self._web_config())}),
        ]

    def _web_config(self) -> Path:
        """As exporters have it: TLS and a password."""
        own = self._own_certificate()
        tls = {"cert_file": str(own), "key_file": str(own.with_suffix(".key"))}
        text = json.dumps({"tls_server_config": tls, "basic_auth_users": {SCRAPER: SCRAPER_HASH}})  # which is YAML
        return private(self.directory / "web.yml", text)

    def _https(self) -> dict[str, object]:
        shown = (("noc", "operator", TOKEN), ("eye", "viewer", VIEWER_TOKEN))
        tokens = private(self.directory / "tokens.toml", "".join(_token(*one) for one in shown))
        own = self._own_certificate()
        return {"certificate": str(own), "key": str(own.with_suffix(".key")), "tokens_file": str(tokens)}

    def _own_certificate(self) -> Path:
        own = self.directory / "unit.pem"
        if not own.exists():
            certificates.authority(self.directory)
            names = f"subjectAltName=IP:{self.lan.address(self.host)}"
            certificates.issue(self.directory, "unit", names, "basicConstraints=CA:FALSE")
        return own

    @property
    def address(self) -> str:
        return self.lan.address(self.host)

    @property
    def authority(self) -> Path:
        """Who signed its certificate."""
        return self.directory / "ca.pem"

    @property
    def engine_id(self) -> str:
        """Hex, as it keeps it; whoever gets its v3 traps must know it."""
        text = (self.directory / "snmp" / "engine.json").read_text()
        return str(json.loads(text)["engine_id"])


def _token(name: str, role: str, secret: str) -> str:
    return f'[[token]]\nname = "{name}"\nrole = "{role}"\nsha256 = "{hashlib.sha256(secret.encode()).hexdigest()}"\n'
