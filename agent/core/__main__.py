"""`python -m agent.core --settings-path PATH`, the settings' text on standard input. Started by the supervisor."""

import argparse
import sys
from pathlib import Path

from agent.core.core import Core
from agent.core.identity import load_identity
from agent.core.listener import ListenError
from agent.core.loop import Loop
from agent.core.realtime import become_realtime
from agent.settings.errors import SettingsError
from agent.settings.keyfile import load_keys
from agent.settings.load import read_stdin
from agent.wire.keys import Keyring


def main() -> int:
    """0 after an orderly stop, 2 when the settings or the key file are bad, or the data directory cannot be written."""
    parser = argparse.ArgumentParser(prog="agent.core")
    parser.add_argument("--settings-path", type=Path, required=True)
    path: Path = parser.parse_args().settings_path
    try:
        settings = read_stdin(path)
        keyring = load_keys(settings.lan.key_file) if settings.lan.key_file else Keyring()
    except SettingsError as error:
        print(f"understudy core: {error}", file=sys.stderr)
        return 2
    identity = load_identity(settings.unit.data_dir, settings.unit.name)
    try:
        core = Core(settings, identity, keyring)
    except ListenError as error:
        print(f"understudy core: {error}", file=sys.stderr)
        return 2
    for sentence in core.told:  # management keeps the file aside, and says so on every face
        print(f"understudy core: {sentence}", file=sys.stderr)
    loop = Loop(core)
    core.not_permitted = become_realtime()
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
