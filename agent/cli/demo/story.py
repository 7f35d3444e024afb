"""What happens, in four steps. Every step ends with a row of figures."""

from agent.cli.demo.figures import Judge, late_limit_ns
from agent.cli.demo.ground import GROUP, INTERVAL_MS, MAIN, RESERVE
from agent.cli.demo.moments import (
    add_figure,
    await_able,
    await_advert,
    await_output,
    await_packet,
    await_stream,
    certain,
    save,
    tell_output,
    tell_scheduling,
)
from agent.cli.demo.observe import Observer
from agent.cli.demo.source import start_source
from agent.cli.demo.stage import Stage, StoryError
from agent.cli.demo.typed import Typed
from agent.engine.timing import MS, SKEW_STEP_NS
from agent.wire.message import Kind

START_LIMIT_S = 10.0
OPEN_LIMIT_S = 4.0
SETTLE_S = 0.3
_T_S = RESERVE.timeout_ns / 1e9


def tell_story(stage: Stage) -> None:
    """All four steps; the rows are in the scene. StoryError: it could not go on. DemoError: the machine or the input."""
    observer = Observer(stage)
    judge = start(stage, observer)
    observer.before()
    kill(stage, judge)
    observer.after()
    bring_back(stage, judge)
    change_over(stage, judge)


def start(stage: Stage, observer: Observer) -> Judge:
    """Both units start; the higher priority listens for its T and becomes master."""
    stage.chapter("1 of 4: two units start; the one with the higher priority becomes master")
    start_source(stage)
    observer.start()
    priorities = " and ".join(f"{part.name} (priority {part.priority})" for part in (MAIN, RESERVE))
    stage.tell(f"starting {priorities}; an advert every {INTERVAL_MS / 1000:g} s, preempt off")
    stage.start_unit(MAIN)
    first = await_packet(stage, MAIN, 0, START_LIMIT_S)
    stage.start_unit(RESERVE)
    await_packet(stage, RESERVE, 0, START_LIMIT_S)
    await_output_of_master(stage)
    is_real_time = tell_scheduling(stage)
    eyes = stage.eyes
    judge = Judge(eyes, late_limit_ns(is_real_time), eyes.rate(MAIN.name, eyes.total.sources[MAIN.name].last_ns))
    claim = certain(eyes.first(MAIN.name, 0, Kind.CLAIM), f"claim of {MAIN.name}")
    add_figure(stage, judge.started(MAIN, first, claim))
    stage.tell(f"{MAIN.name} heard no master for its T and opened its output; that of {RESERVE.name} is muted")
    stage.wait(stage.options.look_s)
    return judge


def await_output_of_master(stage: Stage) -> None:
    """A second of it, so that there is a rate."""
    await_stream(stage)
    if RESERVE.name in stage.eyes.step.sources:
        raise StoryError(f"{RESERVE.name} opened its output although {MAIN.name} has the higher priority")
    await_able(stage, RESERVE)
    stage.wait(1.0)


def kill(stage: Stage, judge: Judge) -> None:
    """SIGKILL to all processes of the master, just after an advert: the longest silence that there is."""
    stage.chapter(f"2 of 4: {MAIN.name} is killed; {RESERVE.name} has to take over after T = {_T_S:g} s")
    eyes = stage.eyes
    await_advert(stage, MAIN)
    count = stage.kill_unit(MAIN)
    stage.tell(f"SIGKILL to all {count} processes of {MAIN.name}, just after an advert: the longest silence that there is")
    await_output(stage, RESERVE, OPEN_LIMIT_S)
    stage.wait(SETTLE_S)
    advert = certain(eyes.last(MAIN.name, Kind.ADVERT), f"advert of {MAIN.name}")
    claim = certain(eyes.first(RESERVE.name, advert.at_ns, Kind.CLAIM), f"claim of {RESERVE.name}")
    figure = judge.took_over(RESERVE, advert, claim)
    add_figure(stage, figure)
    rule = f"the rule: A + (256 - P) * {SKEW_STEP_NS / 1e9:g} s = {RESERVE.timeout_ns // MS} ms"
    stage.tell(f"{figure.measured} from the last advert of {MAIN.name} to the claim of {RESERVE.name}; {rule}", "LAN")
    tell_output(stage, figure)
    stage.wait(stage.options.look_s)


def bring_back(stage: Stage, judge: Judge) -> None:
    """It returns, and waits: preempt is off."""
    stage.chapter(f"3 of 4: {MAIN.name} returns, and waits although its priority is higher (preempt off)")
    eyes = stage.eyes
    stage.tell(f"starting {MAIN.name} again")
    killed = certain(eyes.last(MAIN.name, Kind.ADVERT), "advert")
    stage.start_unit(MAIN)
    back = await_packet(stage, MAIN, killed.at_ns + 1, START_LIMIT_S)
    await_able(stage, MAIN)
    stage.wait(_T_S + SETTLE_S + stage.options.look_s)
    add_figure(stage, judge.waited(MAIN, back.at_ns, eyes.heard[-1].at_ns))
    stage.tell(f"{MAIN.name} listened for longer than its T, heard {RESERVE.name}, and stays its backup")
    save(stage)


def change_over(stage: Stage, judge: Judge) -> None:
    """The real command line: understudy set-master."""
    stage.chapter(f"4 of 4: set-master on {MAIN.name}: a planned changeover")
    eyes = stage.eyes
    stage.wait(SETTLE_S)
    typed = Typed(stage.ground, MAIN, "set-master", str(GROUP))
    stage.tell(f"$ {typed.text}")
    stage.until(typed.is_over, typed.LIMIT_S, "set-master had to answer")
    stage.tell(typed.answer)
    if not typed.is_done:
        raise StoryError("set-master was not done")
    await_output(stage, MAIN, OPEN_LIMIT_S)
    stage.wait(SETTLE_S)
    handover = certain(eyes.last(RESERVE.name, Kind.HANDOVER), f"handover of {RESERVE.name}")
    advert = certain(eyes.first(MAIN.name, handover.at_ns, Kind.ADVERT), f"advert of {MAIN.name}")
    figure = judge.changed_over(RESERVE, handover, advert)
    add_figure(stage, figure)
    stage.tell(f"{figure.measured} from the handover of {RESERVE.name} to the first advert of {MAIN.name}", "LAN")
    tell_output(stage, figure)
    stage.wait(stage.options.look_s)
