"""A whole engine as bytes: what lets a replay begin in the middle of a boot, when the ring has forgotten its beginning.

It is a pickle, made by core at a quiet moment (20 us a seat). A record may come from anywhere, so reading it knows the engine's
own plain classes and nothing else: no function can be named in it.
"""

import io
import pickle
from enum import Enum
from typing import Any

from agent.diagnostics.events import engine_of
from agent.diagnostics.notes import Json
from agent.engine.engine import Engine
from agent.engine.hearing import Hearing

PROTOCOL = 5
MAX_STATE_BYTES = 16 << 20
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
    _Writer(data, PROTOCOL).dump((engine.unit, engine.members, engine._controls))
    return data.getvalue()


def restored(header: Json, data: bytes) -> Engine:
    """An engine that goes on from there. StateError: another version made it, or it is no state at all."""
    engine = engine_of(header)
    try:
        unit, members, controls = _Reader(io.BytesIO(data)).load()
        engine.unit, engine.members, engine._controls = unit, members, controls
        engine._hearing = Hearing(unit, members, engine._seat_for)
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError) as error:
        text = f"the state in this record was made by software {header.get('software')} and cannot be read here: {error}"
        raise StateError(text) from None
    return engine


class _Writer(pickle.Pickler):
    """Words of a closed list by class and value: Python 3.11.2 would name `getattr`, which the reader refuses."""

    def reducer_override(self, value: object) -> Any:
        """See pickle.Pickler."""
        return (type(value), (value.value,)) if isinstance(value, Enum) else NotImplemented


class _Reader(pickle.Unpickler):
    """Plain classes of engine and wire; anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle may name."""
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        found = super().find_class(module, name) if module.startswith(_OURS) and "." not in name else None
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return found
