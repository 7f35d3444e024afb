"""tshark with pcaps/understudy.lua: what it says about frames, as flat lists of fields."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final, NamedTuple

DISSECTOR: Final = Path(__file__).parents[2] / "pcaps" / "understudy.lua"
ERROR_SEVERITY: Final = str(0x800000)
_TIMEOUT_S: Final = 60
Pairs = list[tuple[str, Any]]


class Expert(NamedTuple):
    """One expert info; `name` without "understudy."."""

    name: str
    severity: str
    message: str


class Told(NamedTuple):
    """What tshark says about one frame: every field of ours with all its values, and the expert infos."""

    fields: dict[str, list[str]]
    experts: list[Expert]

    def one(self, name: str) -> str:
        """The one value of a field."""
        (value,) = self.fields[name]
        return value

    @property
    def errors(self) -> set[str]:
        return {expert.name for expert in self.experts if expert.severity == ERROR_SEVERITY}


def run(path: Path, *words: str) -> str:
    """tshark's output; no word about Lua in it or on standard error but what the caller asked for."""
    command = ["tshark", "-n", "-X", f"lua_script:{DISSECTOR}", "-r", str(path), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    assert "lua" not in done.stderr.lower(), done.stderr
    assert "Lua Error" not in done.stdout, done.stdout
    return done.stdout


def dissect(path: Path, *words: str) -> list[Told]:
    """All frames."""
    # Two expert infos have the same key: an object is kept as the list of its pairs.
    packets = json.loads(run(path, "-T", "json", "-J", "understudy", *words), object_pairs_hook=list)
    return [_told(packet) for packet in packets]


def _told(packet: Pairs) -> Told:
    told = Told({}, [])
    _walk(packet, told)
    return told


def _walk(pairs: Pairs, told: Told) -> None:
    for key, value in pairs:
        if key == "_ws.expert" and any(name.startswith("understudy.") for name, _ in value):
            told.experts.append(_expert(dict(value)))
        elif isinstance(value, list):
            _walk(value, told)
        elif key.startswith("understudy."):
            told.fields.setdefault(key.removeprefix("understudy."), []).append(value)


def _expert(info: dict[str, str]) -> Expert:
    (name,) = (key.removeprefix("understudy.") for key in info if key.startswith("understudy."))
    return Expert(name, info["_ws.expert.severity"], info["_ws.expert.message"])
