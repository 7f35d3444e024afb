"""What can be wrong with certificates, said so that it can be mended at 3 a.m."""

from typing import NamedTuple


class PkiError(Exception):
    """`what` is wrong, and the `remedy`; neither ever contains a key."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what, self.remedy = what, remedy

    def __str__(self) -> str:
        end = "" if self.remedy.endswith((".", "?")) else "."
        return f"{self.what.rstrip('.')}. {self.remedy}{end}"


class Problem(NamedTuple):
    """One finding of `check_bundle`. `kind`: the setting concerned, certificate, key or ca. `is_error` False: a warning."""

    kind: str
    is_error: bool
    what: str
    remedy: str
