"""`understudy snmp-pass`: started by snmpd, by a line pass_persist of snmpd.conf (docs/operations.md, SNMP behind snmpd)."""

import io
import sys
from argparse import Namespace

from agent.cli import exits
from agent.cli.stop import Stop


def snmp_pass(options: Namespace) -> int:
    """Until snmpd closes standard input. The settings say where the unit is, and the root of its OIDs."""
    from agent.management.snmp.pass_persist import converse
    from agent.management.snmp.pass_persist_source import UnitSource, asking
    from agent.model.smi import DEFAULT_ROOT
    from agent.settings.errors import SettingsError
    from agent.settings.load import load_settings

    try:
        settings = load_settings(options.file)
    except SettingsError as error:
        raise Stop(exits.BAD_SETTINGS, str(error)) from None
    root = settings.snmp.root if settings.snmp else DEFAULT_ROOT
    lines = io.TextIOWrapper(sys.stdin.buffer, "utf-8", "surrogateescape")
    converse(lines, _say, UnitSource(asking(settings.run_dir / "control.sock"), root))
    return exits.DONE


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
