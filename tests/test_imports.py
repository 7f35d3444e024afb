"""The arrows of docs/architecture.md: imports point one way, `cli → management, core → devices → engine → wire`.

Read from the source (ast), so imports inside functions and under TYPE_CHECKING count as well.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
STDLIB: Final = sys.stdlib_module_names
BELOW_THE_ENGINE: Final = frozenset(
    {"time", "random", "socket", "asyncio", "logging", "os", "threading", "select", "secrets", "datetime"}
)


@dataclass(frozen=True)
class Arrows:
    """What a package may import of the agent besides itself; `never`: what it may not import of the standard library."""

    agent: tuple[str, ...]
    never: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


ARROWS: Final = {
    "wire": Arrows((), BELOW_THE_ENGINE),
    "engine": Arrows(("agent.wire",), BELOW_THE_ENGINE),
    # The page of the lease is written by core and read by a worker: its constants stand with the gate that reads it.
    "core": Arrows(
        (
            "agent",
            "agent.engine",
            "agent.wire",
            "agent.settings",
            "agent.devices.gate",
            "agent.devices.page",
            # What it hands to the recorder, and nothing of what is done with it.
            "agent.diagnostics.notes",
            "agent.diagnostics.header",
            "agent.diagnostics.state",
        ),
        frozenset({"asyncio", "logging"}),
    ),
    "devices": Arrows(("agent", "agent.settings", "agent.documents", "agent.ledger", "agent.wire", "agent.engine.timing")),
    # The configuration of a group: a value, where it is kept, who may hand it over, and the process that does.
    "documents": Arrows((), BELOW_THE_ENGINE),
    # Every managed object, declared once: a value that faces derive from, and nothing else.
    "model": Arrows(("agent.wire", "agent.engine.reasons")),
    "ledger": Arrows(("agent.documents",)),
    "pki": Arrows((), others=frozenset({"cryptography"})),
    "handover": Arrows(("agent", "agent.settings", "agent.documents", "agent.ledger", "agent.pki", "agent.wire")),
    # What the recorder wrote down is played again by the engine itself.
    "diagnostics": Arrows(("agent", "agent.settings", "agent.engine", "agent.wire"), others=frozenset({"rich"})),
    # A settings file is checked with the words and formulas of those who will read it.
    "settings": Arrows(
        (
            "agent",
            "agent.wire",
            "agent.engine.timing",
            "agent.engine.config",
            "agent.documents",
            "agent.devices.options",
            "agent.devices.address",
        ),
        others=frozenset({"yaml"}),
    ),
    "management": Arrows(
        (
            "agent",
            "agent.core",
            "agent.devices",
            "agent.settings",
            "agent.engine",
            "agent.wire",
            "agent.model",
            # How likely a false takeover is: the same calculation as `understudy advise`.
            "agent.diagnostics.advise_chance",
            "agent.diagnostics.advise_measures",
        ),
        others=frozenset(
            {
                "rich",
                "pysnmp",
                "pyasn1",
                "pymodbus",
                "serial",
                "starlette",
                "uvicorn",
                "h11",
                "cryptography",
                "prometheus_client",
                "bcrypt",
            }
        ),
    ),
    "cli": Arrows(
        (
            "agent",
            "agent.management",
            "agent.core",
            "agent.devices",
            "agent.diagnostics",
            "agent.handover",
            "agent.ledger",
            "agent.pki",
            "agent.documents",
            "agent.settings",
            "agent.engine",
            "agent.wire",
            "agent.model",
        ),
        others=frozenset({"rich"}),
    ),
}
FACES: Final = frozenset({"control", "snmp", "modbus", "http", "web", "metrics", "prometheus"})


def module_name(path: Path) -> str:
    """`agent/wire/codec.py` is agent.wire.codec; a package is named by its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """All modules of the agent by name."""
    return {module_name(path): path for path in sorted((ROOT / "agent").rglob("*.py"))}


def imports_of(source: str, module: str, is_package: bool = False) -> set[str]:
    """Return the full names of all modules that this source imports, whatever the way of saying so."""
    return {name for node in ast.walk(ast.parse(source)) for name in _imported_by(node, module, is_package)}


def _imported_by(node: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, module, is_package)
        yield from (_module_or_its_name(base, alias.name) for alias in node.names)
    elif isinstance(node, ast.Call) and _is_dynamic(node.func):
        yield from (str(argument.value) for argument in node.args[:1] if isinstance(argument, ast.Constant))


