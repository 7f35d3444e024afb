"""`understudy replay` and `understudy explain`: what the recorder has written, run again and understood."""

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.place import run_dir
from agent.cli.stop import Stop
from agent.diagnostics.blind import EVER_NS
from agent.diagnostics.explain import OUTSIDE_UNKNOWN, Explanation, choose, interesting, nothing
from agent.diagnostics.explain import explain as explained
from agent.diagnostics.merge import Offset, Overlap, Unseen, merged, offset_between, overlaps, unseen
from agent.diagnostics.reading import RecordError, files_of, notes_of
from agent.diagnostics.replay import Outcome
from agent.diagnostics.replay import replay as replayed
from agent.diagnostics.sources import load, moment_of
from agent.diagnostics.timeline import Change, Timeline

FOLDER = "records"
SAME_INCIDENT_NS = 60_000_000_000
MAX_UNSEEN = 4
"""The latest."""


def replay(options: Namespace) -> int:
    """0: identical; 5: it differs, or could not be replayed."""
    try:
        paths = [path for given in options.files or [_own_records(options)] for path in files_of(given)]
        outcome = replayed(notes_of(paths))
    except RecordError as error:
        raise Stop(exits.BAD_SETTINGS, str(error)) from None
    if options.json:
        print_json(_outcome_data(outcome))
    else:
        print("\n".join(_outcome_lines(outcome, len(paths))))
    return exits.DONE if outcome.is_identical else exits.FAILED


def _own_records(options: Namespace) -> Path:
    return run_dir(options).parent / FOLDER


def _outcome_data(outcome: Outcome) -> dict[str, Any]:
    from dataclasses import asdict

    return {"identical": outcome.is_identical, **asdict(outcome)}


def _outcome_lines(outcome: Outcome, files: int) -> list[str]:
    lines = [*outcome.problems]
    if outcome.skipped or outcome.lost:
        lines.append(
            f"{outcome.skipped} events follow a gap or precede a known state and were not replayed; {outcome.lost} were lost."
        )
    difference = outcome.difference
    if difference is not None:
        lines += [
            f"Differs at note {difference.number} ({difference.event}, {difference.at_ns} ns), after {outcome.events} events:",
            f"  recorded: {difference.recorded}",
            f"  replayed: {difference.replayed}",
            f"The record was made by software {outcome.software}; another version may decide otherwise.",
        ]
    elif not outcome.events:
        lines.append("Nothing to replay: no header or state was found in these files. Give a record of DATA_DIR/records.")
    elif outcome.is_identical:
        what = f"{outcome.transitions} transitions and all other effects of {outcome.events} events in {files} file(s)"
        lines.append(f"Identical: {what}, at the same nanoseconds.")
    return lines


def explain(options: Namespace) -> int:
    """0, also when nothing has changed: that is an answer."""
    if len(options.files) > 2:
        raise Stop(exits.BAD_SETTINGS, "At most two records can be explained together: those of the two units of the incident.")
    try:
        return _explain(options)
    except RecordError as error:
        raise Stop(exits.BAD_SETTINGS, str(error)) from None


def _explain(options: Namespace) -> int:
    at_ns = moment_of(options.at, datetime.now(UTC)) if options.at else None
    paths = options.files or [_own_records(options)]
    timelines = [load(path, at_ns, options.group) for path in paths]
    first, change = _chosen(timelines, at_ns, options.group)
    if change is None:
        return _say_nothing(options, first)
    explanation = explained(first, change)
    others = [one for one in timelines if one is not first]
    _show(options, first, explanation, others)
    return exits.DONE


def _chosen(timelines: list[Timeline], utc_ns: int | None, group: int | None) -> tuple[Timeline, Change | None]:
    """Of two records, the takeover rather than what the other unit did about it within a minute."""
    found = [(one, change) for one in timelines for change in interesting(one, group)]
    if not found:
        return timelines[0], None
    if utc_ns is not None:
        return min(found, key=lambda pair: abs(_utc(pair) - utc_ns))
    last_ns = max(map(_utc, found))
    recent = [pair for pair in found if last_ns - _utc(pair) <= SAME_INCIDENT_NS] if len(timelines) > 1 else []
    return max([pair for pair in recent if pair[1].after == "claiming"] or found, key=_utc)


