"""Panels of the unit: device, processes, faces and recorder."""

from grafana_foundation_sdk.builders import table

from dashboards.expressions import named, rate
from dashboards.looks import GREEN, RED, limits, mapping, yes_no
from dashboards.panels import About, Panel, bars, lines, number, over_time, timeline
from dashboards.selectors import member, unit
from dashboards.tables import Column, Label, rows


def alarms() -> table.Panel:
    """Of the unit itself and of its members."""
    about = About("Alarms", "Raised now on this unit. docs/reference.md says what each means.", width=10, height=7)
    labels = [Label("severity", "Severity", width=90), Label("alarm", "Alarm"), Label("group", "Group", width=80)]
    raised = f"max by (group, alarm, severity) ({unit('alarm')}) == 1"
    return rows(about, labels, [Column("Raised", raised, mappings=yes_no("raised", good=0), width=80)])


def device() -> list[Panel]:
    """What holds the output."""
    ready = mapping({1: ("ready", GREEN), 0: ("not ready", RED)})
    errors = named(rate(unit("device_continuity_errors_total")), "device")
    return [
        timeline(About("Ready", "The device could serve its groups."), named(unit("device_ready"), "device"), ready, DEVICE),
        lines(
            About("Datagrams out", "What leaves the output, a second.", "pps"),
            over_time(named(rate(unit("device_datagrams_total")), "device"), DEVICE),
        ),
        lines(
            About("Continuity errors", "Of the transport stream at the output, a second. 0 is right.", "cps"),
            over_time(errors, DEVICE),
        ),
        timeline(
            About("Fenced", "A living dead-man holds the output: a frozen unit is muted."),
            named(unit("device_fenced"), "device"),
            yes_no("fenced", "not fenced"),
            DEVICE,
        ),
        lines(
            About("Packets sent", "Of all groups, by kind.", "pps"),
            over_time(f"sum by (kind) ({rate(member('packets_sent_total'))}) > 0", "{{kind}}"),
        ),
        lines(
            About("Packets received", "Of all groups, by kind; those rejected, by reason.", "pps"),
            over_time(f"sum by (kind) ({rate(member('packets_received_total'))}) > 0", "{{kind}}"),
            over_time(f"sum by (reason) ({rate(member('packets_rejected_total'))}) > 0", "rejected: {{reason}}"),
        ),
    ]


DEVICE = "{{unit}} {{device}}"
PROCESS = "{{unit}} {{process}}"


def processes() -> list[Panel]:
    """Each may die alone; the core goes on."""
    return [
        timeline(
            About("Running", "Each process of the agent.", height=9),
            named(unit("process_up"), "process"),
            yes_no("runs", "down"),
            PROCESS,
        ),
        lines(
            About("CPU", "Share of one core.", "percentunit", height=9),
            over_time(named(rate(unit("process_cpu_seconds_total")), "process"), PROCESS),
        ),
        lines(
            About("Memory", "What each process occupies (resident).", "bytes", height=9),
            over_time(named(unit("process_resident_memory_bytes"), "process"), PROCESS),
        ),
        bars(
            About("Restarts", "Processes that had to be started anew.", "short", 12, 6),
            over_time(named(f"increase({unit('process_restarts_total')}[$__rate_interval])", "process"), PROCESS),
        ),
        lines(
            About(
                "Core's age over time",
                "Since the core last told its state. A steady line; peaks: the machine is starved.",
                "s",
                12,
                6,
            ),
            over_time(named(unit("core_age_seconds"))),
        ),
    ]


def faces() -> list[Panel]:
    """Which serve, who asked for what, and what was told to whom."""
    parts = named(unit("face_up"), "face", "part")
    return [
        timeline(
            About("Serving", "Each port, line and receiver of notifications that the settings ask for.", width=24, height=7),
            parts,
            yes_no("serves", "DOWN"),
            "{{unit}} {{face}} {{part}}",
        ),
        bars(
            About("Commands", "By face, verb and result. The first of its kind counts as well.", "short"),
            over_time(
                f"sum by (face, verb, result) ({_news(unit('commands_total'))})",
                "{{face}} {{verb}}: {{result}}",
            ),
        ),
        lines(
            About(
                "Notifications and events",
                "Traps sent, those held back by the limit, and events that nobody read in time.",
                "cps",
            ),
            over_time(named(rate(unit("notifications_sent_total"))), "{{unit}} sent"),
            over_time(named(rate(unit("notifications_suppressed_total"))), "{{unit}} held back"),
            over_time(named(rate(unit("events_dropped_total"))), "{{unit}} events dropped"),
        ),
        lines(
            About("Scrapes", "What /metrics itself costs: time to write a page.", "s"),
            over_time(named(f"{rate(unit('metrics_render_seconds_total'))} / {rate(unit('metrics_scrapes_total'))}")),
        ),
    ]


def recorder() -> list[Panel]:
    """The flight recorder, from which `understudy explain` tells why."""
    return [
        number(
            About("Recorder", "Up: every packet, timer and command is written down.", "none", 4, 6),
            named(unit("recorder_up")),
            "{{unit}}",
            yes_no("up", "DOWN"),
        ),
        number(
            About("Reaches back", "The oldest record; older ones were overwritten.", "dtdurations", 4, 6),
            named(f"time() - {unit('recorder_oldest_timestamp_seconds')}"),
            "{{unit}}",
            thresholds=limits(GREEN),
        ),
        lines(
            About("On disk", "Bounded by [recorder] size and age.", "bytes", 8, 6),
            over_time(named(unit("recorder_bytes"))),
        ),
        lines(
            About(
                "Notes",
                "Written and dropped, a second. Dropped ones are missing in `explain`; the core never waits.",
                "cps",
                8,
                6,
            ),
            over_time(named(rate(unit("recorder_notes_total"))), "{{unit}} written"),
            over_time(named(rate(unit("recorder_dropped_total"))), "{{unit}} dropped"),
        ),
    ]


def _news(counter: str) -> str:
    """What it counted lately; of a counter that has just begun, its value, which increase() does not see."""
    return f"increase({counter}[$__rate_interval]) > 0 or ({counter} unless {counter} offset $__rate_interval)"
