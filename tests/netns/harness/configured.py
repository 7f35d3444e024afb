"""A unit that does what its ledger says: [handover] with certificates of the site, [pool], receivers without input and output."""

import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.pki import UnitPaths, init_authority, issue
from tests.netns.harness.documents import Document
from tests.netns.harness.unit import Done, Unit, table

Json = dict[str, Any]
_MODEST = ("nice", "-n", "5", "setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice")


class Site:
    """The authority of a site. `issue` is what `understudy pki issue` does."""

    def __init__(self, directory: Path, name: str = "site") -> None:
        self.directory = directory
        init_authority(directory, name)

    def issue(self, unit_name: str, groups: list[int] | str = "*", **more: Any) -> UnitPaths:
        return issue(self.directory, unit_name, groups, **more)


@dataclass
class ConfiguredUnit(Unit):
    """`devices`: of an N:M backup, which protects the groups `protects`; None: a master or a 1:1 backup. `pool`: [pool].

    `has_metrics`: [metrics] on its port, on all addresses.
    """

    certificates: UnitPaths | None = None
    pool: dict[str, object] = field(default_factory=dict)
    devices: int = 0
    protects: tuple[int, ...] | str = "all"
    extra_handover: dict[str, object] = field(default_factory=dict)
    driver: str = "receiver"
    has_metrics: bool = False
    is_real_time: bool = True
    """False: without permission for it, and nice: many units that are too much for the machine do not take all of it."""

    def command_line(self) -> list[str]:
        words = super().command_line()
        return words if self.is_real_time else [*_MODEST, *words]

    def settings(self) -> str:
        lan = {"interface": "red0", **({"key_file": str(self.key_file)} if self.key_file else {}), **self.extra_lan}
        text = table("[unit]", {"name": f"rx-{self.host}", "data_dir": str(self.directory)}) + table("[lan]", lan)
        text += (table("[pool]", self.pool) if self.pool else "") + table("[handover]", self._handover())
        text += table("[metrics]", {}) if self.has_metrics else ""
        for group in self.groups:
            text += table("[[member]]", self._member(group))
        return text + "".join(table(f"[device.{name}]", {"driver": self.driver}) for name in self.device_names())

    def _handover(self) -> dict[str, object]:
        paths = self.certificates
        named = {"certificate": str(paths.certificate), "key": str(paths.key), "ca": str(paths.bundle)} if paths else {}
        return {**named, **self.extra_handover}

    def device_names(self) -> list[str]:
        return [f"p{number + 1}" for number in range(self.devices)] or [f"rx{group}" for group in self.groups]

    def _member(self, group: int) -> dict[str, object]:
        member = super()._member(group)
        if self.devices:
            del member["device"]
            protects = self.protects if isinstance(self.protects, str) else list(self.protects)
            member |= {"devices": self.device_names(), "protects": protects}
        return member

    def ask(self, verb: str, **fields: object) -> Json:
        """A verb of config.sock; for setting a scene, never for judging it. Empty: no answer."""
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(self.directory / "run" / "config.sock"))
            control.sendall(json.dumps({"verb": verb, **fields}).encode() + b"\n")
            for line in control.makefile():
                answer: Json = json.loads(line)
                if "progress" not in answer:
                    return answer
        return {}

    def group_status(self, group: int) -> Json:
        """How the group's configuration stands, as the handover process says."""
        return next((one for one in self.ask("status").get("groups", []) if one["group"] == group), {})

    def wait_for(self, what: str, found: Callable[[], object], timeout_s: float = 20) -> None:
        """Look every 50 ms; TimeoutError with all that there is to say."""
        limit = time.monotonic() + timeout_s
        while not found():
            if time.monotonic() > limit or self.exit_code() is not None:
                raise TimeoutError(f"{self.host}: {what} has not come; {self._state()}; log:\n{self.told()[-2000:]}")
            time.sleep(0.05)

    def _state(self) -> str:
        keys = ("group", "role", "able", "withheld", "returned", "acting_for", "busy", "protection", "alarms")
        seats = [{key: seat.get(key) for key in keys} for seat in self.status().get("members", [])]
        said = self.ask("status")
        groups = [{**one, "head": digest_of(one["head"])[:8]} for one in said.get("groups", [])]
        return json.dumps({"seats": seats, "groups": groups, "refused": said.get("refused")}, indent=1)

    def wait_for_seat(self, group: int, what: str, is_wanted: Callable[[Json], object], timeout_s: float = 20) -> None:
        self.wait_for(f"seat in group {group} {what}", lambda: is_wanted(self.member(group)), timeout_s)

    def wait_for_digest(self, group: int, digest: str, timeout_s: float = 20) -> None:
        """What is in force has that digest."""
        self.wait_for(f"digest {digest[:8]}", lambda: digest_of(self.group_status(group).get("head")) == digest, timeout_s)

    def json(self, *words: object, timeout_s: float = 20) -> Json:
        """What a command says with --json."""
        done = self.command(str(words[0]), *words[1:], "--json", timeout_s=timeout_s)
        start = done.output.find("{")
        answer: Json = json.loads(done.output[start : done.output.rfind("}") + 1]) if start >= 0 else {}
        return answer | {"exit_code": done.exit_code, "printed": done.output}

    def config(self, verb: str, *words: object, **more: Any) -> Json:
        """`understudy config VERB … --json`."""
        return self.json("config", verb, *words, **more)

    def put(self, group: int, made: Document, *words: object) -> Done:
        """`understudy config import`, as a person does it."""
        path = self.directory / f"import-{group}.json"
        path.write_text(json.dumps(made))
        return self.command("config", "import", group, path, *words)

    def edit(self, group: int, made: Document, *words: object) -> Done:
        """`understudy config edit --from`."""
        path = self.directory / f"edit-{group}.json"
        path.write_text(json.dumps(made))
        return self.command("config", "edit", group, "--from", path, *words)

    def digest(self, group: int) -> str:
        """Of what is in force, by the command line."""
        return digest_of(self.config("show", group).get("revision"))


def digest_of(revision: object) -> str:
    return str(revision["digest"]) if isinstance(revision, Mapping) else ""
