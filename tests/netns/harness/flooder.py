"""The process behind `Flood`: reads its order as JSON from standard input, sends, and says how much it was."""

import json
import os
import socket
import sys
import time
from contextlib import suppress

BATCH_S = 0.001


def open_sender(order: dict[str, object]) -> socket.socket:
    protocol = int(str(order["protocol"]))
    kind = socket.SOCK_RAW if protocol else socket.SOCK_DGRAM
    sender = socket.socket(socket.AF_INET, kind, protocol)
    interface = socket.if_nametoindex(str(order["interface"]))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + interface.to_bytes(4, sys.byteorder))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(str(order["ttl"])))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    sender.connect((str(order["address"]), int(str(order["port"])) if not protocol else 0))
    return sender


def flood(sender: socket.socket, payloads: list[bytes], rate: int, seconds: float) -> tuple[int, float]:
    """As evenly as a millisecond allows; what was missed is made up for, so the mean rate is right if the machine can do it."""
    started = time.monotonic()
    sent, count = 0, len(payloads)
    while (elapsed := time.monotonic() - started) < seconds:
        due = int(elapsed * rate) - sent
        for _ in range(due):
            with suppress(OSError):  # a full queue, or ICMP from a host without a listener
                sender.send(payloads[sent % count])
            sent += 1
        if due < BATCH_S * rate:
            time.sleep(BATCH_S)
    return sent, time.monotonic() - started


def main() -> None:
    os.nice(-15)  # a host of its own would not wait for our processors
    order = json.load(sys.stdin)
    payloads = [bytes.fromhex(payload) for payload in order["payloads"]]
    sent, elapsed = flood(open_sender(order), payloads, order["rate"], order["seconds"])
    print(json.dumps({"sent": sent, "elapsed_s": elapsed}))


if __name__ == "__main__":
    main()
