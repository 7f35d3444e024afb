"""F-1 to F-8 are arithmetic on recorded times: what was recorded replays exactly, or the difference is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.diagnostics.blocks import notes_in
from agent.diagnostics.notes import Note, packed, whole_notes
from agent.diagnostics.reading import content, files_of, notes_of
from agent.diagnostics.replay import Replay, replay
from agent.diagnostics.ring import Ring
from agent.diagnostics.segments import segments
from agent.diagnostics.state import StateError, packed_state, restored
from tests.diagnostics.recorded import record_plan
from tests.sim.plan import make_plan

HOUR_NS = 3600 * 10**9


@pytest.fixture(scope="module", name="histories")
def _histories() -> list[list[Note]]:
    return [notes for seed in range(1, 13) for notes in record_plan(make_plan(seed))]


def written(folder: Path, notes: list[Note], **limits: int) -> list[Path]:
    ring = Ring(folder, **limits)
    for note in notes:
        ring.write(note)
        ring.flush()
    ring.close()
    return segments(folder)


def test_every_recorded_history_replays_identically(histories: list[list[Note]]) -> None:
    """Transitions, leases, orders, packets and answers, at the same ns."""
    for notes in histories:
        outcome = replay(notes)
        assert outcome.difference is None
        assert outcome.is_identical, outcome.problems
    assert sum(replay(notes).transitions for notes in histories) > 50


def test_through_the_files_of_the_ring_nothing_changes(histories: list[list[Note]], tmp_path: Path) -> None:
    """A boot begins a file; the nonce, the time and the raw packet are in it as they were."""
    notes = max(histories, key=len)
    paths = written(tmp_path / "records", notes)
    assert list(notes_of(paths)) == notes
    assert replay(notes_of(files_of(tmp_path / "records"))).is_identical
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths)


def test_a_difference_is_found_where_it_is(histories: list[list[Note]]) -> None:
    """One lease, one ns off."""
    notes = [Note(json.loads(json.dumps(note.text)), note.raw) for note in histories[0]]
    number, effect = next(
        (number, effect)
        for number, note in enumerate(notes, 1)
        for effect in note.text.get("effects", [])
        if effect[0] == "lease"
    )
    effect[-1] += 1
    outcome = replay(notes)
    assert outcome.difference is not None
    assert outcome.difference.number == number
    assert not outcome.is_identical


def test_a_torn_tail_costs_the_last_words_alone(histories: list[list[Note]], tmp_path: Path) -> None:
    """Cut anywhere, as a crash does; what comes before is whole."""
    notes = max(histories, key=len)[:200]
    assert sum(note.text["event"] == "header" for note in notes) == 1
    path = written(tmp_path, notes)[-1]
    data = path.read_bytes()
    for cut in range(1, len(data), len(data) // 40):
        path.write_bytes(data[:-cut])
        found = list(notes_in(content(path)))
        assert found == notes[: len(found)]


def test_a_replay_may_begin_at_a_state(histories: list[list[Note]], tmp_path: Path) -> None:
    """The beginning of the boot is forgotten; a segment that begins with a state is enough."""
    notes = max(histories, key=len)
    half = Replay()
    half.run(notes[: len(notes) // 2])
    assert half.engine is not None
    last = notes[len(notes) // 2 - 1].text["at"]
    state = Note({"event": "state", "at": last}, packed_state(half.engine))
    paths = written(tmp_path, [*notes[: len(notes) // 2], state, *notes[len(notes) // 2 :]])
    whole, tail = replay(notes_of(paths)), replay(notes_of(paths[-1:]))
    assert whole.is_identical
    assert tail.is_identical
    assert tail.events == len(notes) - len(notes) // 2 - sum(note.text["event"] == "header" for note in notes[len(notes) // 2 :])


def test_a_state_can_name_nothing_but_the_engines_own_classes(histories: list[list[Note]]) -> None:
    """A record comes from anywhere."""
    header = histories[0][0].text
    for evil in (b"cos\nsystem\n(S'true'\ntR.", b"cagent.engine.engine\nreplace\n(tR.", b"", b"\x80\x05garbage"):
        with pytest.raises(StateError):
            restored(header, evil)


def test_after_a_gap_nothing_is_claimed(histories: list[list[Note]]) -> None:
    """What core had to drop is counted, and what follows is not replayed until a state is known again."""
    notes = histories[0]
    cut = len(notes) // 2
    outcome = replay([*notes[:cut], Note({"event": "gap", "at": 0}), *notes[cut + 3 :]])
    assert outcome.skipped > 0
    assert outcome.difference is None


def test_notes_on_their_way_come_out_as_they_went_in() -> None:
    """The beginning of one waits for its end; what can be no note is not waited for."""
    first, second = packed('{"at":1,"event":"tick"}'), packed('{"at":2,"event":"heard"}', b"abc")
    notes, rest = whole_notes(first + second)
    assert ([note.raw for note in notes], rest) == ([b"", b"abc"], b"")
    assert whole_notes(first + second[:-1])[1] == second[:-1]
    with pytest.raises(ValueError, match="4294967295 bytes"):
        whole_notes(bytes.fromhex("ffffffff00000000"))


def test_the_ring_forgets_the_oldest(histories: list[list[Note]], tmp_path: Path) -> None:
    """By size; the newest always stays."""
    header, *rest = max(histories, key=len)
    assert not any(note.text["event"] == "header" for note in rest[:100])
    many = []
    for number in range(20):
        times = {name: header.text[name] + number * HOUR_NS for name in ("at", "utc")}
        text = {**header.text, **times, "unit": header.text["unit"] | {"boot": number}}
        many += [Note(text), *(Note({**text, "at": text["at"] + number * HOUR_NS}, raw) for text, raw in rest[:100])]
    sizes = [path.stat().st_size for path in written(tmp_path / "all", many)]
    assert len(sizes) == 20
    limit = sum(sizes) // 4
    kept = written(tmp_path / "few", many, max_bytes=limit)
    assert limit // 2 < sum(path.stat().st_size for path in kept) <= limit + max(sizes)
    left = [note for note in notes_of(kept) if "number" not in note.text]
    assert left == many[-len(left) :]
