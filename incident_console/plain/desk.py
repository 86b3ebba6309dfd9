"""What do all commands of the dialogue share? The talk, the incident that is looked at, and the picture of its run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from incident_console.errors import HeldError, Refused
from incident_console.events import Recorded
from incident_console.plain import news
from incident_console.plain.talk import Talk
from incident_console.plain.words import clock
from incident_console.record.timeline import sentence
from incident_console.runbook.schema import Rung
from incident_console.session.core import Session
from incident_console.session.emergency import Left as LeftOver
from incident_console.session.holding import Held
from incident_console.session.live import Live
from incident_console.session.onlooking import Onlooker
from incident_console.session.picture import Picture
from incident_console.session.plan import Plan
from incident_console.session.readings import Readings
from incident_console.session.reviewing import BundleReview, Review
from incident_console.session.view import View

HELD = "NOT SAVED yet: it is held in memory and tried again; rescue copies it elsewhere."


class Desk:
    """One incident being worked, or read. `start` follows its run; `close` lets go of the run, not of the record."""

    def __init__(self, talk: Talk, plan: Plan, view: View) -> None:
        self.talk, self.plan, self.view = talk, plan, view
        self.picture = Picture()
        """The newest; another thread puts a new one here."""
        self.readings = Readings(view)
        self.left_over: LeftOver | None = None
        """What an earlier sitting could not save."""
        self.handing: dict[str, str] = {}
        """By field, what was said for a hand-off that is not given yet."""
        self._looked, self._weighed = threading.Event(), threading.Event()
        self._since = datetime.now(UTC).replace(microsecond=0)
        self._held = Held()
        self._pen_free = isinstance(view, Review) and view.is_free
        self.live: Live | Onlooker

    def start(self) -> None:
        view, plan = self.view, self.plan
        view.listen(self._recorded)
        if isinstance(view, Session):
            view.hold(self._holds)
            self.live = Live(view, self._paint, log=plan.log, globs=plan.globs, sources=plan.sources)
        else:
            assert isinstance(view, Review)
            self.live = Onlooker(view, self._paint)
        self.live.start()

    def wait_for_facts(self, look_s: float = 10.0, weigh_s: float = 3.0) -> None:
        """Until the run was looked for and weighed, or so many seconds have passed."""
        self.talk.wait_for(lambda: self._looked.wait(look_s), lambda _: "Looking for a run.")
        if self.picture.run is not None:
            self.talk.wait_for(lambda: self._weighed.wait(weigh_s), lambda _: "Its files are being weighed.")

    # -- what threads tell ---------------------------------------------------------------------------------------

    def _paint(self, picture: Picture) -> None:
        before, self.picture = self.picture, picture
        if picture.looked:
            self._looked.set()
        if picture.known is not None:
            self._weighed.set()
        for told in news.of_run(before, picture):
            self.news(told)
        if isinstance(self.view, Review) and not isinstance(self.view, BundleReview):
            was, self._pen_free = self._pen_free, self.view.is_free
            if self._pen_free and not was:
                self.news("The other console was left: nobody writes this record now. quit, then resume takes it up.")

    def _recorded(self, recorded: Recorded) -> None:
        if isinstance(self.view, Review):
            self.news(f"{recorded.by} recorded: {sentence(recorded, self.view.incident.rungs)}")
        elif told := news.of_event(recorded.event, self._since):
            self.news(told)

    def _holds(self, held: Held) -> None:
        before, self._held = self._held, held
        if told := news.of_held(before, held):
            self.news(told)

    def news(self, text: str) -> None:
        now = datetime.now(UTC).isoformat()
        self.talk.news(f"{clock(now)} {text}")

    # -- what commands need --------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """What is written to. Raises Refused where nothing may be written."""
        if isinstance(self.view, Session):
            return self.view
        raise Refused(self.because)

    @property
    def because(self) -> str:
        """Why nothing can be written here."""
        view = self.view
        if isinstance(view, BundleReview):
            return "read-only: this bundle is read and not accepted; incident-console accept takes it over"
        if isinstance(view, Review) and not view.is_free:
            return f"read-only: {view.writer} writes this record in another console"
        return "read-only: nobody writes this record now; quit, then resume takes it up"

    def must_be_open(self) -> Session:
        """The session. Raises Refused once the incident is closed: what is done from then on is no part of it."""
        session = self.session
        if (closed := session.incident.closed) is not None:
            raise Refused(f"the incident is closed ({closed.event.outcome}); note still adds a note")
        return session

    def open_rung(self) -> Rung:
        """Raises Refused where none is open."""
        id = self.view.incident.open_rung
        if id is None:
            raise Refused("no rung is open; go NUMBER opens one, rungs names them")
        return self.view.runbook.rung(id)

    def saved(self, what: str) -> None:
        """Say that something is in the record."""
        self.talk.say(f"Saved: {what}.")

    @contextmanager
    def saving(self, what: str) -> Iterator[None]:
        """Say that what the body records is saved; or that it is held, and go on."""
        try:
            yield
        except HeldError:
            self.talk.say(HELD)
        else:
            self.saved(what)
