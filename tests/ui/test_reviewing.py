"""A console without the pen: it shows everything, follows what is written elsewhere, refuses in words, takes over."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.session.capture import capture
from incident_console.session.core import Session
from incident_console.session.handoff import accept, offer
from incident_console.session.plan import Plan
from incident_console.session.who import Who
from incident_console.tui.app import Console
from incident_console.tui.browser import EvidenceRows
from incident_console.tui.diff import DiffScreen
from incident_console.tui.doings import doings
from incident_console.tui.handed import HandedPane, rendered
from incident_console.tui.timeline import TimelineRows
from tests.ui.scene import SMALL, WIDE, Place, closed, flat, kinds, opened, place, screen, shows, types, until

SIZES = pytest.mark.parametrize("size", [SMALL, (200, 50)], ids=["80x24", "200x50"])
REFUSED = ("n", "a", "s", "h", "p", "exclamation_mark")


@pytest.fixture
def scene(tmp_path: Path) -> Place:
    found = place(tmp_path)
    (found.workdir / "Snakefile").write_text("rule all:\n")
    return found


@pytest.fixture
def writer(scene: Place) -> Iterator[Session]:
    """Somebody else at work on the record."""
    session = scene.tiny().begin()
    assert isinstance(session, Session)
    session.enter("symptom")
    yield session
    session.close()


def second(scene: Place, writer: Session) -> Plan:
    return Plan(scene.who, scene.workdir, resume=writer.record.path)


@SIZES
async def test_the_second_console_says_who_has_the_pen_and_follows(
    scene: Place, writer: Session, size: tuple[int, int]
) -> None:
    async with opened(second(scene, writer), size) as (app, pilot):
        await shows(pilot, "◎ read-only", "✎ olga on ")
        assert app.place == "symptom" and "✓ saved" not in screen(app)
        await pilot.press("l")
        writer.note("seen from over there")
        await shows(pilot, "note: seen from over there")
        writer.enter("look")
        await until(pilot, lambda: app.incident.open_rung == "look")
        assert kinds(app) == [line.kind for line in writer.incident.lines]


async def test_what_would_write_is_not_offered_and_refused_in_words(scene: Place, writer: Session) -> None:
    before = len(writer.incident.lines)
    async with opened(second(scene, writer), (200, 50)) as (app, pilot):
        offered = {key for key, active in app.screen.active_bindings.items() if active.enabled}
        assert not offered & {*REFUSED, "c", "w", "t", "P", "y"}
        for key in (*REFUSED, "w", "c", "P"):
            app.clear_notifications()
            await pilot.press(key)
            await shows(pilot, "nothing is written", "writes this record", pane="Toast")
        app.clear_notifications()
        await pilot.press("1")
        await shows(pilot, "Which surface?", pane="#rung")
        await pilot.press("enter")  # the first answer of the rung
        await shows(pilot, "read-only: olga on")
        assert not app.screen.query("#ask.-open")
        titles = {title: call for title, _, call in doings(app.desk)}
        titles["Close the incident"]()
        await pilot.pause()
    assert len(writer.incident.lines) == before and not (writer.record.path / "drafts.json").exists()


async def test_logs_are_followed_but_nothing_is_kept(tmp_path: Path) -> None:
    scene = place(tmp_path, "c1-flaky-retry-ok-v9")
    writer = scene.plan().begin()
    assert isinstance(writer, Session)
    try:
        async with opened(second(scene, writer), WIDE) as (app, pilot):
            await until(pilot, lambda: bool(app.picture.logs))
            app.live.watch(next(iter(app.live.runs()))[0])  # type: ignore[union-attr]
            await shows(pilot, "✓ succeeded 4/4")
            assert [line.kind for line in writer.incident.lines] == ["incident.opened", "runbook.frozen"]
    finally:
        writer.close()


async def test_when_the_writer_leaves_the_pen_can_be_taken(scene: Place, writer: Session) -> None:
    async with opened(second(scene, writer), SMALL) as (app, pilot):
        await shows(pilot, "◎ read-only")
        writer.note("I am off")
        writer.close()
        await shows(pilot, "✎ the pen is free")
        assert "P" in app.screen.active_bindings
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.session, Session))
        await shows(pilot, "✓ saved")
        assert kinds(app).count("note.added") == 1
        await pilot.press("n")
        await types(pilot, "mine now", "enter")
        await closed(pilot)
        await until(pilot, lambda: kinds(app).count("note.added") == 2)


# -- bundles ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bundle(scene: Place, writer: Session, tmp_path: Path) -> Path:
    writer.note("**not** bold <script>alert(1)</script>")
    writer.enter("look")
    return offer(writer, "ben", {"impact": "the report is late"}, tmp_path / "out.zip").path


def receiver(root: Path) -> Who:
    return Who("ben", root / "ben/records", root / "ben/trusted")


@SIZES
async def test_a_bundle_is_reviewed_with_its_hand_off_first_and_accepted_from_there(
    bundle: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    who = receiver(tmp_path)
    async with opened(Plan(who, Path(), bundle=bundle), size) as (app, pilot):
        await shows(pilot, "◎ read-only", "bundle, not accepted", "the report is late")
        assert app.focused is app.query_one(HandedPane)
        await pilot.press("l")
        await shows(pilot, "▸ entered", "handed off to ben")
        await pilot.press("2")
        await shows(pilot, "not captured (needed)")
        await pilot.press("enter")
        await shows(pilot, "this bundle is reviewed and not accepted", pane="Toast")
        await pilot.press("h")
        await shows(pilot, "the report is late")
        assert not who.records.exists()

        await pilot.press("P")
        await types(pilot, "", "enter")  # the name stands there already
        await until(pilot, lambda: "What do you take over?" in flat(app))
        await pilot.press("enter")
        await shows(pilot, "Something must stand here")
        await types(pilot, "align is flaky; nobody stops it", "enter")
        await until(pilot, lambda: isinstance(app.session, Session))
        await shows(pilot, "taken over by ben", "✓ saved")
        assert app.place == "look" and kinds(app)[-1] in ("handoff.accepted", "state.kept")
        assert app.incident.accepted[-1].event.readback == "align is flaky; nobody stops it"

        await pilot.press("C")
        await shows(pilot, "The workflow is here", "= watched files")


async def test_a_bundle_runs_nothing_even_where_its_runbook_is_trusted(
    bundle: Path, scene: Place, writer: Session
) -> None:
    async with opened(Plan(scene.who, Path(), bundle=bundle), SMALL) as (app, pilot):
        await pilot.press("2", "c")
        await shows(pilot, "nothing is written")
        assert not app.desk.climb.busy and "c" not in app.screen.active_bindings


async def test_a_broken_bundle_is_refused_before_anything_of_it_is_shown(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    app = Console(Plan(receiver(tmp_path), Path(), bundle=broken))
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: not app.is_running or bool(app.parting))
    assert app.return_value == 3 and "broken.zip" in app.parting


def test_nothing_of_a_hand_off_is_hidden_or_can_be_clicked() -> None:
    hostile = (
        "# Top `x`\n- **Impact**: <img src=x> [click](http://evil) \\*plain\\* <!-- hidden -->\n\x1b]8;;http://evil\x07"
    )
    shown = rendered(hostile)
    for part in ("Top x", "Impact: <img src=x>", "[click](http://evil)", "*plain*", "<!-- hidden -->"):
        assert part in shown.plain
    assert "\x1b" not in shown.plain and not any("link" in str(span.style) for span in shown.spans)
    assert "characters more" in rendered("x" * 300_000).plain


# -- what changed since ----------------------------------------------------------------------------------------------


async def test_the_same_evidence_is_captured_again_and_what_differs_is_shown(scene: Place, tmp_path: Path) -> None:
    text = scene.tiny().runbook
    assert text is not None
    runbook = Path(text).read_text().replace('[echo, "hello, it says"]', "[cat, Snakefile]")
    writer = scene.tiny(text=runbook).begin()
    assert isinstance(writer, Session)
    look = writer.runbook.rung("look")
    capture(writer, look, look.evidence[0])
    path = offer(writer, "ben", {}, tmp_path / "out.zip").path
    writer.close()
    (scene.workdir / "Snakefile").write_text("rule all: # repaired\n")
    who = replace(scene.who, operator="ben", records=tmp_path / "ben")
    accepted = accept(path, who, "mine")
    async with opened(Plan(who, scene.workdir, resume=accepted.record), (200, 50)) as (_, pilot):
        await pilot.press("C")
        await shows(pilot, "≠ watched files", "1 edited since: Snakefile", "Enter captures it again")
        await pilot.press("enter")
        await shows(pilot, "≠ differs at")
        await pilot.press("enter")
        await shows(pilot, "-rule all:", "+rule all: # repaired", pane="#log-view")


async def test_in_a_bundle_evidence_opens_differs_and_narrows_and_the_timeline_too(
    scene: Place, writer: Session, tmp_path: Path
) -> None:
    look = next(rung for rung in writer.runbook.rungs if rung.id == "look")
    for text in ("two jobs wait", "nine jobs wait"):
        capture(writer, look, next(item for item in look.evidence if item.id == "seen"), text=text)
    sent = offer(writer, "ben", {}, tmp_path / "out.zip").path
    async with opened(Plan(receiver(tmp_path), Path(), bundle=sent), WIDE) as (app, pilot):
        await pilot.press("v")
        rows = app.query_one(EvidenceRows)
        await until(pilot, lambda: len(rows.shelf.entries) >= 2 and app.focused is rows)
        seen = [each.seq for each in rows.shelf.entries if each.name == "seen"]
        rows.go_to(seen[-1])
        await pilot.press("enter")
        await shows(pilot, "nine jobs wait", pane="#log-view")
        rows.focus()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await shows(pilot, "two jobs wait", "nine jobs wait", "? Help")
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is rows)
        await pilot.press("S")
        await until(pilot, lambda: bool(rows.shelf.surface))
        await pilot.press("escape", "r")
        await shows(pilot, "this bundle is reviewed and not accepted", pane="Toast")

        await pilot.press("l", "slash")
        await types(pilot, "seen", "enter")
        await until(pilot, lambda: len(app.query_one(TimelineRows).steps.rows) < len(app.incident.lines))
        await pilot.press("G", "enter")
        await shows(pilot, "nine jobs wait", pane="#log-view")
