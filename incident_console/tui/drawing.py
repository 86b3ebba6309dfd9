"""What of all that is known now stands in which pane? Each pane changes only what is new in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident_console.session.core import unexplained
from incident_console.session.reviewing import BundleReview
from incident_console.tui import news, places
from incident_console.tui.footer import KeyLine
from incident_console.tui.header import Header, Heading
from incident_console.tui.ladder import Ladder
from incident_console.tui.log.view import LogView
from incident_console.tui.logs import LogList
from incident_console.tui.notify import title

if TYPE_CHECKING:
    from incident_console.session.picture import Picture
    from incident_console.tui.app import Console


def draw(app: Console) -> None:
    session, incident, picture = app.session, app.incident, app.picture
    marks = session.marks() if session is not None else ()
    edits = len(unexplained(incident))
    app.query_one(Header).heading = Heading(
        incident=session.id if session is not None else "",
        opened_at=incident.opened_at,
        not_saved=bool(app.not_saved or picture.record_gone),
        held=app.desk.unsaved.held.count,
        run=picture.run,
        started=picture.started,
        looked=picture.looked,
        marks=marks,
        gate_missing=incident.gate_missing if session is not None else (),
        edits_waiting=edits,
        inbox=len(incident.inbox),
        ended=news.ended(incident),
        not_redacted=bool(incident.not_redacted),
        read_only=app.desk.review.title if app.desk.review is not None else "",
    )
    folder = app.plan.workdir.name or str(app.plan.workdir)
    app.says_title(title(picture.run, folder, app.look.title, edits=edits, disk=app.disk.low))
    places.show(app)
    if session is not None:
        handed, received = isinstance(session, BundleReview), bool(incident.accepted)
        app.query_one(Ladder).draw(marks, len(incident.inbox), picture, handed=handed, received=received)
        # After the next frame, as everything that takes longer with each log that there is.
        app.call_after_refresh(_list_logs, app, picture)
    app.query_one(KeyLine).look()


def _list_logs(app: Console, picture: Picture) -> None:
    if picture is app.picture and (listed := app.query(LogList)):
        listed.first().draw(picture.logs)


def follow_logs(app: Console, before: Picture, now: Picture) -> None:
    """The log pane is never empty while there is a log: all of them as one stream, until one is opened."""
    if not app.query(LogView):
        return  # the screen has gone already
    view, logs = app.query_one(LogView), now.logs
    app.stream.draw(logs)
    was = before.logs[0].path if before.logs else None
    if app.stream.is_open or not logs or logs[0].path is None or not (view.is_empty or view.path == was):
        return
    if len(logs) > 1 and not app.log_chosen:
        app.stream.open(logs)
    elif view.path != logs[0].path:
        view.show(logs[0].path, logs[0].label)
