"""`understudy pool enable|disable`: one word of the settings file (S-18, S-34). Nothing changes before the next start."""

from argparse import Namespace

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.stop import Stop
from agent.cli.terminal import confirm


def enable(options: Namespace) -> int:
    """From the next start on, backups of other units may take over the groups of this one."""
    return _switch(options, "enable", "Enable N:M in")


def disable(options: Namespace) -> int:
    """From the next start on 1:1, as ever."""
    return _switch(options, "disable", "Disable N:M in")


def _switch(options: Namespace, step: str, question: str) -> int:
    confirm(f"{question} {options.file}?", options.yes)
    from agent.settings import pool_switch
    from agent.settings.errors import SettingsError

    try:
        text: str = getattr(pool_switch, step)(options.file)
    except SettingsError as error:
        raise Stop(exits.BAD_SETTINGS, f"{error}\nNothing was changed.") from None
    except OSError as error:
        text = f"failed: {options.file} cannot be written: {error.strerror or error}. Nothing was changed; run it as who owns it."
        raise Stop(exits.FAILED, text) from None
    if options.json:
        print_json({"outcome": "done", "text": text})
    else:
        print(f"done: {text}")
    return exits.DONE
