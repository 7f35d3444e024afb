"""What Prometheus gets besides the objects of the model: what is counted over time, and the processes of the unit. Pure.

Counters begin at 0 with each start of management, as Prometheus expects of a process; transitions go on (exposition/counts.py).
"""

from agent.model.metrics import PREFIX, Family, Type

PHASES = ("detect", "claim", "load", "lock", "open")
PHASE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""s."""


def _family(name: str, kind: Type, about: str, *labels: str, buckets: tuple[float, ...] = ()) -> Family:
    return Family(PREFIX + name, kind, about, labels, buckets)


TRANSITIONS = _family(
    "member_transitions_total", Type.COUNTER, "Changes of state, by their reason (agent.engine.reasons).", "group", "reason"
)
OUTAGE = _family(
    "member_outage_seconds_total",
    Type.COUNTER,
    "Time that takeovers by this unit took, by phase (F-7): detect: the master's silence (not of a handover); claim, load, "
    "lock: each from the decision on, side by side; open: un-muting the output. cause: why it took over.",
    "group",
    "phase",
    "cause",
)
PHASE = _family(
    "member_takeover_phase_seconds",
    Type.HISTOGRAM,
    "How long each phase of a takeover by this unit took (F-7).",
    "group",
    "phase",
    buckets=PHASE_BUCKETS,
)
CHANGEOVER = _family(
    "member_changeover_seconds",
    Type.HISTOGRAM,
    "Planned changeovers that this unit was ordered to make: from the order to its answer that they are done.",
    "group",
    buckets=PHASE_BUCKETS,
)
DISTANCE = _family(
    "member_advert_distance_seconds",
    Type.HISTOGRAM,
    "From one advert of the master to the next, as this backup hears them; since core started.",
    "group",
    buckets=(0.015, 0.03, 0.06, 0.12, 0.25, 0.6, 1.1, 1.6, 2.2, 3.3, 6.0, 12.0, 45.0),
)
MARGIN = _family(
    "member_advert_margin_seconds",
    Type.HISTOGRAM,
    "What was left of the takeover timeout when each of them came (F-1); 0 and less: it came when the timeout was over.",
    "group",
    buckets=(0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 12.0, 26.0),
)
COMMANDS = _family(
    "commands_total", Type.COUNTER, "What people and programs ordered or set, and what became of it.", "face", "verb", "result"
)
UP = _family("up", Type.GAUGE, "Does core answer? If not, all else is the last known (C-18).")
PROCESS_UP = _family("process_up", Type.GAUGE, "Is this process of the unit there?", "process")
PROCESS_START = _family("process_start_timestamp_seconds", Type.GAUGE, "When it was started.", "process")
PROCESS_RESTARTS = _family(
    "process_restarts_total", Type.COUNTER, "How often it was started again while management watched (every 2 s).", "process"
)
PROCESS_CPU = _family("process_cpu_seconds_total", Type.COUNTER, "CPU time that it has used, user and system.", "process")
PROCESS_MEMORY = _family("process_resident_memory_bytes", Type.GAUGE, "Memory that it occupies.", "process")
FACE_UP = _family(
    "face_up",
    Type.GAUGE,
    "Does this part of a face serve (a port, a line, a receiver of notifications; all that the settings ask for)? 0: its port is "
    "taken, a file of it cannot be used, or its task is down; `understudy status` says which.",
    "face",
    "part",
)
SCRAPES = _family("metrics_scrapes_total", Type.COUNTER, "Scrapes answered since management started.")
RENDER = _family("metrics_render_seconds_total", Type.COUNTER, "CPU time spent in writing them.")
COUNTED = (TRANSITIONS, OUTAGE, PHASE, CHANGEOVER, COMMANDS, DISTANCE, MARGIN)
PROCESSES = (PROCESS_UP, PROCESS_START, PROCESS_RESTARTS, PROCESS_CPU, PROCESS_MEMORY)
OWN = (SCRAPES, RENDER)
EVERY = (UP, *COUNTED, *PROCESSES, FACE_UP, *OWN)
