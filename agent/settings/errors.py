"""What is wrong with a settings file, said so that it can be mended at 3 a.m."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `line` 1..: where in the file; 0: the file as a whole. `what` and `remedy` are whole sentences' worth."""

    line: int
    severity: Severity
    what: str
    remedy: str

    def text(self, path: Path) -> str:
        """`file:line: what. Remedy.`: editors jump to it."""
        place = f"{path}:{self.line}" if self.line else str(path)
        return f"{place}: {self.severity}: {sentences(self.what, self.remedy)}"


def sentences(what: str, remedy: str) -> str:
    """`What. Remedy.`"""
    end = "" if remedy.endswith((".", "?")) else "."
    return f"{what.rstrip('.')}. {remedy}{end}"


class SettingsError(Exception):
    """A person's file is wrong. Carries every problem found, not the first one only."""

    def __init__(self, path: Path, findings: tuple[Finding, ...]) -> None:
        super().__init__(path, findings)
        self.path = path
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(finding.text(self.path) for finding in self.findings)


def one_error(path: Path, what: str, remedy: str, line: int = 0) -> SettingsError:
    """A SettingsError with a single finding."""
    return SettingsError(path, (Finding(line, "error", what, remedy),))