def _utc(pair: tuple[Timeline, Change]) -> int:
    return pair[0].clock.utc(pair[1].at_ns)


def _say_nothing(options: Namespace, timeline: Timeline) -> int:
    unknown = [OUTSIDE_UNKNOWN] if timeline.is_outside else []
    if options.json:
        print_json({"sentence": nothing(timeline), "cause": None, "unknown": unknown})
    else:
        print("\n".join([nothing(timeline), *(f"Not known from this record: {text}." for text in unknown)]))
    return exits.DONE


def _show(options: Namespace, first: Timeline, explanation: Explanation, others: list[Timeline]) -> None:
    from agent.diagnostics.lanes import picture_of

    second = others[0] if others else None
    offset = offset_between(first, second, explanation.change.at_ns) if second else None
    whole = merged(first, second, offset) if second and offset else first
    found = overlaps(first, second, offset) if second and offset else []
    unknown = [_unseen(first, one) for one in unseen(first, second, offset)] if second and offset else []
    picture = picture_of(whole, explanation)
    if options.svg:
        from agent.diagnostics.svg import as_svg

        _write(options.svg, as_svg(explanation, picture))
    if options.json:
        print_json(_data(explanation, offset, found, unknown))
        return
    from rich.console import Console

    from agent.diagnostics.terminal import show

    for line in _both(offset, found, unknown, second, explanation):
        print(line)
    show(Console(), explanation, picture)


def _unseen(first: Timeline, one: Unseen) -> str:
    start, end = (datetime.fromtimestamp(first.clock.utc(at) / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3] for at in _shown(one))
    if one.hole.start_ns < -EVER_NS // 2:
        when = f"begins at {end} UTC: not known before that"
    elif one.hole.end_ns > EVER_NS // 2:
        when = f"ends at {start} UTC: not known after that"
    else:
        when = f"says nothing from {start} to {end} UTC: not known of that time"
    return f"{one.other}'s output was open, and the record of {one.unit} {when}."


def _shown(one: Unseen) -> tuple[int, int]:
    """The bound that is none is not shown, and would be no date."""
    start_ns, end_ns = (0 if abs(at_ns) > EVER_NS // 2 else at_ns for at_ns in one.hole)
    return start_ns, end_ns


def _both(
    offset: Offset | None, found: list[Overlap], unknown: list[str], second: Timeline | None, explanation: Explanation
) -> list[str]:
    """What two records say that one cannot."""
    if offset is None or second is None:
        return []
    near_ns = explanation.change.at_ns + offset.ns
    other = choose(second, near_ns, explanation.change.group)
    none = f"No two outputs were open together{', as far as both records know' if unknown else ''}."
    lines = [f"{len(found)} times two outputs were open together:" if found else none]
    lines += [f"  {one.outputs[0]} and {one.outputs[1]}: {one.ms:.1f} ms" for one in found]
    lines += unknown[-MAX_UNSEEN:]
    if other is not None and abs(other.at_ns - near_ns) < 30_000_000_000:
        lines.append(f"The other side: {explained(second, other).sentence}")
    return [*lines, f"({offset})", ""]


def _data(explanation: Explanation, offset: Offset | None, found: list[Overlap], unknown: list[str]) -> dict[str, Any]:
    change = explanation.change
    told: dict[str, Any] = {
        "sentence": explanation.sentence,
        "cause": explanation.cause.value,
        "group": change.group,
        "unit_id": f"{change.unit_id:016x}",
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        "unknown": list(explanation.unknown),
        "circumstances": [{"what": one.what.value, "text": one.because, "groups": list(one.groups)} for one in explanation.also],
        "facts": {name: round(value, 6) for name, value in explanation.facts.items()},
    }
    if offset is not None:
        told["offset_ns"], told["offset_doubt_ns"] = offset.ns, offset.doubt_ns
        told["overlaps"] = [{"outputs": list(one.outputs), "ms": round(one.ms, 6)} for one in found]
        told["not_known"] = unknown
    return told


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise Stop(exits.FAILED, f"{path} cannot be written: {error.strerror}.") from None
