"""One document, one row of bytes; and the digest of a group's content, the same on every unit that holds it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from agent.documents.errors import DocumentError
from agent.documents.normal import normalised
from agent.documents.schema import Schema

CHUNK_BYTES = 262_144
_DOMAIN = b"understudy content 1\n"


class FileEntry(NamedTuple):
    """A file beside the document: its size, the SHA-256 of its bytes, and those of its chunks of 262144 bytes in order."""

    size_bytes: int
    digest: bytes
    chunk_digests: tuple[bytes, ...]


def canonical(document: Mapping[str, Any], schema: Schema | None = None) -> bytes:
    """UTF-8 JSON, keys sorted, nothing between; 1 and 1.0 differ. With a schema also rows sorted by key, and nothing empty.

    Parts that `split` made are in that form already. DocumentError: it holds what cannot be written (NaN, a lone surrogate).
    """
    content = normalised(schema, document) if schema else document
    try:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise DocumentError(0, f"the document cannot be kept: {error}", "Check it first") from None


def content_digest(shared: bytes | Mapping[str, Any], manifest: Mapping[str, FileEntry]) -> bytes:
    """32 bytes: SHA-256 over the canonical shared part and the files' names, sizes and digests in the order of their names.

    Every part follows its length, so that no two contents are written alike. Chunks are how a file travels, not what it is.
    """
    digest = hashlib.sha256(_DOMAIN)
    for part in _parts(shared if isinstance(shared, bytes) else canonical(shared), manifest):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _parts(shared: bytes, manifest: Mapping[str, FileEntry]) -> Iterator[bytes]:
    yield shared
    for name in sorted(manifest):
        yield name.encode()
        yield manifest[name].size_bytes.to_bytes(8, "big")
        yield manifest[name].digest
