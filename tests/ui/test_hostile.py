"""Text from outside is shown as it is, wherever it stands, and never obeyed."""

from pathlib import Path

import pytest
import yaml

from tests.ui.scene import MEDIUM, RUNBOOK, WIDE, RunLog, closed, drawn, opened, place, screen, shows, until

NASTY = {
    "markup": "[red]A[/red] [@click=app.leave]x[/] [b [$text",
    "unseen": "\x1b[31mA\x1b]0;title\x07\x9b2J A\u202egnp.exe\u2066 \u200b\u00ad\ufeff",
    "wide": "日本語テキスト🧬🧬",
    "long": "x" * 10_000,
}
FORBIDDEN = set("\x1b\x07\x9b\u202e\u2066\u200b\ufeff\r\x00")


def check(app: object) -> str:
    """The screen holds nothing that a terminal would obey, and every line fits it."""
    told = screen(app)
    assert not FORBIDDEN & set(told), sorted(map(repr, FORBIDDEN & set(told)))
    return told


@pytest.mark.parametrize("name", NASTY)
async def test_hostile_names_messages_and_answers_are_shown_literally_everywhere(tmp_path: Path, name: str) -> None:
    nasty = NASTY[name]
    here = place(tmp_path)
    run = RunLog(here.workdir)
    sample = nasty.replace("/", "_").encode("utf-8")[:100].decode("utf-8", "ignore")
    run.starts("align", 1, "A", f"FATAL {nasty}\n")
    run.fails("align", 1, "A", message=nasty)
    if sample.isprintable():
        run.starts("count", 2, sample[:60])
        run.fails("count", 2, sample[:60], again=True)
    (here.workdir / "logs" / f"{sample}.log").write_text(f"{nasty}\n")
    async with opened(here.tiny(), WIDE) as (app, pilot):
        session = app.session
        assert session is not None
        await shows(pilot, "failures, by cause")
        session.note(nasty)
        session.act(nasty, nasty, nasty)
        session.answer("symptom", {"surface": nasty, "aside": nasty})
        session.waive("look", nasty + " is a reason")
        session.escalate(nasty, nasty, nasty, nasty)
        await until(pilot, lambda: bool(app.incident.escalations))
        for key in "0123i":
            await pilot.press(key)
            await drawn(pilot, app)
            check(app)
        if name == "markup":
            await pilot.press("1")
            await shows(pilot, "✓ Which surface? [red]A[/red] [@click=app.leave]x[/] [b [$text", pane="#rung")
            await shows(pilot, "[red]A[_red]", pane="#log-list")
        await pilot.press("1", "home", "enter")  # the answer stands in the field
        await shows(pilot, "Which surface?", pane="#ask")
        check(app)
        await pilot.press("escape")
        await closed(pilot)
        for key, title in (("b", "─ Brief ─"), ("d", "─ Record ─")):
            await pilot.press(key)
            await shows(pilot, title)
            check(app)
            await pilot.press("escape")
            await pilot.pause()
        app.desk.tell(nasty, nasty)
        await pilot.pause()
        check(app)
        await pilot.press("ctrl+p")
        await shows(pilot, "Search: action")
        check(app)
        await pilot.press("escape")
        for entry in app.picture.logs:
            app.desk.open_log(entry)
            await pilot.pause()
            check(app)


@pytest.mark.parametrize("name", ["markup", "wide"])  # the loader refuses what cannot be seen
async def test_a_runbook_may_say_what_it_likes(tmp_path: Path, name: str) -> None:
    nasty = NASTY[name]
    runbook = yaml.safe_load(RUNBOOK)
    symptom, look, decide = runbook["rungs"]
    for rung in runbook["rungs"]:
        rung |= {"title": nasty, "question": nasty, "help": nasty}
    symptom["ask"][0]["prompt"], symptom["ask"][1]["choices"] = nasty, [nasty, "right"]
    look["evidence"][0] |= {"question": nasty, "expect": nasty, "warn": nasty}
    decide["escalate"][0] |= {"to": nasty, "because": nasty}
    here = place(tmp_path)
    async with opened(here.tiny(text=yaml.safe_dump(runbook, allow_unicode=True)), MEDIUM) as (app, pilot):
        assert app.session is not None
        app.session.answer("decide", {"decision": "review"})
        for key in "0123":
            await pilot.press(key)
            await drawn(pilot, app)
            check(app)
        await pilot.press("1", "home", "down", "enter")
        await shows(pilot, "Which side?", nasty, pane="#ask")
        check(app)
