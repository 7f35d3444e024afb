"""One document out of two, by choices (Z-41). Nothing is decided for the operator that both sides have changed."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from agent.documents.canonical import FileEntry
from agent.documents.check import check
from agent.documents.differences import Difference, items, three_way
from agent.documents.errors import Finding
from agent.documents.normal import normalised
from agent.documents.paths import FILE_PREFIX, is_within
from agent.documents.rebuild import rebuild
from agent.documents.schema import Document, Schema

__all__ = [
    "Choices",
    "Difference",
    "MergeError",
    "StrayChoiceError",
    "UnchosenError",
    "UnfitError",
    "items",
    "merged",
    "merged_files",
    "three_way",
]

Choices: TypeAlias = Mapping[str, Literal["ours", "theirs"]]


class MergeError(ValueError):
    """There is no merged document; nothing has changed."""


class UnchosenError(MergeError):
    """`paths`: what both sides have changed, and no choice covers."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(
            f"both sides have changed {', '.join(paths[:10])}{' …' if len(paths) > 10 else ''}. Choose a side for each."
        )
        self.paths = paths


class StrayChoiceError(MergeError):
    """`paths`: choices that cover no difference, so they were meant for something else."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(f"nothing differs at {', '.join(paths[:10])}. See the list of differences for the paths.")
        self.paths = paths


class UnfitError(MergeError):
    """`findings`: what is wrong with what the choices make (each side alone was good)."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("the chosen parts do not fit together: " + " ".join(finding.text() for finding in findings[:10]))
        self.findings = findings


def merged(schema: Schema, base: Document | None, ours: Document, theirs: Document, choices: Choices) -> Document:
    """The shared part that the choices make, checked. UnchosenError, StrayChoiceError, UnfitError.

    `choices`: path prefix → side; the longest prefix counts; "" is everything. What only one side changed is taken from it,
    unless a choice says otherwise. Choices of files ("file:…") are for `merged_files`.
    """
    sides = {"ours": items(schema, ours), "theirs": items(schema, theirs)}
    differences = three_way(None if base is None else items(schema, base), sides["ours"], sides["theirs"])
    chosen = _choose(differences, {path: side for path, side in choices.items() if not path.startswith(FILE_PREFIX)})
    content = _taken(sides, chosen)
    document, torn = rebuild(schema, content)
    findings = torn or check(schema, document, is_shared=True)
    if findings:
        raise UnfitError(findings)
    return normalised(schema, document)


def merged_files(
    base: Mapping[str, FileEntry] | None, ours: Mapping[str, FileEntry], theirs: Mapping[str, FileEntry], choices: Choices
) -> dict[str, FileEntry]:
    """The same for the files. UnchosenError, StrayChoiceError."""
    sides = {"ours": _named(ours), "theirs": _named(theirs)}
    differences = three_way(None if base is None else _named(base), sides["ours"], sides["theirs"])
    chosen = _choose(differences, {path: side for path, side in choices.items() if path.startswith(FILE_PREFIX) or not path})
    return {path.removeprefix(FILE_PREFIX): entry for path, entry in _taken(sides, chosen).items()}


def _named(manifest: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
    return {f"{FILE_PREFIX}{name}": entry for name, entry in manifest.items()}


def _choose(differences: Iterable[Difference], choices: Choices) -> dict[str, str]:
    """Path of a difference → the side that it is taken from."""
    used: set[str] = set()
    chosen: dict[str, str] = {}
    for difference in differences:
        covering = [prefix for prefix in choices if is_within(difference.path, prefix)]
        used.update(covering)
        chosen[difference.path] = choices[max(covering, key=len)] if covering else difference.side
    _refuse(chosen, choices, used)
    return chosen


def _refuse(chosen: Mapping[str, str], choices: Choices, used: set[str]) -> None:
    stray = tuple(path for path in choices if path and path not in used)
    if stray:
        raise StrayChoiceError(stray)
    unchosen = tuple(path for path, side in chosen.items() if side == "both")
    if unchosen:
        raise UnchosenError(unchosen)


def _taken(sides: Mapping[str, Mapping[str, Any]], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Every value: of both where they agree, else of the chosen side, if that side has it."""
    paths = sorted({*sides["ours"], *sides["theirs"]})
    side_of = {path: sides[chosen.get(path, "ours")] for path in paths}
    return {path: side[path] for path, side in side_of.items() if path in side}
