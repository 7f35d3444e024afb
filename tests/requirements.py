"""`python -m tests.requirements`: every requirement with the tests that name it, and those that none names.

The requirements are rows and bullets of requirements.md, which is not part of this repository: --file, or the environment
variable UNDERSTUDY_REQUIREMENTS, or ../shared/requirements.md beside the working tree. A test names what it proves in its
docstring, or in that of its class or module; a range names all of its members.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import signal
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
USUAL_FILE: Final = ROOT.parent / "shared" / "requirements.md"
VARIABLE: Final = "UNDERSTUDY_REQUIREMENTS"
GROUPS: Final = {"S": "receivers", "D": "radio playout", "Z": "consoles", "C": "rulings", "F": "timing facts"}

ID: Final = r"\b([SDZCF])-(\d{1,2})\b"
ROW: Final = re.compile(rf"^\|\s*{ID}\s*\|([^|]*)\|")
BULLET: Final = re.compile(rf"^\*\s+{ID}\s+(.*)")
# *word*, but not the product A*1,000,000.
EMPHASIS: Final = re.compile(r"(?<![\w)])\*([^*]+)\*(?!\w)")
# Two ids with nothing but "to", dots or a dash between them are a range: S-01 to S-05, S-01..S-05, S-01–S-05, and S-01 to 05.
RANGE: Final = re.compile(rf"{ID}\s*(?:to|\.\.\.?|…|–|—)\s*(?:([SDZCF])-)?(\d{{1,2}})\b")

Id = tuple[str, int]


@dataclass
class Requirement:
    """One testable line; `tests` as file::name."""

    id: Id
    text: str
    tests: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """S-01, but F-8: as in the document."""
        return label(self.id)


def label(wanted: Id) -> str:
    """Write an id as the document does."""
    letter, number = wanted
    return f"{letter}-{number}" if letter == "F" else f"{letter}-{number:02}"


# The document --------------------------------------------------------------------------------------------------------


def read_requirements(document: str) -> dict[Id, Requirement]:
    """Return all rows `| S-01 | text | …` and bullets `* F-1 text`, in the document's order."""
    found: dict[Id, Requirement] = {}
    for line in document.splitlines():
        match = ROW.match(line) or BULLET.match(line)
        if match:
            letter, number, text = match.groups()
            found.setdefault((letter, int(number)), Requirement((letter, int(number)), _plain(text)))
    return found


def _plain(text: str) -> str:
    return EMPHASIS.sub(r"\1", text.replace("**", "").replace("`", "")).strip()


# The tests -----------------------------------------------------------------------------------------------------------


def ids_in(text: str) -> set[Id]:
    """All ids that a docstring names, members of ranges included."""
    singles = {(letter, int(number)) for letter, number in re.findall(ID, text)}
    return singles.union(*(_members(match) for match in RANGE.finditer(text)))


def _members(match: re.Match[str]) -> set[Id]:
    letter, first, other_letter, last = match.groups()
    is_range = other_letter in (None, letter) and int(first) <= int(last)
    return {(letter, number) for number in range(int(first), int(last) + 1)} if is_range else set()


def named_in(source: str, file: str) -> Iterator[tuple[str, set[Id]]]:
    """Yield `file::test` with the ids of its docstring; a class and a module with theirs, if there are tests in them."""
    tree = ast.parse(source)
    if any(_is_test(node) for node in ast.walk(tree)):
        yield file, ids_in(ast.get_docstring(tree) or "")
    yield from _named_by(tree.body, file)


