"""`understudy discover|pair|unpair`: which masters are heard, and whose configuration this unit follows (Z-18..Z-22)."""

import ipaddress
from argparse import Namespace

from agent.cli import exits
from agent.cli.answers import code_of, report
from agent.cli.config_socket import JsonObject, ask
from agent.cli.groups import checked
from agent.cli.plain import one_line, seconds, tables_in
from agent.cli.progress import bar_for
from agent.cli.stop import Stop

COLUMNS = ("name", "address", "group", "type", "designation", "priority", "age", "software", "paired", "")
NOTHING_HEARD = """\
No master is heard. Look, in this order, whether:
  1. the other unit runs and is master: understudy status, there
  2. both have the same multicast_address and port under [lan], and interface names the redundancy LAN on each
  3. the cable and switch carry it: understudy status says LAN link, and counts what was rejected
  4. both have the same key file: rejected unknown_key, bad_mac or unsigned in status means they have not
  5. both have the same device_type and group in their [[member]]
Behind a router or with port forwarding a master is never listed. Enter its address by hand: understudy pair ADDRESS"""


def discover(options: Namespace) -> int:
    """The masters on this LAN; when there is none, what to check (Z-21)."""
    answer = ask(options, {"verb": "discover"})
    if code_of(answer) or options.json:
        return report(options, answer)
    masters = tables_in(answer.get("masters"))
    if not masters:
        print(NOTHING_HEARD)
        return exits.DONE
    from agent.cli.columns import print_columns

    print_columns(COLUMNS, [_row(dict(master)) for master in masters])
    return exits.DONE


def _row(master: JsonObject) -> tuple[str, ...]:
    keys = ("name", "address", "group", "device_type", "designation", "priority")
    acting = f"acting for group {one_line(master['acting_for'])}" if master.get("acting_for") is not None else ""
    paired = "yes" if master.get("paired") is True else "no"
    said = (one_line(master.get(key)) for key in keys)
    return (*said, seconds(master.get("age_ms"), 1000), one_line(master.get("software")), paired, acting)


def pair(options: Namespace) -> int:
    """Explicit, never by itself (Z-20). When both sides have a configuration, a decision is pending afterwards (Z-22)."""
    with bar_for(options) as on_progress:
        answer = ask(options, {"verb": "pair", **_partner(options)}, on_progress=on_progress)
    code = report(options, answer)
    if code == exits.DONE and answer.get("decision") and not options.json:
        print(f"Decision {one_line(answer['decision'])} is pending. See: understudy config pending; decide: understudy choose")
    return code


def _partner(options: Namespace) -> JsonObject:
    """GROUP or ADDRESS, and the other of the two when it is said apart (Z-21)."""
    said: str = options.partner
    if said.isascii() and said.isdigit() and len(said) < 6:
        group, address = int(said), options.address
    else:
        group, address = options.group, said
    found = {"group": None if group is None else checked(group), "address": None if address is None else _address(address)}
    return {key: value for key, value in found.items() if value is not None}


def _address(said: str) -> str:
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        text = f"{one_line(said)} is neither a group 0..255 nor an IP address. understudy discover lists both."
        raise Stop(exits.BAD_SETTINGS, text) from None


def unpair(options: Namespace) -> int:
    """What was followed stays in force and in the ledger; it is not followed any more."""
    return report(options, ask(options, {"verb": "unpair", "group": checked(options.group)}))
