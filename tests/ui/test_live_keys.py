"""A text that names a key names the one that works: those that the settings moved are told as they are now."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

import incident_console.tui as tui
from incident_console.tui import firstrun, keymap, livekeys
from incident_console.tui.app import Console
from incident_console.tui.firstrun import FirstRun
from incident_console.tui.look import Look
from tests.ui.scene import Place, opened, place, screen, types, until

SOURCES = sorted(Path(tui.__path__[0]).rglob("*.py"))
NAMED = re.compile(r'\bkeys?\((?:[^()"]*, )?"([a-z-]+\.[a-z0-9-]+)"')
LONE = re.compile(r"(?<![\w+'’./:=-])([b-zCEGPRST])(?= [a-z]{2})")
"""A letter that stands alone before a word, as a key does before what it does; `a` and `A` are articles."""


def bound() -> Iterator[tuple[str, str]]:
    """Every id, with its keys."""
    for where in keymap.places(Console.SCREENS_APART):
        for binding in where.bindings:
            if binding.id:
                yield binding.id, binding.key


def moved() -> dict[str, str]:
    """Every key that is one letter, with alt held; all others where they are."""
    keys: dict[str, list[str]] = {}
    letters: set[str] = set()
    for id, key in bound():
        if len(key) == 1 and key.isalpha():
            letters.add(id)
            key = f"alt+{key}"
        # The log part alone leaves by ctrl+q, too, by the id that is the console's `q`.
        if key not in keys.setdefault(id, []) and key != "ctrl+q":
            keys[id].append(key)
    return {id: ",".join(each) for id, each in keys.items() if id in letters}


def test_every_id_that_a_text_asks_for_is_bound() -> None:
    known = {id for id, _ in bound()}
    asked = {id for path in SOURCES for id in NAMED.findall(path.read_text("utf-8"))}
    assert len(asked) > 20 and asked <= known


def test_a_moved_key_is_told_and_an_unknown_id_is_a_fault(tmp_path: Path) -> None:
    app = Console(place(tmp_path).plan(), Look(keys={"app.note": "f6", "app.help": "f1,H"}))
    assert (livekeys.key(app, "app.note"), livekeys.key(app, "app.help")) == ("n", "?")
    app.take_keys(app.SCREENS_APART)
    assert (livekeys.key(app, "app.note"), livekeys.key(app, "app.help")) == ("F6", "F1")
    assert livekeys.key(app, "app.pin") == "p"
    with pytest.raises(KeyError):
        livekeys.key(app, "app.none")


@pytest.fixture
def new(tmp_path: Path) -> Place:
    made = place(tmp_path)
    (tmp_path / firstrun.NAME).unlink()
    logs = made.workdir / "logs"
    logs.mkdir()
    (logs / "night.log").write_text("started\nERROR no space left\n")
    return made


async def test_with_all_letters_moved_no_screen_names_one(new: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    dressed = Look(keys=moved())
    monkeypatch.setattr("incident_console.tui.app.Look", lambda: dressed)
    seen: dict[str, str] = {}
    async with opened(new.tiny(trusted=False), (150, 45)) as (app, pilot):
        assert app.keys_taken == dressed.keys
        seen["first run"] = await _card(app, pilot)
        for action in ("rung(1)", "rung(2)", "rung(3)", "inbox", "evidence", "timeline", "run", "rung(0)"):
            await app.run_action(action)
            await pilot.pause()
            seen[action] = screen(app)
        for action in ("help", "brief", "record", "handoff"):
            await app.run_action(action)
            await until(pilot, lambda: len(app.screen_stack) > 1)
            await pilot.pause()
            seen[action] = screen(app)
            await app.pop_screen()
        for action in ("note", "act", "describe", "escalate"):
            await app.run_action(action)
            await types(pilot, "")
            seen[action] = screen(app)
            await pilot.press("escape")
        await app.run_action("help_quit")
        app.desk.start(app.desk.climb.trust())
        await until(pilot, lambda: len(app.screen_stack) > 1)
        seen["trust"] = screen(app)
        seen["told"] = app.notices.told
    named = {
        (where, found[0], line.strip())
        for where, text in seen.items()
        for line in text.splitlines()
        for found in LONE.findall(line)
    }
    assert not named
    assert "alt+n" in seen["first run"] and "alt+q leaves" in seen["told"]


async def _card(app: Console, pilot: Pilot[int]) -> str:
    await until(pilot, lambda: app.query_one(FirstRun).is_shown)
    await pilot.pause()
    return screen(app)
