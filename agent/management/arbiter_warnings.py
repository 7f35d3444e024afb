"""What should be known of a change, said with its answer to whoever has just brought it about."""

from agent.management.arbiter_values import Plan
from agent.management.interval_note import interval_note
from agent.management.standing import Standing
from agent.settings.check_members import member_findings
from agent.settings.check_pool import pool_findings
from agent.settings.errors import Finding, sentences
from agent.settings.lines import LineFinder
from agent.settings.model import Settings


def note_of(standing: Standing, before: Settings, plan: Plan) -> str:
    """What `understudy check` says now and did not say before, and which peers have another interval; empty: nothing."""
    after = standing.overrides.effective
    found = ["" if before is after else _warnings_between(before, after), _of_intervals(standing, plan)]
    return " ".join(filter(None, found))


def _of_intervals(standing: Standing, plan: Plan) -> str:
    groups = [group for group in plan.groups if f"{group}.advertisement_interval_ms" in plan.after]
    if not groups:
        return ""
    own_ms = plan.after[f"{groups[0]}.advertisement_interval_ms"]
    assert isinstance(own_ms, int)
    return interval_note(standing.told_of(groups), own_ms)


def _warnings_between(before: Settings, after: Settings) -> str:
    known = {finding.what for finding in _findings(before)}
    return " ".join(sentences(finding.what, finding.remedy) for finding in _findings(after) if finding.what not in known)


def _findings(settings: Settings) -> list[Finding]:
    nowhere = LineFinder("")
    return [*member_findings(settings, nowhere), *pool_findings(settings, nowhere)]
