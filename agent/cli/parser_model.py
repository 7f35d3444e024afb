"""The grammar of what a person sets, orders and reads by the model: `set`, `lock`, `events`, `watch` and so on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from agent.cli.parser import add, add_file

GROUP = "0..255"


def add_model_commands(added: Any) -> None:
    """All but `token` and `completion` talk to the running agent."""
    _add_settings(added)
    _add_orders(added)
    _add_records(added)
    _add_watch(added)
    _add_token(added)
    _add_snmp_pass(added)
    completion = add(
        added, "completion", "Print the completion script of a shell; see below how to use it.", "completion.completion"
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="of which shell")
    completion.epilog = _COMPLETION


_COMPLETION = """how to use it:
  bash  source <(understudy completion bash)                              in ~/.bashrc
  zsh   source <(understudy completion zsh)                               in ~/.zshrc, after compinit
  fish  understudy completion fish > ~/.config/fish/completions/understudy.fish"""


def _group(parser: ArgumentParser) -> None:
    parser.add_argument("group", metavar="GROUP", type=int, help=GROUP)


def _reason(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the audit and who looks later")
    add_file(parser)


def _add_settings(added: Any) -> None:
    set_ = add(added, "set", "Change settings of GROUP at run time, all or none; they are kept across restarts.", "settings.set_")
    set_.add_argument("group", metavar="GROUP", help="0..255, or the word unit for what all groups share")
    set_.add_argument("pairs", metavar="NAME=VALUE", nargs="+", help="as `understudy config show --origin` names them")
    _reason(set_)
    for word, text in (
        ("lock", "Lock GROUP: orders to change who is master are refused until it is unlocked (D-49)."),
        ("unlock", "Unlock GROUP."),
    ):
        parser = add(added, word, text, f"settings.{word}")
        _group(parser)
        _reason(parser)
    text = "Maintenance of GROUP: on suspends automatic takeover here until it is switched off, or its time is over."
    maintenance = add(added, "maintenance", text, "settings.maintenance")
    _group(maintenance)
    maintenance.add_argument("state", choices=("on", "off"), help="on or off")
    maintenance.add_argument("--for", dest="duration", metavar="TIME", help="90m, 2h, 1d: it ends by itself (2h, at most 7d)")
    _reason(maintenance)


def _add_orders(added: Any) -> None:
    off = add(added, "off", "Take this unit out of GROUP: it says nothing there and takes nothing over (D-12).", "orders.off")
    off.add_argument("--force", action="store_true", help="although it is on the air and no other unit could take over")
    on = add(added, "on", "Bring this unit back into GROUP.", "orders.on")
    arm = add(added, "arm", "Let this unit take over GROUP by itself again (D-45).", "orders.arm")
    acknowledge = add(added, "acknowledge", "Acknowledge the alarms of GROUP.", "orders.acknowledge")
    for parser in (off, on, arm, acknowledge):
        _group(parser)
        _reason(parser)


def _add_records(added: Any) -> None:
    events = add(
        added, "events", "Show what happened: changes of role, alarms, commands, settings; oldest first.", "records.events"
    )
    events.add_argument("--limit", type=int, default=100, metavar="N", help="the last N, 1..1000 (%(default)s)")
    events.add_argument("--since", type=int, default=0, metavar="NUMBER", help="only those with a greater number")
    events.add_argument("--follow", action="store_true", help="and go on with each new one, until Ctrl-C")
    alarms = add(added, "alarms", "Show the alarms that are raised now, the worst first.", "records.alarms")
    operations = add(added, "operations", "Show the running operations, and the last ones.", "records.operations")
    audit = add(
        added, "audit", "Show who did what, from where and why; or verify that nothing of it was changed.", "records.audit"
    )
    audit.add_argument("step", choices=("verify",), nargs="?", help="check the chain of hashes of all entries that are kept")
    audit.add_argument("--limit", type=int, default=100, metavar="N", help="the last N, 1..1000 (%(default)s)")
    for parser in (events, alarms, operations, audit):
        add_file(parser)


def _add_watch(added: Any) -> None:
    watch = add(added, "watch", "Show the unit live; q or Ctrl-C ends it. In a pipe: a line for each change.", "watch.watch")
    watch.add_argument("--plain", action="store_true", help="lines, also on a terminal")
    add_file(watch)


def _add_token(added: Any) -> None:
    token = add(added, "token", "Make a bearer token for the HTTP API; it is shown once, the file keeps its hash.", "token.token")
    token.add_argument(
        "tokens_file", metavar="FILE", type=Path, help="as tokens_file under [http] says; made when it is not there"
    )
    token.add_argument("name", metavar="NAME", help="who shows it, for the audit")
    token.add_argument("--role", choices=("viewer", "operator", "admin"), default="viewer", help="%(default)s")
    token.add_argument("--remove", action="store_true", help="instead: forget the tokens of that name")
    token.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_snmp_pass(added: Any) -> None:
    add_file(add(added, "snmp-pass", "Answer snmpd's pass_persist; started by snmpd.", "snmp_pass.snmp_pass"))
