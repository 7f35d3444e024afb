"""YAML for people and machines: every text in double quotes, so that no `off` or `no` becomes something else."""

import json
from collections.abc import Iterator, Mapping, Sequence


def yaml_of(value: object, indent: str = "") -> str:
    """Mappings and lists in blocks; all else on one line."""
    return "".join(_lines(value, indent))


def _lines(value: object, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(f"{indent}{key}:", inner, indent)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            block = yaml_of(inner, indent + "  ") if _is_block(inner) else ""
            yield f"{indent}- {block[len(indent) + 2 :]}" if block else f"{indent}- {_scalar(inner)}\n"


def _entry(head: str, inner: object, indent: str) -> Iterator[str]:
    if _is_block(inner):
        yield f"{head}\n"
        yield from _lines(inner, indent + "  ")
    else:
        yield f"{head} {_scalar(inner)}\n"


def _is_block(value: object) -> bool:
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str) and bool(value)


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
