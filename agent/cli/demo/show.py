"""The demo from its command line to its exit code: the ground is prepared, the story told, everything removed."""

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from rich.console import Console

from agent.cli.demo import NOT_HERE
from agent.cli.demo.ground import GROUP, PARTS, RESERVE, DemoError, prepare, temporary_directory
from agent.cli.demo.options import Options, parse_options
from agent.cli.demo.processes import Processes
from agent.cli.demo.prometheus import free_ports
from agent.cli.demo.scene import Scene
from agent.cli.demo.screens import LineScreen, LiveScreen
from agent.cli.demo.stage import Stage, StoryError
from agent.cli.demo.story import tell_story
from agent.cli.demo.view import WIDTH, observed_table, table_of

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LEGEND = (
    "measured: 1 from its first packet to its claim (it listens a moment before it speaks); 2 from the last advert to the claim; "
    "4 from the handover to the new master's advert; all by kernel receive times on LAN and output. "
    "cc: continuity. overlap: datagrams of both units at a time."
)


class Ended(BaseException):
    """A signal told the demo to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def show(argv: list[str]) -> int:
    """The exit code; see agent.cli.demo."""
    options = parse_options(argv)
    console = Console(width=WIDTH if options.is_plain else None, highlight=False)
    try:
        with _signals_end_it():
            scene, trouble = _play(options, console)
    except DemoError as error:
        print(f"understudy demo: {error}.", file=sys.stderr)
        return NOT_HERE
    except Ended as end:
        print("understudy demo: ended; its processes and files are gone.", file=sys.stderr)
        return 128 + end.number
    return _verdict(scene, trouble, console)


def _play(options: Options, console: Console) -> tuple[Scene, str]:
    """The scene at the end, and why the story stopped short (empty: it did not). DemoError, Ended."""
    with ExitStack() as stack:
        stack.callback(_ignore_signals)  # last of all: nothing interrupts what is below
        directory = temporary_directory()
        stack.callback(shutil.rmtree, directory, ignore_errors=True)  # if there is no keeper to do it
        processes = Processes(directory)
        stack.callback(processes.close)
        ports = tuple(free_ports(len(PARTS))) if options.is_observed else ()
        ground = prepare(directory, options.input, ports)
        screen = LineScreen(console) if options.is_plain else LiveScreen(console)
        stage = stack.enter_context(Stage(ground, options, processes, screen))
        stack.callback(_ignore_signals)
        trouble = _told(stage)
        if options.is_kept and not trouble:
            _keep(stage)
        return stage.scene, trouble


def _told(stage: Stage) -> str:
    try:
        tell_story(stage)
    except StoryError as error:
        stage.tell(f"NOT AS THE RULE SAYS: {error}")
        return str(error)
    return ""


def _keep(stage: Stage) -> None:
    """Until a signal: the story is over, and how it ended is known, so Ctrl-C is no failure."""
    file = stage.ground.settings_file(RESERVE)
    stage.scene.title = "the story is over; both units go on until Ctrl-C"
    stage.scene.hint = f"Ctrl-C ends it. Meanwhile, elsewhere: understudy set-master {GROUP} -c {file}"
    stage.tell(stage.scene.hint)
    try:
        while True:
            stage.turn()
    except Ended:
        return


def _verdict(scene: Scene, trouble: str, console: Console) -> int:
    """The table, and 0 or 1."""
    console.print()
    console.print(table_of(scene.figures, console.width))
    console.print()
    console.print(_LEGEND, style="dim")
    faults = [fault for figure in scene.figures for fault in figure.faults] + ([trouble] if trouble else [])
    for fault in faults:
        console.print(f"NOT AS THE RULE SAYS: {fault}", style="bold red", markup=False)
    if not faults:
        console.print("Everything was as the rule says.", style="bold green")
    _print_observed(scene, console)
    return 1 if faults else 0


def _print_observed(scene: Scene, console: Console) -> None:
    """With --observe: step 2 as Prometheus saw it, and in one sentence."""
    if scene.observed:
        console.print("\nStep 2 as Prometheus saw it:")
        console.print(observed_table(scene.observed))
    if scene.sentence:
        console.print("\n$ understudy explain --last   (after step 2)")
        console.print(scene.sentence, style="bold", markup=False)


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Ended is raised at the first one, wherever it is; what it finds is put back afterwards."""
    before = {number: signal.signal(number, _raise_ended) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_ended(number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise Ended(number)


def _ignore_signals() -> None:
    """While processes and files are removed."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
