"""What came back, said to a person or as JSON, and the exit code."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping

from agent.cli import exits
from agent.cli.plain import one_line, readable, tables_in


def code_of(answer: Mapping[str, object]) -> int:
    """Of its outcome."""
    return exits.OF_OUTCOME.get(str(answer.get("outcome")), exits.FAILED)


def print_json(value: object) -> None:
    """For scripts; whatever was said, nothing in it steers a terminal (all but ASCII is escaped)."""
    print(json.dumps(value, indent=2))


def report(options: Namespace, answer: Mapping[str, object]) -> int:
    """Done goes to stdout; why not, with every finding, to stderr."""
    code = code_of(answer)
    if options.json:
        print_json(answer)
    if code == exits.DONE and options.json:
        return code
    stream = sys.stdout if code == exits.DONE else sys.stderr
    text = readable(answer.get("text") or ("as you asked" if code == exits.DONE else "no reason was given"))
    print(f"{one_line(answer.get('outcome', 'failed'))}: {text}", file=stream)
    for line in finding_lines(answer):
        print(line, file=stream)
    return code


def finding_lines(answer: Mapping[str, object]) -> list[str]:
    """`  carrier.c1.fec: what. Remedy.`, one line each."""
    return [f"  {one_line(found.get('path') or 'document')}: {_sentences(found)}" for found in tables_in(answer.get("findings"))]


def _sentences(found: Mapping[str, object]) -> str:
    said = [one_line(found[key]).rstrip(".") for key in ("what", "remedy") if found.get(key)]
    return ". ".join(said) + ("" if said and said[-1].endswith("?") else ".")
