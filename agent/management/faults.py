"""What a person must mend in management itself, as sentences: an alarm as long as it lasts."""

from collections.abc import Iterator

from agent.management.audit import Audit
from agent.management.standing import Standing
from agent.management.switched_off import SwitchedOff
from agent.settings.runtime_disk import COPY


def faults(standing: Standing, audit: Audit, switched_off: SwitchedOff) -> Iterator[str]:
    """Worst first."""
    yield from switched_off.faults
    if audit.is_failing:
        yield f"The audit cannot be written, {audit.lost} entries are lost; settings are refused. Free space, or mend the disk."
    if audit.touched:
        yield f"{audit.touched}. This is said for a day, or until management starts anew."
    if standing.is_failing:
        yield "What was set at run time cannot be saved: a restart forgets it. Free space, or mend the disk."
    if standing.disk.is_without_copy:
        yield f"{COPY} cannot be replaced: see what stands in its place, and remove it."
    if standing.overrides.is_lost:
        yield "runtime.json was broken: the settings file alone is in force, nothing is locked. Set again what is missing."
