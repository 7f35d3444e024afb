"""Which schema the documents of a driver obey."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.documents.receiver import RECEIVER
from agent.documents.schema import Free, Schema

NONE: Final = Schema("none", 1, 0, Free("Whatever the operator keeps here; the driver reads none of it."))

SCHEMAS: Final[Mapping[str, Schema]] = MappingProxyType({schema.name: schema for schema in (RECEIVER, NONE)})
"""By the name of the driver."""
