"""A settings file that is fine, to spoil in one place at a time."""

from pathlib import Path

from agent.settings.errors import Finding, SettingsError
from agent.settings.load import parse_settings
from agent.settings.model import Settings

SAMPLE = """\
[unit]
name = "rx-a"
data_dir = "data"

[lan]
interface = "lo"
multicast_address = "239.192.7.7"
port = 7420
key_file = "lan.key"

[[member]]
group = 7
device_type = 1
designation = "main"
priority = 254
preempt = false
advertisement_interval = 1.0
device = "rx"

[device.rx]
driver = "receiver"
input = "udp://239.1.1.1:5000"
output = "udp://239.2.2.2:5000"
"""
PATH = Path("/etc/understudy/understudy.toml")
SECOND_MEMBER = """
[[member]]
group = 8
designation = "reserve"
priority = 200
device = "ry"

[device.ry]
driver = "receiver"
input = "udp://239.1.1.2:5000"
output = "udp://239.2.2.3:5000"
"""
N_TO_M = """
[pool]
n_to_m = true
"""
POOL = """
[pool]
n_to_m = true
reserve = "independent"
return_policy = "manual"
return_hold = 30

[handover]
certificate = "unit.pem"
key = "unit.key"
ca = "ca.pem"
port = 7421
allow_partial = true
capacity = 0
max_revisions = 10000

[[member]]
group = 200
designation = "nmBackup"
priority = 230
devices = ["p1", "p2"]
protects = [1, 2, 3]

[device.p1]
driver = "receiver"

[device.p2]
driver = "receiver"
"""
"""A unit that is master of group 7 (the sample) and stands in for three groups of other units."""


def parse(*edits: tuple[str, str], extra: str = "", path: Path = PATH) -> Settings:
    """The sample with these replacements."""
    text = SAMPLE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return parse_settings(text + extra, path)


def findings(*edits: tuple[str, str], extra: str = "") -> tuple[Finding, ...]:
    """The errors of the sample with these replacements; empty when there are none."""
    try:
        parse(*edits, extra=extra)
    except SettingsError as error:
        return error.findings
    return ()
