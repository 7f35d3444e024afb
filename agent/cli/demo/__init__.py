"""`understudy demo`: two real units on loopback, a failover and a changeover, timed from outside.

`story` is what happens, `stage` where it happens (processes, sockets, screen), `eyes` and `figures` what is measured.
"""

import sys

NOT_HERE = 5
"""Exit code: the demo cannot run on this machine. 0: all as the rule says. 1: something was not. 2: wrong usage."""


def main(argv: list[str]) -> int:
    """The exit code; 128 + n after signal n (Ctrl-C: 130)."""
    if sys.version_info < (3, 11):  # noqa: UP036 (started by hand with another Python, the imports below would fail strangely)
        have = ".".join(map(str, sys.version_info[:2]))
        print(
            f"understudy demo: Python 3.11 or later is needed, this is {have}. Name one: PYTHON=/path ./dev demo", file=sys.stderr
        )
        return NOT_HERE
    if not sys.platform.startswith("linux"):
        print("understudy demo: it needs Linux (kernel receive times, memory shared by descriptor).", file=sys.stderr)
        return NOT_HERE
    from agent.cli.demo.show import show

    return show(argv)
