"""Is `record.html` whole, quiet, safe and readable in a real browser? Chromium, without a window, on `file:` alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e import pagerecords
from tests.needs import BROWSERS, needs, program

pytestmark = needs(next(filter(program, BROWSERS), BROWSERS[0]))

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--no-first-run", "--disable-sync"),
)
WIDTHS = {"desktop": 1280, "phone": 360}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = next(filter(None, map(program, BROWSERS)), None)
        opened = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pagerecords.real(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pagerecords.hostile(tmp_path_factory.mktemp("hostile"))


@dataclass
class Window:
    """Opens pages, and keeps what they did."""

    context: BrowserContext
    requests: list[str]
    complaints: list[str]

    def open(self, path: Path, fragment: str = "") -> Page:
        page = self.context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.goto(path.as_uri() + fragment)
        return page


@pytest.fixture
def window(browser: Browser) -> Iterator[Any]:
    opened: list[Window] = []

    def new(width: str = "desktop", **options: Any) -> Window:
        context = browser.new_context(viewport={"width": WIDTHS[width], "height": 800}, **options)
        opened.append(Window(context, [], []))
        return opened[-1]

    yield new
    for each in opened:
        each.context.close()


def shown(page: Page) -> list[str]:
    """The kinds of the events in the timeline that can be seen."""
    return page.eval_on_selector_all(
        "#story > li", "rows => rows.filter(r => r.checkVisibility()).map(r => r.dataset.g)"
    )


@pytest.mark.parametrize("which", ["real", "hostile"])
def test_the_page_asks_for_nothing_but_itself_and_has_nothing_to_complain_of(
    window: Any, which: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(which)
    browsing = window()
    page = browsing.open(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.wait_for_load_state("networkidle")
    assert browsing.requests == [path.as_uri()]
    assert browsing.complaints == []


def test_a_receiver_finds_what_they_look_for(window: Any, real: Path) -> None:
    page = window().open(real)
    main = page.inner_text("body")
    for part in (
        "handed off to Rosa, storage team",
        "parse fails on sample B at every attempt",
        "the morning report is late",
        "Escalation to profile review is not answered",
        "Edit not explained: Snakefile",
        "Result unknown: held the nightly run",
        "Nobody said: severity, deadline",
        "First confirming command",
        "parse",
        "⊘ waived",
        "the logs show one rule only",
        "sha256sum -c manifest-sha256.txt",
    ):
        assert part in main, part
    assert page.locator("svg.cost rect").count() >= 2
    assert page.locator(".lane text.s-bad").count() >= 1, "a failed attempt has its sign"
    added, removed = page.locator(".diff ins"), page.locator(".diff del")
    assert added.inner_text() == "+    retries: 3" and removed.inner_text() == "-    retries: 0"


def test_evidence_is_folded_and_a_link_to_it_opens_it(window: Any, real: Path) -> None:
    page = window().open(real)
    assert page.locator("details[open]").count() == 0
    link = page.locator("#story a[href^='#i']").first
    target = (link.get_attribute("href") or "")[1:]
    link.click()
    page.wait_for_function("id => document.getElementById(id).closest('details').open", arg=target)
    assert page.locator(f"#{target}").is_visible()


def test_filters_narrow_the_timeline_and_say_so(window: Any, real: Path) -> None:
    page = window().open(real)
    everything = shown(page)
    assert page.inner_text("#shown") == f"{len(everything)} of {len(everything)} events"
    for group in ("ladder", "decisions", "evidence", "edits"):
        page.uncheck(f"input[value={group}]")
    assert set(shown(page)) == {"notes", "runs"}
    assert page.inner_text("#shown") == f"{len(shown(page))} of {len(everything)} events"
    page.check("input[value=evidence]")
    page.select_option("select[name=r]", label="Narrowest evidence")
    found = shown(page)
    assert set(found) == {"evidence"} and len(found) < everything.count("evidence") + 1
    page.select_option("select[name=r]", "")
    page.select_option("select[name=n]", "F")
    assert page.eval_on_selector_all("#story > li:not([hidden]) .nature", "all => all.map(e => e.textContent)") == [
        "F"
    ] * len(shown(page))
    page.select_option("select[name=n]", "")
    page.fill("input[name=t]", "LINE WITHOUT a value")
    assert shown(page) == ["notes"]
    page.fill("input[name=t]", "nothing says this")
    assert shown(page) == [] and page.inner_text("#shown").startswith("0 of")


def test_a_link_to_a_filtered_event_shows_it_again(window: Any, real: Path) -> None:
    page = window().open(real)
    page.fill("input[name=t]", "nothing says this")
    page.evaluate("location.hash = '#e1'")
    page.wait_for_function("!document.getElementById('e1').hidden")


def test_everything_is_there_without_a_script(window: Any, real: Path) -> None:
    scripted = len(shown(window().open(real)))
    page = window(java_script_enabled=False).open(real)
    assert page.locator("#story > li").count() == scripted
    assert not page.locator("#filters").is_visible()
    item = page.locator("details.item").first
    item.locator("summary").click()
    assert item.locator(".inside").is_visible()


def test_text_of_a_log_stays_text(window: Any, hostile: Path) -> None:
    browsing = window()
    page = browsing.open(hostile)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("window.hit") is None
    assert page.locator("script").count() == 1 and page.locator("img, iframe, object, b, svg[onload]").count() == 0
    assert page.locator("main").count() == 1 and page.locator("main section").count() == 13
    seen = page.inner_text("body")
    for part in ("<script>window.hit = 1</script>", "</pre></details></main>", "]]>", "␛[31mred", "␀", "\\u202eevil"):
        assert part in seen, part
    raw = page.content()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", raw)
    assert re.search(r"[\d,]+ bytes more in evidence/[0-9a-f]{64}", seen), "the line of 1 MB is cut, and says so"


def test_the_policy_stops_what_would_be_put_into_the_page(window: Any, hostile: Path, tmp_path: Path) -> None:
    altered = tmp_path / "altered.html"
    injected = "<script>window.hit = 9</script><img src='https://example.invalid/x.png' onerror='window.hit = 9'>"
    altered.write_text(hostile.read_text(encoding="utf-8").replace("<main", f"{injected}<main"), encoding="utf-8")
    browsing = window()
    page = browsing.open(altered)
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in said for said in browsing.complaints)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", ["real", "hostile"])
def test_anybody_can_read_it(window: Any, which: str, width: str, request: pytest.FixtureRequest) -> None:
    """No serious fault by axe-core, light and dark, with everything unfolded; nothing is wider than the screen."""
    # The policy keeps the checker out of the page as well, so its context does without.
    page = window(width, bypass_csp=True).open(request.getfixturevalue(which))
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    page.evaluate(AXE_SCRIPT)
    assert grave(page, "{}") == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    # Dark or light, only colours differ.
    assert grave(page, "{runOnly: ['color-contrast']}") == []


def grave(page: Page, options: str) -> list[tuple[str, str]]:
    """What axe-core finds that is serious or critical: the rule, and the first place."""
    found = page.evaluate(f"axe.run(document, Object.assign({{resultTypes: ['violations']}}, {options}))")
    return [
        (each["id"], each["nodes"][0]["html"][:300] + each["nodes"][0]["failureSummary"][:300])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_it_prints_whole_and_on_white(window: Any, real: Path) -> None:
    page = window(color_scheme="dark").open(real)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()") == "#1d2126"
    assert not page.locator("nav").is_visible() and not page.locator("#filters").is_visible()
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF") and 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 40
