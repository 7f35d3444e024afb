"""`python -m bench.faces_cli SETTINGS CONTROL_SOCKET SECONDS`: prints how many of its requests a second were answered.

One real `understudy status` as people start it, then its requests on one connection, one after the other.
"""

import json
import socket
import subprocess
import sys
import time

REQUESTS = (
    {"verb": "status"},
    {"verb": "view", "tables": ["member", "event"]},
    {"verb": "events", "limit": 1000},
    {"verb": "audit"},
)


def main(settings: str, path: str, seconds: str) -> None:
    """RuntimeError when it is refused."""
    until_s, answers = time.monotonic() + float(seconds), 0
    subprocess.run([sys.executable, "-m", "agent", "status", "-c", settings], capture_output=True, check=True)
    began_s = time.monotonic()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        with connection.makefile("rwb") as lines:
            while time.monotonic() < until_s:
                lines.write(json.dumps(REQUESTS[answers % len(REQUESTS)]).encode() + b"\n")
                lines.flush()
                if json.loads(lines.readline()).get("outcome") != "done":
                    raise RuntimeError("the command line was refused")
                answers += 1
    print(f"{answers / (time.monotonic() - began_s):.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
