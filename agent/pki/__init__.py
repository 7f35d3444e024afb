"""Certificates of the units of a site (docs/configuration.md)."""

from agent.pki.authority import (
    AUTHORITY_DAYS,
    UNIT_DAYS,
    AuthorityPaths,
    UnitPaths,
    init_authority,
    issue,
    retire_authorities,
    rotate_authority,
    rotate_unit,
    unit_paths,
)
from agent.pki.checking import check_bundle
from agent.pki.errors import PkiError, Problem
from agent.pki.peer import PeerCertificate, peer_of

__all__ = [
    "AUTHORITY_DAYS",
    "UNIT_DAYS",
    "AuthorityPaths",
    "PeerCertificate",
    "PkiError",
    "Problem",
    "UnitPaths",
    "check_bundle",
    "init_authority",
    "issue",
    "peer_of",
    "retire_authorities",
    "rotate_authority",
    "rotate_unit",
    "unit_paths",
]
