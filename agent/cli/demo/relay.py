"""`python -m agent.cli.demo.relay FROM TO`: a unicast stream for two listeners.

A unicast datagram reaches one socket only; the demo's two units both have to hear it.
"""

import select
import sys

from agent.devices.address import parse_endpoint
from agent.devices.sockets import destination, open_input, open_output

_MAX_DATAGRAM_BYTES = 65_536


def main(argv: list[str]) -> int:
    """Until it is killed."""
    source, target = map(parse_endpoint, argv)
    receiver, sender, address = open_input(source), open_output(target), destination(target)
    while True:
        select.select([receiver], [], [])
        try:
            sender.sendto(receiver.recv(_MAX_DATAGRAM_BYTES), address)
        except OSError:  # a datagram that cannot be passed on is lost, as anywhere
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
