"""A whole engine as bytes: what lets a replay begin in the middle of a boot, when the ring has forgotten its beginning.

It is two pickles, made by core at a quiet moment: the shapes of the engine's classes, and the engine. A record may come from
anywhere, so reading it knows the engine's own plain classes and nothing else: no function can be named in it. It may come from
another version as well, and a field that was added in the middle would shift all that follow it: then it is refused.
"""

import io
import pickle
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum, EnumMeta
from functools import cache
from typing import Any

from agent.diagnostics.events import engine_of
from agent.diagnostics.notes import Json
from agent.engine.engine import Engine
from agent.engine.hearing import Hearing

PROTOCOL = 5
_OURS = ("agent.engine.", "agent.wire.message", "agent.wire.errors")
_OTHERS = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "deque"),
    ("copyreg", "_reconstructor"),
    ("builtins", "object"),
}


class StateError(ValueError):
    """Bytes that are no state of this software's engine. A sentence for a person."""


def packed_state(engine: Engine) -> bytes:
    """Everything that the next decisions depend on."""
    data = io.BytesIO()
    data.write(_own_shapes())
    _Writer(data, PROTOCOL).dump((engine.unit, engine.members, engine._controls))
    return data.getvalue()


def restored(header: Json, data: bytes) -> Engine:
    """An engine that goes on from there. StateError: another version made it, or it is no state at all."""
    engine = engine_of(header)
    stream = io.BytesIO(data)
    try:
        shapes = _Reader(stream, {}).load()
        unit, members, controls = _Reader(stream, shapes).load()
        engine.unit, engine.members, engine._controls = unit, members, controls
        engine._hearing = Hearing(unit, members, engine._seat_for)
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError) as error:
        text = f"the state in this record was made by software {header.get('software')} and cannot be read here: {error}"
        raise StateError(text) from None
    return engine


@cache
def _own_shapes() -> bytes:
    """Of every class that a state may name, by its full name: a few KB."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(_OURS)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    found = {_name(kind): _shape(kind) for kind in kinds if kind.__module__.startswith(_OURS) and _is_kept(kind)}
    return pickle.dumps(dict(sorted(found.items())), PROTOCOL)


def _is_kept(kind: type) -> bool:
    """Values of it have fields that a state keeps. A word of a closed list is known, or not, by itself."""
    return not isinstance(kind, EnumMeta) and not issubclass(kind, BaseException)


@cache
def _shape(kind: type) -> tuple[str, ...]:
    """Its fields in their order; of a plain class what its __init__ names."""
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    named: tuple[str, ...] | None = getattr(kind, "_fields", None)
    code = getattr(vars(kind).get("__init__"), "__code__", None)
    return named if named is not None else tuple(sorted(code.co_names)) if code is not None else ()


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


class _Writer(pickle.Pickler):
    """Words of a closed list by class and value: Python 3.11.2 would name `getattr`, which the reader refuses."""

    def reducer_override(self, value: object) -> Any:
        """See pickle.Pickler."""
        return (type(value), (value.value,)) if isinstance(value, Enum) else NotImplemented


class _Reader(pickle.Unpickler):
    """Plain classes of engine and wire, of the same shapes as here; anything else is refused."""

    def __init__(self, stream: io.BytesIO, shapes: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(stream)
        self._shapes = shapes

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle may name."""
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        found = super().find_class(module, name) if module.startswith(_OURS) and "." not in name else None
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        if _is_kept(found) and self._shapes.get(_name(found)) != _shape(found):
            raise pickle.UnpicklingError(f"{name} has other fields there than here")
        return found
