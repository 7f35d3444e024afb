"""`understudy demo`: two real units on loopback, a failover and a changeover."""

import sys


def main(argv: list[str]) -> int:
    """Not there yet: exit code 5."""
    print(f"understudy demo {' '.join(argv)}: the demo is not part of this build yet.", file=sys.stderr)
    return 5