def _base(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    up = node.level - 1 if is_package else node.level
    parts = module.split(".")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _module_or_its_name(base: str, name: str) -> str:
    """`from agent import wire` imports agent.wire; `from agent import __version__` imports agent."""
    return f"{base}.{name}" if f"{base}.{name}" in modules() else base


def _is_dynamic(function: ast.expr) -> bool:
    return isinstance(function, ast.Name | ast.Attribute) and ast.unparse(function).endswith(("__import__", "import_module"))


@cache
def imports() -> dict[str, set[str]]:
    """Module of the agent → what it imports."""
    return {name: imports_of(path.read_text(), name, path.stem == "__init__") for name, path in modules().items()}


def is_in(target: str, package: str) -> bool:
    """`agent.wire.codec` is in `agent.wire`. The bare `agent` (its version) holds only itself: the rest has arrows of its own."""
    return target == package or (package != "agent" and target.startswith(f"{package}."))


def wrong_arrow(package: str, target: str) -> bool:
    """Say whether `package` (wire, engine, …) must not import `target`."""
    arrows, root = ARROWS[package], target.split(".", maxsplit=1)[0]
    if root == "agent":
        return not any(is_in(target, allowed) for allowed in (f"agent.{package}", *arrows.agent))
    return root in arrows.never or (root not in STDLIB and root not in arrows.others)


def package_of(module: str) -> str:
    """`agent.wire.codec` belongs to wire; `agent` itself to nobody."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("package", ARROWS)
def test_imports_point_one_way(package: str) -> None:
    """docs/architecture.md, Code. A new arrow is a decision: draw it there first."""
    mine = {module: targets for module, targets in imports().items() if package_of(module) == package}
    wrong = [
        f"{module} → {target}" for module, targets in mine.items() for target in sorted(targets) if wrong_arrow(package, target)
    ]
    assert wrong == []


def test_every_package_has_its_arrows() -> None:
    """What is added without a rule would be checked by nobody. `python -m agent` may start the command line."""
    assert {package_of(module) for module in modules()} <= {*ARROWS, "", "__main__"}


def test_nobody_in_the_agent_imports_scapy() -> None:
    """It is GPL-2.0 and slow to import; tests and capture scripts use it."""
    assert [module for module, targets in imports().items() if any(is_in(target, "scapy") for target in targets)] == []


FOR_FACES: Final = ("pysnmp", "pyasn1", "pymodbus", "serial", "starlette", "uvicorn")


@pytest.mark.parametrize("package", ["core", "devices", "handover"])
def test_what_faces_are_made_of_is_reached_by_nobody_else(package: str) -> None:
    """Slow to import, large, and fed by networks: none of it belongs where the output is held or the LAN is read."""
    wrong = [f"{m} → {t}" for m in reach_of(package) if m in imports() for t in imports()[m] if t.split(".")[0] in FOR_FACES]
    assert wrong == []


def test_what_the_command_line_imports_at_once_reaches_no_face() -> None:
    """`understudy status` starts in a tenth of a second: faces are imported when they are configured, inside functions."""
    command = "import sys, agent.cli, agent.management.__main__; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.split()
    assert {"agent", "sys"} <= set(loaded)
    assert set(loaded).isdisjoint(FOR_FACES)


def test_nobody_in_the_agent_imports_tests() -> None:
    """What is installed has no tests beside it."""
    assert [module for module, targets in imports().items() if any(is_in(target, "tests") for target in targets)] == []


def test_faces_do_not_import_one_another() -> None:
    """One may be left out or die alone: all read the same model, none goes through another."""
    wrong = [
        f"{module} → {target}"
        for module, targets in imports().items()
        for target in targets
        if len({_face(module), _face(target)} - {""}) == 2
    ]
    assert wrong == []


def _face(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[1] == "management" and parts[2] in FACES else ""


def reach_of(package: str) -> set[str]:
    """All modules of the agent that importing this package's modules brings in, with the packages they are in."""
    reached: set[str] = set()
    waiting = [module for module in modules() if package_of(module) == package]
    while waiting:
        module = waiting.pop()
        if module in reached or module not in modules():
            continue
        reached.add(module)
        waiting += [*imports()[module], module.rpartition(".")[0]]
    return reached


def test_core_does_not_reach_asyncio_or_logging_by_a_detour() -> None:
    """Neither itself nor through what it imports of the agent: the real-time loop has neither."""
    forbidden = ARROWS["core"].never
    wrong = [
        f"{module} → {target}" for module in reach_of("core") for target in imports()[module] if target.split(".")[0] in forbidden
    ]
    assert wrong == []
    assert {package_of(module) for module in reach_of("core")}.isdisjoint({"management", "cli"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import asyncio", {"asyncio"}),
        ("import os.path as p, socket", {"os.path", "socket"}),
        ("from agent.wire import codec", {"agent.wire.codec"}),
        ("from agent.wire.codec import decode", {"agent.wire.codec"}),
        ("from agent import __version__", {"agent"}),
        ("from . import timing", {"agent.engine.timing"}),
        ("from ..wire.codec import decode", {"agent.wire.codec"}),
        ("def f():\n    import random", {"random"}),
        ("if TYPE_CHECKING:\n    from agent.cli import x", {"agent.cli"}),
        ("importlib.import_module('logging')", {"logging"}),
        ("__import__('time')", {"time"}),
    ],
)
def test_the_check_sees_every_way_to_import(source: str, expected: set[str]) -> None:
    """It would be blind otherwise, and green."""
    assert imports_of(source, "agent.engine.unit") == expected


@pytest.mark.parametrize(
    ("package", "target"),
    [
        ("engine", "time"),
        ("engine", "agent.core.loop"),
        ("engine", "agent.settings.model"),
        ("engine", "rich"),
        ("wire", "agent.engine.timing"),
        ("wire", "agent"),
        ("core", "asyncio.events"),
        ("core", "logging"),
        ("core", "agent.management.control"),
        ("core", "agent.devices.worker"),
        ("devices", "agent.engine.member"),
        ("devices", "agent.core.loop"),
        ("management", "agent.cli"),
        ("cli", "scapy.all"),
    ],
)
def test_the_check_knows_a_wrong_arrow(package: str, target: str) -> None:
    """One of each kind."""
    assert wrong_arrow(package, target)
