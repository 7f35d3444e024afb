"""What a person types. Each command imports what it needs when it runs, so that every command starts quickly."""

import sys

from agent.cli import exits
from agent.cli.stop import Stop
from agent.cli.streams import complain, forget_output, mend_streams, settle_errors


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is one of agent.cli.exits, or 130 after Ctrl-C."""
    arguments = sys.argv[1:] if argv is None else argv
    if not mend_streams() and arguments[:1] != ["run"]:  # which says everything on standard error
        complain("understudy: standard output is closed. Nothing was done; to throw the output away write >/dev/null.")
        return exits.FAILED
    try:
        return _run(arguments)
    finally:
        settle_errors()


def _run(arguments: list[str]) -> int:
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `understudy status | head`
        forget_output()
        return exits.DONE
    except OSError as error:
        forget_output()
        return _failed(error)
    except Stop as end:
        complain(end.text)
        return end.code
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    return code


def _failed(error: OSError) -> int:
    """What is meant to fail is caught where it is done; what comes here is the output, as a rule."""
    what = f"{error.filename} cannot be used" if error.filename else "the output cannot be written"
    complain(f"understudy: {what}: {error.strerror or error}. What the command has done until then stays done.")
    return exits.FAILED


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["demo"]:  # has options of its own
        from agent.cli.demo import main as demo

        return demo(arguments[1:])
    if arguments[:1] == ["__complete"]:  # a shell asks at every TAB
        from agent.cli.completion import complete

        return complete(arguments[1:])
    from agent.cli.parser import parse

    try:
        options = parse(arguments)
    except SystemExit as end:  # argparse has said everything: --help, --version, wrong usage
        return end.code if isinstance(end.code, int) else exits.BAD_SETTINGS
    code: int = options.call(options)
    return code
