"""`python -m pcaps.sentences`: what `understudy explain` says of each capture, into its NAME.expected.json, and what has changed.

A test compares the two, so that no sentence changes unseen: whoever runs this reads them, and asks whether they are true.
"""

import json
from pathlib import Path

from agent.diagnostics.explain import choose, explain, nothing
from agent.diagnostics.pcap import timeline_from

PLACE = Path(__file__).parent


def sentence_of(path: Path) -> str:
    """Of the last change in a capture."""
    timeline = timeline_from(path)
    change = choose(timeline)
    return explain(timeline, change).sentence if change else nothing(timeline)


def main() -> None:
    """All captures."""
    for path in sorted(PLACE.glob("*.expected.json")):
        expected, said = json.loads(path.read_text()), sentence_of(PLACE / path.name.replace(".expected.json", ".pcap"))
        if expected.get("sentence") != said:
            print(f"{path.name}\n  was: {expected.get('sentence')}\n  is:  {said}")
            path.write_text(json.dumps(with_sentence(expected, said), indent=1) + "\n")


def with_sentence(expected: dict[str, object], said: str) -> dict[str, object]:
    """Behind story and rule."""
    first = {name: expected[name] for name in ("story", "rule")}
    return {**first, "sentence": said, **{name: value for name, value in expected.items() if name not in (*first, "sentence")}}


if __name__ == "__main__":
    main()
