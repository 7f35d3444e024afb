"""What a person names, as a timeline: a record, a folder of them, the moment in it, or somebody's capture."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from agent.diagnostics.explain import interesting
from agent.diagnostics.notes import Note
from agent.diagnostics.pcap import timeline_from
from agent.diagnostics.reading import RecordError, files_of, notes_of
from agent.diagnostics.segments import started_ns
from agent.diagnostics.timeline import Timeline, timeline_of

_PROBE = 8


def is_record(path: Path) -> bool:
    """Does it hold notes of ours?"""
    return any(note.text["event"] == "header" for note in islice(notes_of([path]), _PROBE))


def load(path: Path, utc_ns: int | None = None, group: int | None = None) -> Timeline:
    """Of a folder only what is needed: the segments around a moment, or the newest back to the last change. RecordError."""
    paths = files_of(path)
    if not path.is_dir():
        return timeline_of(notes_of(paths)) if is_record(paths[0]) else timeline_from(paths[0])
    return _around(paths, utc_ns) if utc_ns is not None else _last(paths, group)


def _last(paths: list[Path], group: int | None) -> Timeline:
    """One segment more than needed: what led to the change may be in the one before it."""
    notes: list[Note] = []
    is_found = False
    for path in reversed(paths):
        notes = [*notes_of([path]), *notes]
        timeline = timeline_of(notes)
        if is_found:
            return timeline
        is_found = bool(interesting(timeline, group))
    return timeline_of(notes)


def _around(paths: list[Path], utc_ns: int) -> Timeline:
    """The segment that holds the moment, and its neighbours."""
    started = [started_ns(path) for path in paths]
    number = max((index for index, start_ns in enumerate(started) if start_ns <= utc_ns), default=0)
    found = timeline_of(notes_of(paths[max(0, number - 1) : number + 2]))
    found.goes_on = number + 2 < len(paths)
    return found


def moment_of(text: str, now: datetime) -> int:
    """`2026-11-20T03:04:05Z`, `03:04:05` (the last such time, UTC), `5m` or `2h` ago; as ns. RecordError."""
    try:
        if text[-1:] in _AGO and text[:-1].replace(".", "", 1).isdigit():
            return round((now.timestamp() - float(text[:-1]) * _AGO[text[-1]]) * 1e9)
        if "-" not in text:
            today = datetime.combine(now.date(), datetime.strptime(_padded(text), "%H:%M:%S.%f").time(), UTC)
            return round((today if today <= now else today - timedelta(days=1)).timestamp() * 1e9)
        moment = datetime.fromisoformat(text)
    except ValueError:
        remedy = "Write 2026-11-20T03:04:05Z, 03:04:05 (the last such time, UTC), or how long ago: 30s, 5m, 2h"
        raise RecordError(f"--at {text!r} is no time. {remedy}.") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e9)


_AGO = {"s": 1, "m": 60, "h": 3600}


def _padded(text: str) -> str:
    """Seconds and their parts may be left out."""
    whole = text if text.count(":") == 2 else f"{text}:00"
    return whole if "." in whole else f"{whole}.0"
