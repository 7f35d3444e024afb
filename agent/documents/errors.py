"""What can be wrong with a document, said to a person."""

from typing import NamedTuple

from agent.documents.words import sentences


class Problem(NamedTuple):
    """What is wrong with one value, said without its name, and the remedy."""

    what: str
    remedy: str


class Finding(NamedTuple):
    """One problem of a document. `path`: where ("carrier.c1.frequency_khz"; "": the document as a whole)."""

    path: str
    what: str
    remedy: str

    def text(self) -> str:
        """`path: what. Remedy.`"""
        return f"{self.path}: {sentences(self.what, self.remedy)}" if self.path else sentences(self.what, self.remedy)


class DocumentError(ValueError):
    """A text or value that is no document. `line` 1..: where in the text; 0: as a whole."""

    def __init__(self, line: int, what: str, remedy: str, name: str = "") -> None:
        place = ":".join(part for part in (name, str(line) if line else "") if part)
        super().__init__(f"{place}: {sentences(what, remedy)}" if place else sentences(what, remedy))
        self.line, self.what, self.remedy, self.name = line, what, remedy, name
