"""The palette: everything that can be gone to, found by a few letters, and nothing of the toolkit's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.pilot import Pilot

from incident_console.events import HandoffOffered
from incident_console.session.core import Session
from incident_console.session.plan import Plan
from incident_console.tui.app import Console
from incident_console.tui.doings import doings
from incident_console.tui.matching import best, places
from tests.ui.scene import SMALL, WIDE, Place, RunLog, flat, opened, place, screen, shows, until

HOSTILE = "[red]x[/] \x1b[31m‮ [@click=app.quit]y[/].log"


@dataclass(frozen=True)
class Text:
    title: str
    beside: str = ""
    rank: float = 0.0

    @property
    def folded(self) -> tuple[str, str]:
        return self.title.casefold(), f"{self.title} {self.beside}".casefold()


def found(typed: str, *texts: Text) -> list[str]:
    return [each.title for _, each in best(texts, typed, 40)]


def test_what_begins_with_the_word_is_found_before_what_holds_it_or_its_letters() -> None:
    texts = (Text("reclassified"), Text("c l a s s i f y"), Text("Go to 6 Classify"), Text("nothing of it"))
    assert found("classif", *texts)[:2] == ["Go to 6 Classify", "reclassified"]
    assert "nothing of it" not in found("classif", *texts)


def test_all_words_must_be_found_in_any_order_and_letters_may_be_left_out() -> None:
    texts = (Text("Go to 6 Classify"), Text("Go to 5 Narrow the evidence"))
    assert found("6 go", *texts) == ["Go to 6 Classify"]
    assert found("clsfy", *texts) == ["Go to 6 Classify"]
    assert found("nrw", *texts) == ["Go to 5 Narrow the evidence"]


def test_the_title_counts_more_than_what_stands_beside_it_and_results_are_capped() -> None:
    assert found("align", Text("b", "align"), Text("align")) == ["align", "b"]
    assert len(best([Text(f"logs/{n}/align.log") for n in range(5000)], "align", 40)) == 40


def test_marked_characters_are_those_of_the_words_and_none_where_folding_moves_them() -> None:
    assert places("Go to 6 Classify", "cl 6") == (6, 8, 9)
    assert places("ßeta İ", "i") == ()


def test_a_long_path_of_one_letter_is_no_trap() -> None:
    assert found("a" * 40 + "b", Text("a" * 20_000)) == []


async def palette(pilot: Pilot[int], typed: str = "") -> None:
    await pilot.press("ctrl+p")
    await shows(pilot, "Search: action")
    await pilot.press(*["space" if letter == " " else letter for letter in typed])


def hits(app: Console) -> list[str]:
    return [option.hit.text or "" for option in app.screen.query_one(CommandList).options if hasattr(option, "hit")]


async def first_hit(pilot: Pilot[int], app: Console, holds: Callable[[str], bool]) -> None:
    await until(pilot, lambda: bool(hits(app)) and holds(hits(app)[0]))


def past(here: Place, name: str, *, closed: bool, to: str = "") -> str:
    """An incident of another folder, in the same records; its id."""
    workdir = here.root / name
    workdir.mkdir()
    session = replace(here.tiny(), workdir=workdir).begin()
    assert isinstance(session, Session)
    if closed:
        session.end("the disk was full", "it runs", cause="unknown", check="a quota")
    if to:
        session.append(HandoffOffered(to=to, head=session.head))
    session.close()
    return session.id


@pytest.mark.parametrize("typed", ["decide", "3", "go to 3"])
async def test_a_rung_is_found_by_its_role_its_number_and_its_title(tmp_path: Path, typed: str) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await palette(pilot, typed)
        await first_hit(pilot, app, lambda title: title == "Go to 3 Decide")
        assert "Enter goes there" in flat(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.place == "decide")


async def test_logs_and_evidence_are_opened_from_it(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "B", "the index is here\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await until(pilot, lambda: any("align" in log.label for log in app.picture.logs))
        await palette(pilot, "align")
        await first_hit(pilot, app, lambda title: "align" in title)
        await pilot.press("enter")
        await shows(pilot, "the index is here")
        await pilot.press("2", "c")
        await until(pilot, lambda: bool(app.incident.evidence))
        number = app.incident.evidence[-1].seq
        await palette(pilot, "evidence say")
        await first_hit(pilot, app, lambda title: title.startswith(f"evidence #{number}"))
        await pilot.press("enter")
        await shows(pilot, "hello, it says")


async def test_a_closed_incident_is_read_and_an_open_one_says_how_to_go_on(tmp_path: Path) -> None:
    here = place(tmp_path)
    over, open_ = past(here, "over", closed=True), past(here, "still", closed=False)
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await palette(pilot, over)
        await first_hit(pilot, app, lambda title: title == over)
        await pilot.press("enter")
        await shows(pilot, "nothing is written to it", "the disk was full")
        await pilot.press("escape")
        await palette(pilot, open_)
        await first_hit(pilot, app, lambda title: title == open_)
        await pilot.press("enter")
        await shows(pilot, "It is open", "resume", open_, pane="Toast")


async def test_an_incident_that_was_handed_off_is_told_as_what_it_is(tmp_path: Path) -> None:
    here = place(tmp_path)
    given = past(here, "given", closed=False, to="ben [b]")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await palette(pilot, given)
        await first_hit(pilot, app, lambda title: title == given)
        await pilot.press("enter")
        await shows(pilot, "It is handed off to ben [b].", f"resume {given}", pane="Toast")


async def test_names_from_outside_are_text_and_not_markup(tmp_path: Path) -> None:
    here = place(tmp_path)
    folder = here.workdir / "logs" / "B"
    folder.mkdir(parents=True)
    (folder / HOSTILE.replace("/", "_")).write_text("odd\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        await until(pilot, lambda: bool(app.picture.logs))
        await palette(pilot, "[red]")
        await first_hit(pilot, app, lambda title: "[red]x" in title)
        assert "[red]x" in flat(app) and "[@click=app.quit]y" in flat(app)
        assert "\x1b" not in screen(app) and "‮" not in screen(app)


async def test_the_toolkits_own_entries_are_gone_and_themes_are_ours(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), (100, 400)) as (app, pilot):
        await palette(pilot)
        await until(pilot, lambda: "Note" in hits(app))
        assert not {"Screenshot", "Maximize", "Minimize", "Keys", "Quit the application", "Theme"} & set(hits(app))
        assert len(hits(app)) == len(set(hits(app))), "nothing stands there twice"
        await pilot.press(*"nord")
        await first_hit(pilot, app, lambda title: "nord" in title)
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "nord")


async def test_an_action_tells_its_key_and_does_what_the_key_does(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        await palette(pilot, "write a note")
        await first_hit(pilot, app, lambda title: title == "Note")
        assert "Note n Enter does it" in flat(app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#ask.-open")))


@pytest.mark.parametrize("size", [(60, 15), SMALL, (200, 50)])
async def test_where_nothing_fits_it_is_said_what_can_be_typed_and_how_to_leave(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with opened(place(tmp_path).tiny(), size) as (app, pilot):
        await palette(pilot, "zzzz[q]x")
        await shows(pilot, "Nothing fits zzzz[q]x", "a past incident or a theme can be typed; Esc goes back.")
        for what in ("action", "rung", "log", "evidence"):
            assert what in flat(app)
        await pilot.press("enter")  # it is no entry
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


def test_every_action_that_has_a_key_is_an_action_of_the_desk(tmp_path: Path) -> None:
    from incident_console.tui import palette as offers
    from incident_console.tui.keys import KEYS

    app = Console(Plan(place(tmp_path).who, tmp_path))
    titles = {title for title, _, _ in doings(app.desk)}
    ids = {binding.id for binding in KEYS if not isinstance(binding, tuple)}
    assert set(offers.KEY_OF) - titles <= {"Take it over", "Since the hand-off: check again"}
    assert set(offers.KEY_OF.values()) <= ids
