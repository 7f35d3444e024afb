"""Is the audit whole? The same answer on every face."""

from agent.management.audit import Audit
from agent.model.answers import Answer, Denial


async def verified(audit: Audit) -> Answer:
    """FAILED with the place of the first break, or with what cannot be read."""
    try:
        verdict = await audit.verify()
    except OSError as error:
        where = error.filename or "a file of the audit"
        what = f"{where} cannot be read ({error.strerror or error}), so nobody can say whether the audit is whole"
        return Answer(Denial.FAILED, f"{what}. Give it back to the user that runs the agent, and ask again.")
    details: dict[str, object] = {"entries": verdict.entries, "head": verdict.head, "lost": audit.lost}
    return Answer(None if verdict.is_whole else Denial.FAILED, f"{verdict.text}.", details=details)
