"""Who is at the other end of a connection or line, by what the network can show of him (C-20)."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.management.addresses import Address, is_in
from agent.model.answers import Principal, Role
from agent.settings.faces import Network


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """One connection or serial line: two connections of one machine are two clients. `seat`: the same after connecting again."""

    principal: Principal

    @property
    def seat(self) -> tuple[str, str]:
        """By name and address, without the port: what a claim is given back to."""
        return self.principal.name, self.principal.address

    @property
    def may_write(self) -> bool:
        return self.principal.role >= Role.OPERATOR


def client_at(address: Address, write_from: Sequence[Network]) -> Client:
    """Plain TCP knows no names: the address says the role, operator where writing is allowed from, else viewer."""
    role = Role.OPERATOR if is_in(address, write_from) else Role.VIEWER
    return Client(Principal(str(address), "modbus", str(address), role))
