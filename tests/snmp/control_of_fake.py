"""run/control.sock over a FakeModel, as management serves it: `view`, `set`, `command`. In a thread of its own."""

import asyncio
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.model.answers import Answer, Change, Order, Phase, Verb
from agent.model.json_values import Json, value_from_json, view_as_json
from agent.model.tables import TABLE
from tests.model.fake import OPERATOR, FakeModel


@contextmanager
def control_of(model: FakeModel, path: Path) -> Iterator[list[Json]]:
    """Serves while it is entered; gives all that was asked."""
    asked: list[Json] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                request = json.loads(line)
                asked.append(request)
                self.wfile.write(json.dumps(_answer(model, request)).encode() + b"\n")

    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()
            path.unlink()


def _answer(model: FakeModel, request: Json) -> Json:
    if request["verb"] == "view":
        names = request["tables"]
        assert isinstance(names, list)
        return {"outcome": "done"} | view_as_json(model.view(), [TABLE[name] for name in names], 0)
    if request["verb"] == "set":
        return _said(asyncio.run(model.set(_changes(request), OPERATOR)))
    group, verb = request["group"], Verb[str(request["command"]).upper()]
    assert isinstance(group, int)
    return _said(asyncio.run(model.command(Order(verb, group), OPERATOR)))


def _changes(request: Json) -> list[Change]:
    table, index, values = str(request["table"]), request["index"], request["values"]
    assert isinstance(index, list)
    assert isinstance(values, dict)
    columns = {name: TABLE[table].column(name) for name in values}
    return [Change(table, tuple(index), name, value_from_json(columns[name], value)) for name, value in values.items()]


def _said(answer: Answer) -> Json:
    done = "running" if answer.phase is Phase.RUNNING else "done"
    return {"outcome": answer.denial.value if answer.denial else done, "text": answer.text}
