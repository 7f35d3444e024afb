"""Exit codes: a contract with scripts. Printed by --help."""

DONE = 0
WARNINGS = 1
BAD_SETTINGS = 2
REFUSED = 3
BUSY = 4
FAILED = 5
NOT_RUNNING = 6
INTERRUPTED = 130

OF_OUTCOME = {
    "done": DONE,
    "refused": REFUSED,
    "busy": BUSY,
    "failed": FAILED,
    "bad_value": BAD_SETTINGS,
    "unknown": BAD_SETTINGS,
    "not_allowed": REFUSED,
    "conflict": REFUSED,
    "running": FAILED,
}
"""Of an answer; the lower ones are agent.model.answers.Denial, and `running`: it goes on, its end is not known yet."""

HELP = """exit codes:
  0  done; check: nothing to report
  1  check: warnings only; demo: not everything was as the rule says
  2  bad settings, bad key file, wrong usage, or a value that cannot be
  3  refused; stderr says why and what to do instead
  4  busy with another operation
  5  failed, timed out (a command may go on), or status is not of now (stale); demo: it cannot run on this machine
  6  no agent is running there
130  ended by Ctrl-C (run stops in order then, with 0)

The settings file is -c FILE, else $UNDERSTUDY_CONFIG, else /etc/understudy/understudy.toml."""
