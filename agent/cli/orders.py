"""`understudy off`, `on`, `arm`, `acknowledge`: orders to this unit's member of a group (D-12, D-45)."""

from argparse import Namespace

from agent.cli.control_socket import asked, report
from agent.cli.groups import checked
from agent.management.memory import JsonObject


def off(options: Namespace) -> int:
    """It hands over first; --force: although there is nobody."""
    return _order(options, "off", is_forced=options.force)


def on(options: Namespace) -> int:
    """It listens first, as after a start."""
    return _order(options, "on")


def arm(options: Namespace) -> int:
    """Standby becomes automatic: green again."""
    return _order(options, "arm_standby")


def acknowledge(options: Namespace) -> int:
    """Alarms stay until their cause has gone; somebody knows of them now."""
    return _order(options, "acknowledge")


def _order(options: Namespace, verb: str, *, is_forced: bool = False) -> int:
    request: JsonObject = {"verb": "command", "group": checked(options.group), "command": verb}
    return report(options, asked(options, request | {"reason": options.reason, "forced": is_forced, "override": False}))
