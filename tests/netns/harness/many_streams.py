"""The process behind a fleet's streams: one small stream for each of groups 1 .. GROUPS, from one process.

python -m tests.netns.harness.many_streams GROUPS RATE
"""

import sys
import time

from agent.devices.address import parse_endpoint
from agent.devices.program import Programme
from agent.devices.sockets import destination, open_output
from tests.netns.harness.documents import input_address, source_pids


def main(groups: int, rate: int) -> None:
    """`rate`: datagrams a second of each; for ever."""
    ends = [parse_endpoint(f"udp://{input_address(group)}:5000?interface=med0") for group in range(1, groups + 1)]
    outputs = [(open_output(end), destination(end)) for end in ends]
    programmes = [Programme(source_pids(group)) for group in range(1, groups + 1)]
    number, due_ns, step_ns = 0, time.monotonic_ns(), 1_000_000_000 // (rate * groups)
    while True:
        at = number % groups
        sender, address = outputs[at]
        sender.sendto(programmes[at].datagram(number // groups, time.monotonic_ns(), due_ns), address)
        number, due_ns = number + 1, due_ns + step_ns
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
