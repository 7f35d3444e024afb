"""`python -m bench.faces_v3 ADDRESS USER PASSPHRASE`: GETs of SNMPv3 for `snmp_load`, by that agent's clock, on standard output.

Good for 150 s and for this life of the agent.
"""

import sys

from bench.faces_cells import CELLS
from bench.snmp_requests import Asked, packed, v3_gets

COUNT = 512


def main(address: str, user: str, passphrase: str) -> None:
    sys.stdout.buffer.write(packed(v3_gets(CELLS, Asked(161, address, user, passphrase), COUNT)))


if __name__ == "__main__":
    main(*sys.argv[1:])
