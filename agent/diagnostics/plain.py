"""Values of the engine ⇄ plain JSON data, by their types: dataclasses, named tuples, enums, bytes (hex), tuples, mappings."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """What json.dumps takes. Mappings get words as keys."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum | bytes):
        return value.value if isinstance(value, Enum) else value.hex()
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: to_plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    return [to_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def from_plain(kind: type[T], data: Any) -> T:
    """Back again. ValueError: not what `to_plain` makes of this type (an older record, or no record of ours)."""
    try:
        found: T = _read(kind, data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no {kind.__name__}: {error}") from None
    return found


def _read(kind: Any, data: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return None if data is None else _read(next(one for one in arguments if one is not NoneType), data)
    if origin is tuple:
        inner = [arguments[0]] * len(data) if arguments[-1] is ... else arguments
        return tuple(_read(one, value) for one, value in zip(inner, data, strict=True))
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], value) for name, value in data.items() if name in hints})
    if kind is bytes:
        return bytes.fromhex(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} where {kind.__name__} belongs")
    return data


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
