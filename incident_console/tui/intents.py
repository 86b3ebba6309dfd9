"""What keys and rows mean: where to go, and which of the desk's doings they start. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from textual.events import Key
from textual.widget import Widget

from incident_console.record.incident import Incident
from incident_console.record.timeline import LEGEND as EVENTS
from incident_console.session.core import unexplained
from incident_console.session.picture import Picture
from incident_console.session.reviewing import BundleReview
from incident_console.tui import firstrun, panes, places, suspects
from incident_console.tui.ask import Ask
from incident_console.tui.deadkeys import because
from incident_console.tui.firstrun import FirstRun
from incident_console.tui.footer import KeyLine
from incident_console.tui.help import BEGINNING, LEGEND, HelpScreen
from incident_console.tui.keys import NEEDS_AN_INCIDENT, WRITES, WRITING_KEYS
from incident_console.tui.ladder import EVIDENCE, FACTS, HANDOFF, INBOX, RUN, SINCE, TIMELINE, Ladder
from incident_console.tui.log.view import LogView
from incident_console.tui.look import Dressed
from incident_console.tui.stream import LogStream
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.session.recheck import Reach
    from incident_console.session.view import View
    from incident_console.tui.browser import Browser
    from incident_console.tui.desk import Desk
    from incident_console.tui.facts import Facts
    from incident_console.tui.inbox import Inbox
    from incident_console.tui.logs import LogList
    from incident_console.tui.rung import RungRows
    from incident_console.tui.runpane import RunPane
    from incident_console.tui.since import Since
    from incident_console.tui.timeline import Timeline


class Intents(Dressed[int]):
    """The console without its beginning, its end and its drawing."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.session: View | None = None
        """A `Session` where something may be written, else a `Review`."""
        self.incident = Incident()
        self.picture = Picture()
        self.place = FACTS
        """What the centre shows: one of `places.PLACES`, or a rung's id."""
        self.not_saved = ""
        """Why the last thing that was to be recorded could not be; empty when it could."""
        self.log_chosen = False
        """The operator opened a log: no other one is opened by itself."""
        self._before_log = "centre"
        """The pane from which the open log was gone to."""
        self.reached: Reach | None = None
        """Of an incident that was taken over: whether its workflow is here; None while that is looked for."""
        self._stream: LogStream | None = None
        self._stale = True

    def stale(self) -> None:
        """Something changed: it is drawn soon. From any thread."""
        self._stale = True
        self.call_later(self._draw_soon)

    def _draw_soon(self) -> None:
        raise NotImplementedError

    @property
    def stream(self) -> LogStream:
        """All logs as one."""
        if self._stream is None:
            self._stream = LogStream(self.query_one(LogView))
        return self._stream

    # -- moving about --------------------------------------------------------------------------------------------

    def go(self, place: str, *, focus: bool = True) -> None:
        """Show the facts, the run, the inbox or a rung in the centre."""
        if place != self.place:
            self.past_first_run()
        self.place = place
        self.query_one(Ladder).put_cursor(place)
        places.show(self)
        if focus:
            self._focus("centre")
        self.stale()

    def show_log(self) -> None:
        """Go to the open log; from a list that leads to it the way back is to that list."""
        self.past_first_run()
        if (pane := panes.pane_of(self.focused)) != "log-view":
            self._before_log = pane if pane == "log-list" else "centre"
        self._focus("log-view")

    def _focus(self, pane: str) -> None:
        panes.show(self, pane)
        target: Widget = self.query_one(f"#{pane}")
        if pane == "centre":
            target = self.query_one(places.target(self.place))
        # Also while a page lies over it: a question that waits below keeps the focus, else its keys would go elsewhere.
        asked = self.query_one(Ask)
        self.screen_stack[0].set_focus(asked.field if asked.is_open else target)

    def on_descendant_focus(self) -> None:
        """A question keeps the focus until it is answered or left; else the pane with the focus is the one in use."""
        if len(self.screen_stack) != 1:  # something stands over the screen, or it has gone
            return
        panel, focused = self.screen.query_one(Ask), self.screen.focused
        if panel.is_open:
            if focused is not None and panel not in focused.ancestors:
                self.screen.set_focus(panel.field)
        else:
            panes.show(self, panes.pane_of(self.screen.focused))

    def action_pane(self, step: int) -> None:
        asked = next(iter(self.screen.query(Ask)), None)
        if step < 0 and asked is not None and asked.is_open:
            asked.action_back()
        elif len(self.screen_stack) > 1:
            self.screen.focus_next() if step > 0 else self.screen.focus_previous()
        elif self.query_one(Ask).is_open:
            self.screen.set_focus(self.query_one(Ask).field)
        else:
            self.past_first_run()
            self._focus(panes.next_to(panes.pane_of(self.focused), step))

    def action_rung(self, number: int) -> None:
        rungs = self.desk.view.runbook.rungs
        if number == 0:
            self.go(FACTS)
        elif number <= len(rungs):
            self.go(rungs[number - 1].id)

    def action_inbox(self) -> None:
        self.go(INBOX)

    def action_run(self) -> None:
        self.go(RUN)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys come and go: most need the incident, some a question, an edit without a reason, or such a rung."""
        if action == "leave_question":
            base = self.screen_stack[0]
            return base.query_one(Ask).is_open or base.query_one(FirstRun).is_shown
        if action == "to_centre":
            asked = self.screen_stack[0].query_one(Ask).is_open
            return len(self.screen_stack) == 1 and not asked and panes.pane_of(self.focused) != "centre"
        if action == "end_work":
            return self.desk.long.can_end and len(self.screen_stack) == 1 and not self.query_one(Ask).is_open
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`; what comes and goes with the focus alone needs no words."""
        if self.session is None:
            return "the incident is still being opened" if action in NEEDS_AN_INCIDENT else ""
        review, incident = self.desk.review, self.incident
        if review is not None and action in WRITES and not (action == "handoff" and isinstance(review, BundleReview)):
            return review.because
        rungs = len(self.session.runbook.rungs)
        match action:
            case "since" if not incident.accepted:
                return "nobody has taken this incident over, so there is no hand-off to check against"
            case "contrast" if not self.picture.logs:
                return "there is no log yet"
            case "take_pen" if review is None:
                return "you write here already"
            case "take_pen" if review is not None and not review.is_free:
                return review.because
            case "emergency" if not self.desk.unsaved.offered:
                return "everything is saved"
            case "explain" if not unexplained(incident):
                return "no edit of the workflow waits for a reason"
            case "leave_question":
                return f"nothing is open that could be left; {self.desk.key('app.quit')} quits"
            case "rung" if isinstance(number := parameters[0], int) and number > rungs:
                return f"there are {rungs} rungs"
        return ""

    def key_word(self, action: str) -> str | None:
        """For the foot of the screen, as `footer.SaysKeys`: of the rungs only the one to go to next."""
        if not action.startswith("rung("):
            return None
        marks = self.session.marks() if self.session is not None else ()
        wanted = next((mark for mark in marks if mark.state not in ("done", "waived")), None)
        wanted = next((mark for mark in marks if mark.state == "open"), wanted)
        if wanted is None or wanted.id == self.place or action != f"rung({wanted.number})":
            return ""
        return safe(wanted.id, 16)

    def on_key(self, event: Key) -> None:
        """A key that does nothing here says why."""
        if any(panel.is_open for panel in self.screen.query(Ask)):
            return
        told, review = because(self, event.key), self.desk.review
        if told and review is not None and event.key in WRITING_KEYS and len(self.screen_stack) == 1:
            self.desk.tell(review.because, "nothing is written", "warning")
        elif told:
            self.refuse(told)

    def refuse(self, told: str) -> None:
        """Why the key that was pressed does nothing, at the foot of the page in front; empty: no more of it."""
        for line in self.screen.query(KeyLine):
            line.refuse(told)

    def action_leave_question(self) -> None:
        self.query_one(Ask).action_leave()
        self.past_first_run()

    def action_to_centre(self) -> None:
        pane, self._before_log = self._before_log, "centre"
        self._focus(pane if panes.pane_of(self.focused) == "log-view" else "centre")

    def action_end_work(self) -> None:
        self.desk.long.end()

    def past_first_run(self) -> None:
        """Something was done: whoever is here knows the way, and is not told again."""
        if self.screen_stack[0].query_one(FirstRun).done():
            folder = self.desk.app.plan.who.trust.parent
            self.run_worker(self.desk.in_thread(firstrun.remember, folder), group="first-run")
            self.refresh_bindings()

    def on_ask_closed(self) -> None:
        """The pane in view has the focus again, whichever that is by now."""
        if (
            not self.screen_stack or self.screen_stack[0].focused is not None
        ):  # none is left: the console is being closed
            return
        if not self.query_one(Ask).is_open:
            self._focus(next(pane for pane in panes.PANES if self.screen_stack[0].has_class(f"-at-{pane}")))

    # -- intents -------------------------------------------------------------------------------------------------

    def _start(self, intent: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        self.past_first_run()
        self.desk.start(intent(*arguments))

    def on_ladder_shown(self, message: Ladder.Shown) -> None:
        self.go(message.place, focus=False)

    def on_ladder_entered(self, message: Ladder.Entered) -> None:
        self.go(message.place)
        if message.place not in places.PLACES:
            self._start(self.desk.climb.enter, message.place)

    def on_facts_open_log(self, message: Facts.OpenLog) -> None:
        self.desk.open_log_of(message.path, message.recovered)

    def on_facts_open_run(self) -> None:
        self.go(RUN)

    def on_run_pane_open_failure(self, message: RunPane.OpenFailure) -> None:
        self._start(self.desk.open_failure, message.failure)

    def on_run_pane_open_rule(self, message: RunPane.OpenRule) -> None:
        self.desk.open_rule(message.rule)

    def on_facts_take_symptom(self) -> None:
        self._start(self.desk.climb.take_symptom)

    def action_stream(self) -> None:
        """All logs as one stream, by time."""
        self.stream.open(self.picture.logs)
        self.show_log()

    def on_log_view_open_origin(self, message: LogView.OpenOrigin) -> None:
        self.desk.open_origin(message.path, message.place)

    def on_log_list_open(self, message: LogList.Open) -> None:
        self.desk.open_log(message.entry)

    def on_rung_rows_chosen(self, message: RungRows.Chosen) -> None:
        intent = self.desk.suspect_row if suspects.is_row(message.row) else self.desk.climb.row
        self._start(intent, self.place, message.row, message.again)

    def on_rung_rows_waive(self) -> None:
        self._start(self.desk.climb.waive, self.place)

    def on_rung_rows_trust(self) -> None:
        self._start(self.desk.climb.trust)

    def on_rung_rows_cancel(self) -> None:
        self.desk.climb.cancel()

    def on_inbox_open(self, message: Inbox.Open) -> None:
        self._start(self.desk.climb.show_item, message.seq)

    def on_inbox_file(self, message: Inbox.File) -> None:
        self._start(self.desk.climb.file, message.seq)

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self.screen.active_bindings.values(), f"{BEGINNING}{LEGEND}Of events: {EVENTS}\n"))

    def action_help_quit(self) -> None:
        """ctrl+c: who presses it wants to leave, or to copy; neither is done by mistake."""
        held, emergency = self.desk.unsaved.held.count, self.desk.key("app.emergency")
        leaves, anywhere = self.desk.key("app.quit"), self.desk.key("app.quit-anywhere")
        saved = "everything is already saved."
        if held:
            saved = f"{held} held in memory, NOT saved: {emergency} copies it elsewhere."
        self.desk.tell(f"{leaves} leaves ({anywhere} while you type); {saved}")

    def action_note(self) -> None:
        self._start(self.desk.say.note)

    def action_pin(self) -> None:
        self._start(self.desk.climb.pin)

    def action_brief(self) -> None:
        self._start(self.desk.say.brief)

    def action_describe(self) -> None:
        self._start(self.desk.say.describe)

    def action_act(self) -> None:
        self._start(self.desk.say.act)

    def action_explain(self) -> None:
        self._start(self.desk.say.explain)

    def action_handoff(self) -> None:
        """Write one; where a bundle is reviewed, read the one that it came with."""
        if self.desk.review is not None:
            self.go(HANDOFF)
        else:
            self._start(self.desk.say.handoff)

    def action_emergency(self) -> None:
        self._start(self.desk.unsaved.act)

    def action_timeline(self) -> None:
        self.go(TIMELINE)

    def action_evidence(self) -> None:
        self.go(EVIDENCE)

    def on_browser_do(self, message: Browser.Do) -> None:
        self._start(self.desk.browsing.do, message.what, message.entry)

    def on_browser_look(self, message: Browser.Look) -> None:
        if self.is_running and self.screen_stack:  # it may come when the screen has gone
            self.desk.aside(self.desk.browsing.look(message.entries))

    def action_since(self) -> None:
        self.go(SINCE)

    def on_since_chosen(self, message: Since.Chosen) -> None:
        self._start(self.desk.taking.check, message.pair, message.again)

    def action_take_pen(self) -> None:
        self._start(self.desk.taking.take)

    def on_timeline_jump(self, message: Timeline.Jump) -> None:
        self._start(self.desk.jump.to, message.seq, message.focus)

    def on_timeline_result(self, message: Timeline.Result) -> None:
        self._start(self.desk.say.result, message.seq)

    def on_timeline_find(self) -> None:
        self._start(self.desk.jump.find)

    def action_contrast(self) -> None:
        self._start(self.desk.contrast)

    def action_switch_run(self) -> None:
        self._start(self.desk.switch_run)

    def action_escalate(self) -> None:
        self._start(self.desk.say.escalate)

    def action_close_incident(self) -> None:
        self._start(self.desk.say.close_incident)

    def action_record(self) -> None:
        self._start(self.desk.say.show_record)

    def action_command_palette(self) -> None:
        """Every action and every place."""
        # Imported when it is asked for: the first screen must not wait for it.
        from incident_console.tui import offers, palette

        if not offers.is_open(self):
            self.push_screen(offers.screen(palette.AtHand, palette.OnDisk))
