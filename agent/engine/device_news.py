"""Link and devices: which members does it concern, what is it to them, and does the pool look different now?"""

from agent.engine.cells import Signal
from agent.engine.dispatch import signal_everybody, signal_member
from agent.engine.events import DeviceReport, DeviceReported, LinkChanged
from agent.engine.turn import Turn

_REPORTS = {
    DeviceReport.LOADED: Signal.LOADED,
    DeviceReport.OPENED: Signal.OPENED,
    DeviceReport.MUTED: Signal.MUTED,
}


def link_changed(turn: Turn, event: LinkChanged) -> None:
    """Carrier came or went, or only its description is another."""
    unit = turn.unit
    was_up, unit.is_link_up, unit.link_detail = unit.is_link_up, event.is_up, event.detail
    if was_up and not event.is_up:
        signal_everybody(turn, Signal.LINK_LOST)
    elif event.is_up and not was_up:
        _tell_the_able(turn, None)


def device_reported(turn: Turn, event: DeviceReported) -> None:
    """Ready, failed, or an answer to an order; an answer to an older order than the last is nobody's."""
    unit = turn.unit
    if event.report is DeviceReport.READY:
        unit.ready_devices.add(event.device)
        unit.device_errors.pop(event.device, None)
        _tell_the_able(turn, event.device)
    elif event.report is DeviceReport.FAILED:
        _device_failed(turn, event)
    elif event.report is DeviceReport.LOCKED:
        for member in unit.members.values():
            if member.device == event.device and member.phases and member.phases.load_order == event.order:
                signal_member(member, turn, Signal.LOCKED)
    else:
        for member in unit.members.values():
            if member.device == event.device and member.order == event.order:
                signal_member(member, turn, _REPORTS[event.report])


def _tell_the_able(turn: Turn, device: str | None) -> None:
    unit = turn.unit
    for member in unit.members.values():
        if (device is None or unit.uses(member, device)) and unit.can_serve(member):
            signal_member(member, turn, Signal.CAN_SERVE)
    _note_pool(turn, device)


def _device_failed(turn: Turn, event: DeviceReported) -> None:
    unit = turn.unit
    unit.ready_devices.discard(event.device)
    unit.device_errors[event.device] = event.error
    for member in unit.members.values():
        if unit.uses(member, event.device):
            signal_member(member, turn, Signal.DEVICE_LOST)
    _note_pool(turn, event.device)


def _note_pool(turn: Turn, device: str | None) -> None:
    pool = turn.unit.pool
    pool.is_changed = pool.is_changed or device in pool.rules.devices
