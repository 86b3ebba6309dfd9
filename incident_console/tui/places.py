"""What stands in the centre: the facts, the run, the inbox or a rung? Which widget that is, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.widget import Widget

from incident_console.session.core import Session
from incident_console.session.surfaces import smallest_first
from incident_console.tui import news
from incident_console.tui.facts import Facts
from incident_console.tui.inbox import Inbox
from incident_console.tui.ladder import FACTS, INBOX, RUN
from incident_console.tui.rung import RungPane, RungRows
from incident_console.tui.runpane import RunPane

if TYPE_CHECKING:
    from incident_console.tui.intents import Intents

PLACES: Mapping[str, type[Widget]] = MappingProxyType({FACTS: Facts, RUN: RunPane, INBOX: Inbox})
"""Those that are no rungs; every other place is a rung's id."""


def target(place: str) -> type[Widget]:
    """What gets the focus there."""
    return PLACES.get(place, RungRows)


def show(app: Intents) -> None:
    """Show the app's place, and draw it once there is an incident."""
    for place, widget in PLACES.items():
        app.query_one(widget).display = app.place == place
    app.query_one(RungPane).display = app.place not in PLACES
    if app.session is not None:
        _draw(app, app.session)


def _draw(app: Intents, session: Session) -> None:
    incident, picture = app.incident, app.picture
    if app.place == FACTS:
        told = news.notices(incident, picture, app.not_saved)
        app.query_one(Facts).draw(picture, told, str(session.workdir), len(session.runbook.rungs))
    elif app.place == RUN:
        app.query_one(RunPane).draw(picture)
    elif app.place == INBOX:
        app.query_one(Inbox).draw(incident)
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
                drafts=app.desk.climb.drafts(rung),
                run=session.run,
                readings=app.desk.climb.reader.lines(rung),
                because=because,
                known=picture.known if picture.run is not None else None,
            )
