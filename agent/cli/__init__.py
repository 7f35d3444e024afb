"""What a person types. Each command imports what it needs when it runs, so that every command starts quickly."""

import io
import os
import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is one of agent.cli.exits, or 130 after Ctrl-C."""
    arguments = sys.argv[1:] if argv is None else argv
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows `?`
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `understudy status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["demo"]:  # has options of its own
        from agent.cli.demo import main as demo

        return demo(arguments[1:])
    from agent.cli.parser import parse

    options = parse(arguments)
    code: int = options.call(options)
    return code
