"""`watch` as lines, for pipes and logs: what is, then each change. With --json one object a line."""

import json
from argparse import Namespace

from agent.cli.follow import News
from agent.cli.picture import Picture, Row
from agent.cli.records import alarm_line, event_line
from agent.cli.watch_text import cells_of, title_of

_SIGNS = ("role", "priority", "master_name", "readiness", "readiness_colour", "locked", "maintenance", "link_state", "fenced")
"""What of a member is news by itself; ages and leases are not."""


class Lines:
    """Prints what has not been printed yet."""

    def __init__(self, options: Namespace) -> None:
        self._is_json = bool(options.json)
        self._members: dict[object, tuple[object, ...]] = {}
        self._alarms: dict[object, Row] = {}
        self._news: News | None = None
        self._title = ""

    def changed(self, picture: Picture) -> None:
        """After each piece of news."""
        title = "NOT OF NOW" if picture.is_lost or picture.is_stale else ""
        if title != self._title:
            self._title = title
            self._say("unit", {"stale": bool(title)}, title_of(picture).text)
        for member in picture.rows("member"):
            self._member(member)
        self._alarms_of(picture)
        if self._news is None:  # what happened before is for `understudy events`
            self._news = News(0, 1000)
            self._news.of(picture)
        for event in self._news.of(picture):
            self._say("event", event, f"event {event_line(event)}")

    def _member(self, member: Row) -> None:
        signs = tuple(member.get(name) for name in _SIGNS)
        if self._members.get(member.get("group")) == signs:
            return
        self._members[member.get("group")] = signs
        _group, designation, role, priority, timeout, _lease, master, ready, flags = cells_of(member)
        facts = (
            f"{role} ({designation}), priority {priority}, T {timeout}, master {master}, {ready}{' ' + flags if flags else ''}"
        )
        self._say("member", member, f"group {cells_of(member)[0]}: {facts}")

    def _alarms_of(self, picture: Picture) -> None:
        now = {alarm.get("number"): alarm for alarm in picture.rows("alarm")}
        for number, alarm in now.items():
            if number not in self._alarms:
                self._say("alarm", alarm, alarm_line(alarm))
        for number, alarm in self._alarms.items():
            if number not in now:
                self._say("alarm_cleared", alarm, f"over: {alarm_line(alarm)}")
        self._alarms = now

    def _say(self, what: str, row: Row, text: str) -> None:
        print(json.dumps({"what": what, "row": row}) if self._is_json else text, flush=True)
