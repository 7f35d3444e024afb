"""`python -m agent.devices NAME --settings-path PATH`, with the text of the settings file on standard input.

Ends with 2 and a sentence when the settings do not allow a start. Started by the supervisor.
"""

import argparse
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

from agent.devices.console import say
from agent.devices.duty import Duty
from agent.devices.ledger_store import LedgerStore
from agent.devices.options import ReceiverOptions, parse_receiver_options
from agent.devices.plan import plan_of_options
from agent.devices.receiver import Receiver
from agent.devices.source import ConfigurationSource
from agent.devices.worker import Worker
from agent.settings.errors import SettingsError
from agent.settings.licence import Allowance
from agent.settings.load import read_stdin
from agent.settings.model import DeviceSettings, Settings

REAL_TIME_PRIORITY = 10
"""Below core's 50: the lease must be renewed, and the adverts sent, before a datagram is forwarded."""


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m agent.devices", description="One device worker of a unit.")
    parser.add_argument("name", help="NAME of [device.NAME]")
    parser.add_argument("--settings-path", type=Path, required=True, help="where the settings came from, for messages")
    options = parser.parse_args(arguments)
    try:
        settings = read_stdin(options.settings_path)
        receiver_options = parse_receiver_options(_device(settings, options.name).options, settings.handover is not None)
    except (SettingsError, ValueError) as error:
        say(f"device {options.name}: {error}")
        return 2
    worker = _worker(options.name, settings, receiver_options)
    _prepare_process()
    worker.run()
    say(f"device {options.name}: supervisor and core are both gone, ending.")
    return 0


def _device(settings: Settings, name: str) -> DeviceSettings:
    device = settings.devices.get(name)
    if device is None:
        raise ValueError(f"{settings.path} has no [device.{name}]; it has {', '.join(settings.devices) or 'none'}.")
    if device.driver != "receiver":
        raise ValueError(
            f'{settings.path}: [device.{name}] driver "{device.driver}" is not known here; write driver = "receiver".'
        )
    return device


def _worker(name: str, settings: Settings, options: ReceiverOptions) -> Worker:
    """A pool's device serves whichever group needs it; any other has one group, and may listen to its input from the start."""
    homes = {member.group for member in settings.members if name in member.devices and not member.is_nm_backup}
    pools = [member.group for member in settings.members if name in member.devices and member.is_nm_backup]
    allowance = Allowance(settings, every_s=0.0)  # asked with each order alone
    store = LedgerStore(
        settings.unit.data_dir / "ledger", lambda: allowance.services(settings.devices[name]), pools[0] if pools else None
    )
    source = ConfigurationSource(store, plan_of_options(options))
    receiver = Receiver(options.input_timeout_ns)
    duty = Duty(source, receiver, homes.pop() if len(homes) == 1 else None, bool(pools))
    return Worker(name, receiver, duty, settings.run_dir / "core.sock")


def _prepare_process() -> None:
    """Real-time where permitted; no collection of what start-up made; Ctrl-C is the supervisor's, it ends us in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(REAL_TIME_PRIORITY))


if __name__ == "__main__":
    sys.exit(main())
