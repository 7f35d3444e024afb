"""[pool] and [handover]: whether groups are protected N:M, and how configuration follows the master."""

import re
from pathlib import Path

from agent.settings.model import HandoverSettings, PoolSettings
from agent.settings.reader import Table

RESERVE_WORDS = ("independent", "exclusive")
RETURN_WORDS = ("manual", "after_hold")
MAX_CAPACITY = 1000
MAX_REVISIONS = 1_000_000
MIN_KEPT_BYTES = 1024**2
MAX_KEPT_BYTES = 1024**5

_POOL = PoolSettings()
_HANDOVER = HandoverSettings()
"""For their defaults."""
_POOL_KEYS = ("n_to_m", "reserve", "return_policy", "return_hold")
_CERTIFICATE_KEYS = ("certificate", "key", "ca")
_HANDOVER_KEYS = (*_CERTIFICATE_KEYS, "port", "allow_partial", "capacity", "licence", "max_revisions", "max_bytes", "revoked")


def read_pool(table: Table) -> PoolSettings:
    """[pool]; without it N:M is off (S-18)."""
    table.only(_POOL_KEYS)
    return PoolSettings(
        n_to_m=table.flag("n_to_m", _POOL.n_to_m),
        reserve=table.choice("reserve", RESERVE_WORDS, _POOL.reserve),
        return_policy=table.choice("return_policy", RETURN_WORDS, _POOL.return_policy),
        return_hold_ms=table.milliseconds("return_hold", 0.0, 3600.0, _POOL.return_hold_ms),
    )


def read_handover(top: Table, directory: Path) -> HandoverSettings | None:
    """[handover], its paths relative to the directory of the settings file; None: the file has no such section."""
    if "handover" not in top.values:
        return None
    table = top.table("handover", "[handover]")
    table.only(_HANDOVER_KEYS)
    certificate, key, ca = _certificates(table, directory)
    return HandoverSettings(
        certificate=certificate,
        key=key,
        ca=ca,
        port=table.integer("port", 1, 65535, _HANDOVER.port),
        allow_partial=table.flag("allow_partial", _HANDOVER.allow_partial),
        capacity=table.integer("capacity", 0, MAX_CAPACITY, _HANDOVER.capacity),
        licence=directory / table.text("licence") if "licence" in table.values else None,
        max_revisions=table.integer("max_revisions", 1, MAX_REVISIONS, _HANDOVER.max_revisions),
        max_bytes=table.integer("max_bytes", MIN_KEPT_BYTES, MAX_KEPT_BYTES, _HANDOVER.max_bytes),
        revoked=_fingerprints(table),
    )


def _fingerprints(table: Table) -> frozenset[str]:
    """As `openssl x509 -fingerprint -sha256` writes them, with colons or without."""
    found = frozenset(text.replace(":", "").lower() for text in table.texts("revoked"))
    if not all(re.fullmatch("[0-9a-f]{64}", text) for text in found):
        remedy = "Write what this says of it: openssl x509 -in unit.pem -noout -fingerprint -sha256"
        table.wrong("revoked", "revoked holds something that is no SHA-256 fingerprint of a certificate", remedy)
    return found


def _certificates(table: Table, directory: Path) -> tuple[Path | None, Path | None, Path | None]:
    """`certificate`, `key` and `ca`: all of them or none."""
    given = [key for key in _CERTIFICATE_KEYS if key in table.values]
    if not given:
        return None, None, None
    for key in _CERTIFICATE_KEYS:
        if key not in given:
            remedy = f'Add {key} = "{key}.pem" (understudy pki issue writes all three), or remove {" and ".join(given)}'
            table.wrong(key, f"has {' and '.join(given)} but no {key}: units cannot prove to one another who they are", remedy)
    certificate, key_file, ca = (directory / table.text(key) if key in given else None for key in _CERTIFICATE_KEYS)
    return certificate, key_file, ca
