"""What stands in the centre: the facts, the run, the inbox or a rung? Which widget that is, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.widget import Widget

from incident_console.session import recheck
from incident_console.session.core import Session
from incident_console.session.reported import reported
from incident_console.session.reviewing import BundleReview
from incident_console.session.surfaces import smallest_first
from incident_console.tui import news
from incident_console.tui.browser import Browser, EvidenceRows
from incident_console.tui.facts import Facts
from incident_console.tui.handed import HandedPane
from incident_console.tui.inbox import Inbox
from incident_console.tui.ladder import EVIDENCE, FACTS, HANDOFF, INBOX, RUN, SINCE, TIMELINE
from incident_console.tui.rung import RungPane, RungRows
from incident_console.tui.runpane import RunPane
from incident_console.tui.since import Since
from incident_console.tui.timeline import Timeline, TimelineRows

if TYPE_CHECKING:
    from incident_console.session.view import View
    from incident_console.tui.intents import Intents

PLACES: Mapping[str, type[Widget]] = MappingProxyType(
    {
        FACTS: Facts,
        RUN: RunPane,
        INBOX: Inbox,
        EVIDENCE: Browser,
        TIMELINE: Timeline,
        HANDOFF: HandedPane,
        SINCE: Since,
    }
)
"""Those that are no rungs; every other place is a rung's id."""
INSIDE: Mapping[str, type[Widget]] = MappingProxyType({EVIDENCE: EvidenceRows, TIMELINE: TimelineRows})
"""What has the focus where that is a part of the place."""


def target(place: str) -> type[Widget]:
    """What gets the focus there."""
    return INSIDE.get(place) or PLACES.get(place, RungRows)


def show(app: Intents) -> None:
    """Show the app's place, and draw it once there is an incident; what the run's log says needs none."""
    for place, widget in PLACES.items():
        app.query_one(widget).display = app.place == place
    app.query_one(RungPane).display = app.place not in PLACES
    app.screen_stack[0].set_class(app.place == TIMELINE, "-timeline")
    if app.session is not None:
        _draw(app, app.session)
    elif app.place == FACTS and app.picture.looked:
        app.query_one(Facts).draw(app.picture, (), str(app.desk.app.plan.workdir), 0)


def _draw(app: Intents, session: View) -> None:
    incident, picture, read_only = app.incident, app.picture, app.desk.review is not None
    if app.place == FACTS:
        waits = news.notices(incident, picture, app.not_saved, app.desk.key, session.clock.now())
        told = (*app.desk.unsaved.notices, *waits)
        ladder, first = len(session.runbook.rungs), reported(incident)
        app.query_one(Facts).draw(picture, told, incident.workdir, ladder, first)
    elif app.place == RUN:
        app.query_one(RunPane).draw(picture)
    elif app.place == INBOX:
        app.query_one(Inbox).draw(incident, read_only=read_only)
    elif app.place == EVIDENCE:
        review, rungs = app.desk.review, tuple(rung.id for rung in session.runbook.rungs)
        writing = review is None or review.holder is not None
        app.query_one(Browser).draw(incident, rungs, session.run, writing=writing, ours=review is None)
    elif app.place == TIMELINE:
        app.query_one(Timeline).draw(incident)
    elif app.place == SINCE:
        then = recheck.since(session, picture.run)
        app.query_one(Since).draw(app.reached, then, recheck.again(session), frozenset(app.desk.climb.busy))
    elif app.place == HANDOFF and isinstance(session, BundleReview):
        app.query_one(HandedPane).draw(session.handoff)
    for number, rung in enumerate(session.runbook.rungs, 1):
        if rung.id == app.place:
            ordered, because = smallest_first(rung, picture)
            app.query_one(RungPane).draw(
                ordered,
                number,
                incident,
                missing=session.missing(rung.id),
                held=session.escalations(),
                busy=app.desk.climb.busy,
                read_only=read_only,
                drafts=app.desk.climb.drafts(rung),
                run=session.run,
                readings=app.desk.climb.reader.lines(rung),
                because=because,
                known=picture.known if picture.run is not None else None,
                trusted=not isinstance(session, Session) or session.trust.known is not None,
            )
