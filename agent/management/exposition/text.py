"""The text of both exposition formats, which differ in heads alone: 0.0.4 and OpenMetrics 1.0. Pure."""

from collections.abc import Iterable
from functools import cache

from agent.model.metrics import Family, Type

PLAIN, OPEN = 0, 1
"""The two formats."""
END = (b"", b"# EOF\n")
"""What stands last."""
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_PLAIN = str.maketrans({"\\": r"\\", "\n": r"\n"})


def escaped(value: str) -> str:
    """Of a label."""
    return value.translate(_ESCAPES)


def labelled(names: Iterable[str], values: Iterable[str]) -> str:
    """`group="7",peer="rx-b"`."""
    return ",".join(f'{name}="{escaped(value)}"' for name, value in zip(names, values, strict=True))


def sample(name: str, labels: str, value: str) -> str:
    """One line. `labels`: as `labelled` makes them."""
    return f"{name}{{{labels}}} {value}\n" if labels else f"{name} {value}\n"


@cache
def heads(family: Family) -> tuple[bytes, bytes]:
    """HELP and TYPE in both formats. OpenMetrics names the family without the ending of its samples; 0.0.4 knows no info."""
    plain_type = Type.GAUGE if family.type is Type.INFO else family.type
    stem = family.name.removesuffix(_ENDINGS.get(family.type, ""))
    return (
        f"# HELP {family.name} {family.help.translate(_HELP_PLAIN)}\n# TYPE {family.name} {plain_type.value}\n".encode(),
        f"# HELP {stem} {family.help.translate(_ESCAPES)}\n# TYPE {stem} {family.type.value}\n".encode(),
    )


_ENDINGS = {Type.COUNTER: "_total", Type.INFO: "_info"}


def number(value: float) -> str:
    """As Go and Python both read it."""
    return str(value)
