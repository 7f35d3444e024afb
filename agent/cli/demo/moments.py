"""What the steps of the story have in common: what they wait for, and what they tell."""

from agent.cli.demo.eyes import Heard
from agent.cli.demo.figures import Figure
from agent.cli.demo.ground import DemoError, Part
from agent.cli.demo.screens import save_picture
from agent.cli.demo.stage import Stage, StoryError
from agent.wire.message import Kind

STREAM_LIMIT_S = 6.0
ABLE_LIMIT_S = 10.0
ANY_PACKET = tuple(Kind)


def certain(heard: Heard | None, what: str) -> Heard:
    """StoryError: there was no `what` on the LAN."""
    if heard is None:
        raise StoryError(f"there was no {what} on the LAN")
    return heard


def await_packet(stage: Stage, part: Part, after_ns: int, limit_s: float) -> Heard:
    """The first packet of this unit since then."""
    eyes = stage.eyes
    what = f"{part.name} had to speak on the LAN"
    stage.until(lambda: eyes.first(part.name, after_ns, *ANY_PACKET) is not None, limit_s, what)
    return certain(eyes.first(part.name, after_ns, *ANY_PACKET), "packet")


def await_advert(stage: Stage, part: Part) -> None:
    """The next one."""
    before = stage.eyes.last(part.name, Kind.ADVERT)
    stage.until(lambda: stage.eyes.last(part.name, Kind.ADVERT) is not before, 3.0, f"{part.name} had to advertise")


def await_output(stage: Stage, part: Part, limit_s: float) -> None:
    """A datagram from this unit in this step."""
    stage.until(lambda: part.name in stage.eyes.step.sources, limit_s, f"{part.name} had to open its output")


def await_stream(stage: Stage) -> None:
    """DemoError: the master is open, and nothing comes."""
    try:
        stage.until(lambda: stage.eyes.total.datagrams > 0, STREAM_LIMIT_S, "a stream had to come out")
    except StoryError:
        source = stage.options.input
        if source is None:
            raise
        remedy = "Look whether it is sent now, to this machine, and add ?interface=NAME"
        raise DemoError(f"no stream arrives at {source.url}. {remedy}") from None


def await_able(stage: Stage, part: Part) -> None:
    """It is a backup that could serve."""
    unit = stage.scene.units
    what = f"{part.name} had to become an able backup"
    stage.until(lambda: unit[part.name].role == "backup" and unit[part.name].is_able, ABLE_LIMIT_S, what)


def add_figure(stage: Stage, figure: Figure) -> None:
    """Into the table, and what was wrong into the log."""
    stage.scene.figures.append(figure)
    for fault in figure.faults:
        stage.tell(f"NOT AS THE RULE SAYS: {fault}")


def tell_output(stage: Stage, figure: Figure) -> None:
    """What the stream looked like."""
    text = f"gap {figure.gap}, {figure.lost} packets lost, {figure.continuity_errors} continuity errors"
    stage.tell(f"{text}, {figure.overlapping} datagrams overlapping", "output")
    missed = stage.eyes.own_losses
    if missed:
        stage.tell(f"this machine was too busy for the demo to see {missed} datagrams until now: they are counted as lost")


def tell_scheduling(stage: Stage) -> bool:
    """Did all units get real-time priority? If not, it explains figures."""
    is_real_time = all(unit.is_real_time for unit in stage.scene.units.values())
    if not is_real_time:
        why = "no permission for real-time scheduling (root has it): the units run at normal priority"
        stage.tell(f"{why}, so they are late by what other programs on this machine cost them")
    return is_real_time


def save(stage: Stage) -> None:
    """The picture that was asked for."""
    path = stage.options.picture
    if path is None:
        return
    try:
        save_picture(stage.picture(), path)
    except OSError as error:
        raise DemoError(f"--picture {path} cannot be written: {error.strerror}. Name another place") from None
    stage.tell(f"picture written: {path}")
