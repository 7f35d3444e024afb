"""A network-management station on host x of the LAN: net-snmp's tools, mbpoll and curl, and nothing of ours."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.model.managed import Table
from agent.model.smi import oid_of
from agent.model.tables import TABLE
from tests.faces.unit import (
    COMMUNITY,
    HTTPS_PORT,
    METRICS_PORT,
    PASSPHRASE,
    SCRAPER,
    SCRAPER_PASSWORD,
    TOKEN,
    USER,
    FacedUnit,
)
from tests.netns.harness import Lan
from tests.netns.harness.unit import GROUP

Json = dict[str, Any]
_QUIET = ("-Onqe", "-t", "10", "-r", "0")
"""Patient, on a machine that others use too; and nothing is ever asked twice: a SET that is repeated is another SET."""
_SECRETS = ("-l", "authPriv", "-a", "SHA-256", "-A", PASSPHRASE, "-x", "AES", "-X", PASSPHRASE)


def oid(column: str, *index: int, table: str = "member") -> str:
    """Of an instance; a member's of the one group by default."""
    declared: Table = TABLE[table]
    return ".".join(map(str, oid_of(declared, declared.column(column), index or ((GROUP,) if declared.index else ()))))


@dataclass(frozen=True)
class Said:
    """`text`: what a tool printed."""

    exit_code: int
    text: str


@dataclass(frozen=True)
class Manager:
    """`lan` with a host x. Each method is one call of one tool."""

    lan: Lan
    host: str = "x"

    def start(self, *words: object) -> subprocess.Popen[str]:
        """In the manager's namespace."""
        home = str(self.lan.directory)
        environment = os.environ | {"MIBS": "", "SNMPCONFPATH": home, "SNMP_PERSISTENT_DIR": home}
        command = ["ip", "netns", "exec", self.lan.namespace(self.host), *map(str, words)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words: object) -> Said:
        process = self.start(*words)
        text, _ = process.communicate(timeout=30)
        return Said(process.returncode, text.strip())

    def snmp(self, tool: str, unit: FacedUnit, *objects: str, user: str = USER) -> Said:
        """`snmpget`, `snmpset` …, by v3 with privacy."""
        return self.run(*self.snmp_words(tool, unit, *objects, user=user))

    def snmp_words(self, tool: str, unit: FacedUnit, *objects: str, user: str = USER) -> list[str]:
        return [tool, "-v3", "-u", user, *_SECRETS, *_QUIET, unit.address, *objects]

    def snmp_v2c(self, tool: str, unit: FacedUnit, *objects: str) -> Said:
        return self.run(tool, "-v2c", "-c", COMMUNITY, *_QUIET, unit.address, *objects)

    def snmp_value(self, unit: FacedUnit, column: str, *index: int, table: str = "member") -> str:
        """As net-snmp prints it, without its OID."""
        return self.snmp("snmpget", unit, oid(column, *index, table=table)).text.partition(" ")[2].strip('"')

    def mbpoll(self, unit: FacedUnit, kind: int, address: int, *values: int) -> Said:
        """`kind` 0 coils, 1 discrete inputs, 3 input, 4 holding registers; `address` from 0. Writes when there are values."""
        words = ("mbpoll", "-m", "tcp", "-q", "-1", "-0", "-o", "2", "-t", kind, "-r", address, unit.address)
        return self.run(*words, *(("--", *values) if values else ()))

    def modbus_value(self, unit: FacedUnit, kind: int, address: int) -> int:
        """One register or bit."""
        said = self.mbpoll(unit, kind, address).text
        return int(said.partition(f"[{address}]:")[2].split()[0])

    def http(self, unit: FacedUnit, method: str, path: str, body: Mapping[str, object] | None = None) -> tuple[int, Json]:
        """By TLS with a token: status and answer. Status 0: curl has failed, and says why under `curl`."""
        process = self.start(*self.http_words(unit, method, path, body))
        text, _ = process.communicate(timeout=30)
        return reply(text)

    def http_words(self, unit: FacedUnit, method: str, path: str, body: Mapping[str, object] | None = None) -> list[str]:
        given = ["-H", "content-type: application/json", "-d", json.dumps(body)] if body is not None else []
        head = ["curl", "-sS", "-X", method, "--max-time", "20", "--cacert", str(unit.authority), "-w", "\n%{http_code}"]
        return [*head, "-H", f"authorization: Bearer {TOKEN}", *given, f"https://{unit.address}:{HTTPS_PORT}/{path}"]

    def scrape(self, unit: FacedUnit) -> Said:
        """What Prometheus gets, by TLS with a password. Exit code 22: refused."""
        who = ("-u", f"{SCRAPER}:{SCRAPER_PASSWORD}", "--cacert", unit.authority)
        return self.run("curl", "-sS", "-f", "--max-time", "20", *who, f"https://{unit.address}:{METRICS_PORT}/metrics")


def reply(text: str) -> tuple[int, Json]:
    """What curl printed with -w."""
    body, _, code = text.rstrip().rpartition("\n")
    if not code.isdigit() or code == "000":
        return 0, {"curl": text}
    return int(code), json.loads(body) if body else {}
