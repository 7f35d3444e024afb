"""Panels of the group: what is heard on the LAN, how near that is to a takeover, and what takeovers there were."""

from dashboards.expressions import changes_of_role, mean_in_range, mean_lately, named, quantile, rate
from dashboards.looks import BLUE, GREEN, ORANGE, RED, limits
from dashboards.panels import About, Panel, bars, gauges, lines, over_time
from dashboards.selectors import member

MARGIN = "member_advert_margin_seconds"
DISTANCE = "member_advert_distance_seconds"


def panels() -> list[Panel]:
    """Adverts: how many, how regular, and what is left before T."""
    return [_margin(), _distance(), _lease(), _packets(), _rejected(), _likelihood()]


def failovers() -> list[Panel]:
    """What each change cost."""
    return [_changes(), _phases(), _outage()]


def _margin() -> Panel:
    return lines(
        About(
            "Margin before a takeover",
            "T minus the distance between two adverts, at each backup: the least of ten minutes, and what 1% of adverts fall "
            "short of. A healthy margin is T minus A. At 0 the backup takes over.",
            "s",
        ),
        over_time(named(member("member_advert_margin_least_seconds")), "{{unit}} least"),
        over_time(named(quantile(0.01, MARGIN)), "{{unit}} 1%"),
        thresholds=limits(RED, (0.02, ORANGE), (0.05, GREEN)),
    )


def _distance() -> Panel:
    return lines(
        About(
            "Distance between adverts",
            "At each backup: mean, and within what 99 of 100 come (as fine as buckets are). A: as set; T: when it takes over.",
            "s",
        ),
        over_time(named(mean_lately(DISTANCE)), "{{unit}} mean"),
        over_time(named(quantile(0.99, DISTANCE)), "{{unit}} p99"),
        over_time(f"max({member('member_advertisement_interval_seconds')})", "A"),
        over_time(f"min({member('member_takeover_timeout_seconds')})", "T"),
    )


def _lease() -> Panel:
    about = About(
        "Lease",
        "Left before the master's output closes by itself. It is renewed with every advert; at 0 the output is shut, "
        "always before a backup may open.",
        "s",
    )
    return lines(about, over_time(named(member("member_lease_remaining_seconds"))))


def _packets() -> Panel:
    return lines(
        About("Packets", "Of this group, a second, over all units: all that were sent, and those received by kind.", "pps"),
        over_time(f"sum({rate(member('packets_sent_total'))})", "sent"),
        over_time(f"sum by (kind) ({rate(member('packets_received_total'))}) > 0", "{{kind}} received"),
    )


def _rejected() -> Panel:
    about = About(
        "Rejected packets",
        "What was heard and not believed, by reason; failed sends of our own. Anything here is worth a look: a wrong key, a "
        "stranger, a replay.",
        "pps",
    )
    rejected = f"sum by (reason) ({rate(member('packets_rejected_total'))}) > 0"
    failed = f"sum({rate(member('member_send_failures_total'))})"
    return lines(about, over_time(rejected, "{{reason}}"), over_time(failed, "send failed"))


def _likelihood() -> Panel:
    return lines(
        About(
            "Loss, and false takeovers to expect",
            "Adverts lost on the way from each peer, and how many takeovers a day without a fault are to be expected so. "
            "`understudy advise` says which settings would be better.",
            "percentunit",
        ),
        over_time(named(member("peer_loss_ratio"), "peer"), "{{unit}} from {{peer}}"),
        over_time(named(member("member_false_takeover_probability")), "{{unit}} false takeovers a day"),
    )


def _changes() -> Panel:
    about = About("Changes of role", "When, and for which reason, over all units.", "short")
    return bars(about, over_time(changes_of_role(), "{{reason}}"))


def _phases() -> Panel:
    about = About(
        "Takeover, phase by phase",
        "Mean of all takeovers on the screen. detect: silence until the claim; claim: until it stood; load, lock: of the device; "
        "open: until the output was open. changeover: of a planned one, from order to new master.",
        "s",
    )
    phases = mean_in_range("member_takeover_phase_seconds", "phase")
    planned = f'label_replace({mean_in_range("member_changeover_seconds", "group")}, "phase", "changeover", "", "")'
    return gauges(about, f"{phases} or sum by (phase) ({planned})", "{{phase}}", limits(BLUE))


def _outage() -> Panel:
    outage = f"sum by (phase, cause) (increase({member('member_outage_seconds_total')}[$__range])) > 0"
    overlap = f"sum(increase({member('member_overlap_seconds_total')}[$__range]))"
    about = About(
        "Off the air",
        "Seconds that takeovers took in the time on the screen, by phase and cause; load and lock run side by side. *overlap*: "
        "seconds with two outputs.",
        "s",
    )
    joined = f'{outage} or label_replace(label_replace({overlap}, "phase", "overlap", "", ""), "cause", "two masters", "", "")'
    return gauges(about, joined, "{{phase}}: {{cause}}", limits(GREEN, (0.001, ORANGE), (10, RED)))
