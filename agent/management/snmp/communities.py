"""The communities of SNMPv2c: one a line, COMMUNITY or LABEL COMMUNITY; the label goes into the audit. `#` begins a comment.

A community is no secret worth the name: it goes over the LAN in clear. So it reads; it writes only from the addresses that the
settings name (C-20).
"""

from pathlib import Path
from typing import Final

from agent.management.addresses import Address, is_in
from agent.management.snmp.private_file import SecretsError, read_secrets
from agent.model.answers import Principal, Role
from agent.settings.faces import Network

MAX_COMMUNITIES: Final = 32
MAX_BYTES: Final = 64


def load_communities(path: Path) -> dict[bytes, str]:
    """Community → label. SecretsError when the file cannot be used; it says the line's number, never the line."""
    found: dict[bytes, str] = {}
    for number, line in enumerate(read_secrets(path).splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        community = words[-1].encode()
        if len(words) > 2 or len(community) > MAX_BYTES or community in found:
            raise SecretsError(path, f"line {number} must be COMMUNITY or LABEL COMMUNITY, {MAX_BYTES} bytes at most, not twice")
        found[community] = words[0] if len(words) == 2 else f"community {len(found) + 1}"
    if not 0 < len(found) <= MAX_COMMUNITIES:
        raise SecretsError(path, f"must hold 1 to {MAX_COMMUNITIES} communities")
    return found


def community_principal(label: str, address: Address, write_from: tuple[Network, ...]) -> Principal:
    """Operator from the named addresses, viewer from everywhere else."""
    role = Role.OPERATOR if is_in(address, write_from) else Role.VIEWER
    return Principal(label, "snmp", str(address), role)
