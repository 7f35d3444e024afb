"""Why a backup is not fully ready, as one word of a closed list: labels cannot be sentences. Pure."""

from functools import lru_cache

from agent.model.words import UNREADY

_BEGINNINGS = (
    ("not fenced", "not_fenced"),
    ("not heard for", "not_heard"),
    ("busy:", "busy"),
    ("switched off", "off"),
    ("link or device is not there", "unable"),
    ("it could not take over now", "unable"),
    ("attended:", "attended"),
    ("maintenance", "maintenance"),
    ("units hear one another by one path only", "one_path"),
    ("there is no complete copy", "no_copy"),
    ("no snapshot of the master's configuration", "no_copy"),
    ("the master runs other software", "other_software"),
    ("the master's configuration is of another schema major", "other_software"),
    ("pulling the master's", "pulling"),
    ("the master has a newer revision", "pulling"),
    ("the first copy", "pulling"),
    ("two configurations wait", "decision"),
    ("the master has no configuration of this group", "decision"),
    ("this unit has a newer revision", "decision"),
    ("both units changed their configuration", "decision"),
    ("the two configurations have no history", "decision"),
    ("it was edited while another unit acted", "decision"),
    ("what was edited while this unit acted", "decision"),
    ("tracking is paused", "paused"),
    ("the unit that acts has", "paused"),
    ("not paired", "unpaired"),
    ("capacity is short", "capacity"),
    ("own values are missing", "own_values"),
    ("the licence", "licence"),
    ("this is the N:M backup's own group", "withheld"),
    ("readiness 0 ", "cannot"),
)
"""As agent.management.viewer_ready and agent.handover.readiness begin their sentences; a test holds that each has its word."""
_NUMBERED = (
    ("it is pulling", "pulling"),
    ("its software", "other_software"),
    ("its capacity", "partial"),
    ("it does not follow", "not_following"),
)
"""What a number of another unit means, after `readiness N of 255: `."""


@lru_cache(maxsize=1024)
def word_of(reason: str) -> int:
    """The number of its word; `other` for a sentence that is nobody's."""
    _, is_numbered, meaning = reason.partition(" of 255: ")
    found = next((word for beginning, word in _BEGINNINGS if reason.startswith(beginning)), "other")
    if found == "other" and is_numbered:
        found = next((word for beginning, word in _NUMBERED if meaning.startswith(beginning)), "other")
    return UNREADY.words[found]