def _named_by(body: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, set[Id]]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and any(_is_test(inner) for inner in node.body):
            yield f"{prefix}::{node.name}", ids_in(ast.get_docstring(node) or "")
            yield from _named_by(node.body, f"{prefix}::{node.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(node):
            yield f"{prefix}::{node.name}", ids_in(ast.get_docstring(node) or "")


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def scan(folder: Path) -> Iterator[tuple[str, set[Id]]]:
    """The same for all test_*.py of a folder, with paths relative to it; those that name nothing are left out."""
    for path in sorted(folder.rglob("test_*.py")):
        for name, ids in named_in(path.read_text(encoding="utf-8"), path.relative_to(folder).as_posix()):
            if ids:
                yield name, ids


def attach(requirements: dict[Id, Requirement], named: Iterable[tuple[str, set[Id]]]) -> list[str]:
    """Give every requirement its tests; return sentences about ids that no requirement has."""
    strangers = []
    for test, ids in named:
        for wanted in sorted(ids):
            if wanted in requirements:
                requirements[wanted].tests.append(test)
            else:
                strangers.append(f"{test} names {label(wanted)}, which no requirement has")
    return strangers


# What a person sees --------------------------------------------------------------------------------------------------


def table(requirements: Iterable[Requirement], width: int) -> str:
    """Id, text, first test; further tests below it."""
    room = max(20, min(60, width // 2 - 7))
    return "\n".join(line for requirement in requirements for line in _rows(requirement, room))


def _rows(requirement: Requirement, room: int) -> Iterator[str]:
    text = textwrap.shorten(requirement.text, room, placeholder=" …")
    first, *more = requirement.tests or ["-"]
    yield f"{requirement.label:<5} {text:<{room}} {first}"
    yield from (f"{'':<5} {'':<{room}} {test}" for test in more)


def summary(requirements: Iterable[Requirement]) -> str:
    """How many of each document have a test, and which have none."""
    everything = list(requirements)
    lines = [_summary_line(letter, [one for one in everything if one.id[0] == letter]) for letter in GROUPS]
    proven = sum(bool(one.tests) for one in everything)
    return "\n".join([*lines, f"all {len(everything):>3} requirements, {proven:>3} named by a test"])


def _summary_line(letter: str, group: list[Requirement]) -> str:
    missing = [one.label for one in group if not one.tests]
    line = f"{letter}   {len(group):>3} {GROUPS[letter]}, {len(group) - len(missing)} named by a test"
    listed = textwrap.fill("without: " + " ".join(missing), 110, initial_indent="      ", subsequent_indent="      ")
    return f"{line}\n{listed}" if missing else line


def as_json(requirements: Iterable[Requirement]) -> str:
    """A list of {id, text, tests}."""
    return json.dumps(
        [{"id": one.label, "text": one.text, "tests": one.tests} for one in requirements], indent=2, ensure_ascii=False
    )


def _find_file(chosen: str | None) -> Path:
    return Path(chosen or os.environ.get(VARIABLE) or USUAL_FILE)


def _missing_file_help(path: Path) -> str:
    return (
        f"requirements: there is no readable {path}.\n"
        "The requirements are kept beside this repository, not in it. Say where:\n"
        f"  ./dev requirements --file PATH/requirements.md     or     {VARIABLE}=PATH/requirements.md ./dev requirements"
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev requirements", description="Every requirement with the tests that name it.")
    parser.add_argument("--file", metavar="PATH", help=f"requirements.md (default: ${VARIABLE}, or {USUAL_FILE})")
    parser.add_argument("--tests", metavar="FOLDER", default=str(ROOT / "tests"), help="where the tests are")
    parser.add_argument("--missing", action="store_true", help="only those that no test names")
    parser.add_argument("--json", action="store_true", help="for a program")
    return parser.parse_args(arguments)


def _show(requirements: list[Requirement], options: argparse.Namespace) -> None:
    shown = [one for one in requirements if not (options.missing and one.tests)]
    if options.json:
        print(as_json(shown))
        return
    if shown:
        print(table(shown, shutil.get_terminal_size((140, 24)).columns))
    print(f"\n{summary(requirements)}")


def main(arguments: list[str] | None = None) -> int:
    """Return 0; 1 when a test names what does not exist; 2 when there is nothing to compare with."""
    options = _parse(arguments)
    path = _find_file(options.file)
    try:
        requirements = read_requirements(path.read_text(encoding="utf-8"))
    except OSError:
        print(_missing_file_help(path), file=sys.stderr)
        return 2
    if not requirements:
        print(f"requirements: {path} has no lines such as `| S-01 | … |`; is it the right file?", file=sys.stderr)
        return 2
    strangers = attach(requirements, scan(Path(options.tests)))
    _show(list(requirements.values()), options)
    print("".join(f"requirements: {stranger}\n" for stranger in strangers), end="", file=sys.stderr)
    return 1 if strangers else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `... | head` ends it without a traceback
    sys.exit(main())
