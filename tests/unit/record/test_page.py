"""`record.html` without a browser: what it holds, what it never holds, and how large it may grow."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from incident_console import events
from incident_console.record.incident import Incident, fold
from incident_console.record.page import evidence, record_html, story
from incident_console.record.page.charts import duration
from incident_console.record.page.doings import diff
from incident_console.record.weighed import BARS, Bar, Lane, Weighed, to_json

HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\x1b[31m \u202etxt </pre></details></main>\" ' ="
SHA = "0" * 64


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def of(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def of(*facts: events.Event) -> Incident:
    lines = [
        events.Recorded(n, "2026-11-22T13:45:08.123456Z", 1.0, "s", "ana@node", fact.kind, fact, SHA, SHA)
        for n, fact in enumerate(facts, 1)
    ]
    return fold(lines, "INC-1")


def attempt(**more) -> events.AttemptKept:
    return events.AttemptKept(**({"rule": "align", "attempt": 1, "complete": True, "sha256": SHA, "size": 9} | more))


def lane(**more) -> Lane:
    facts = {"rule": "align", "planned": 3, "finished": 2, "failed": 1, "retried": 1, "wall_s": 2.0}
    return Lane(**(facts | more))


def in_turn(count: int) -> tuple[Bar, ...]:
    return tuple(Bar(job=f"s{n}", attempt=1, start_s=n, end_s=n + 1, outcome="succeeded") for n in range(count))


def charts(weighed: Weighed | bytes) -> str:
    blob = weighed if isinstance(weighed, bytes) else to_json(weighed)
    incident = of(
        events.RunSeen(log="one.log", status="failed"),
        events.RunWeighed(run="one.log", status="failed", sha256=SHA, size=len(blob)),
    )
    return record_html(incident, lambda _: blob)


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else(make_record) -> None:
    record = make_record(said=HOSTILE)
    page = record_html(record.incident(), record.blobs.peek)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert policy.endswith("base-uri 'none'; form-action 'none'")


def test_the_page_fetches_nothing_and_text_never_becomes_an_attribute_or_an_element(make_record) -> None:
    record = make_record(said=HOSTILE)
    page = Elements(record_html(record.incident(), record.blobs.peek))
    assert not page.of("img", "link", "iframe", "object", "embed", "base") and len(page.of("script", "style")) == 2
    names = {name for _, attributes in page.found for name in attributes}
    assert not names & {"src", "srcset", "action", "style", "xlink:href"} and not [
        n for n in names if n.startswith("on")
    ]


def test_every_link_leads_to_something_on_the_page(make_record) -> None:
    record = make_record()
    page = Elements(record_html(record.incident(), record.blobs.peek))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for attributes in page.of("a")}
    assert len(links) > 20 and links <= {f"#{id}" for id in ids}


def test_headings_go_down_one_step_at_a_time(make_record) -> None:
    record = make_record()
    page = Elements(record_html(record.incident(), record.blobs.peek))
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_head_says_what_waits_and_what_is_unknown() -> None:
    page = record_html(
        of(
            events.IncidentOpened(title="late", workdir="/srv/wf"),
            events.EscalationRaised(to="profile review", trigger="one context only"),
            events.EscalationRaised(to="storage team"),
            events.EscalationAnswered(of=3, text="ours"),
            events.EditObserved(path="Snakefile", gate_open=False),
            events.HandoffOffered(to="bo", missing=("told",), head=SHA),
        ),
        lambda _: None,
    )
    asked = page[page.index('id="asked"') : page.index('id="note"')]
    for part in (
        "Escalation to profile review",
        "Edit not explained",
        "Hand-off to bo",
        "impact, severity, deadline, told",
    ):
        assert part in asked, part
    assert "storage team" not in asked


# Evidence


def test_a_long_text_is_cut_in_its_middle_and_says_where_the_rest_is() -> None:
    data = b"the beginning\n" + b"x" * (1 << 20) + b"\nthe end\n"
    page = record_html(of(attempt(size=len(data))), lambda _: data)
    assert "the beginning" in page and "the end\n</pre>" in page
    assert f"{len(data) - evidence.HEAD - evidence.TAIL:,} bytes more in" in page and f"evidence/{SHA}" in page


def test_a_text_that_fits_is_whole() -> None:
    data = "".join(f"line {n}\n" for n in range(7000)).encode()
    assert evidence.HEAD < len(data) < evidence.HEAD + evidence.TAIL + 20_000
    data = data[: evidence.HEAD + evidence.TAIL]
    assert data.decode() in record_html(of(attempt()), lambda _: data)


@pytest.mark.parametrize(("data", "said"), [(None, "is not here"), (b"", "empty")])
def test_what_is_not_there_is_said(data, said) -> None:
    assert f"Text: {said}; <code>evidence/{SHA}</code>" in record_html(of(attempt()), lambda _: data)


def test_the_page_stays_small_whatever_was_kept_and_names_the_rest() -> None:
    worst = b'<\x00\xff&"' * 20_000
    page = record_html(of(*(attempt(attempt=n) for n in range(1, 300))), lambda _: worst)
    assert len(page.encode()) < 20 << 20
    assert "not shown, to keep this page small" in page and page.count('class="item"') == 299


def test_facts_of_a_capture_are_told() -> None:
    captured = events.EvidenceCaptured(
        item="dry-run",
        surface="dry-run",
        question="What is planned?",
        argv=("snakemake", "-n", "a b"),
        started_at="2026-11-22T13:45:08Z",
        ended_at="2026-11-22T13:45:10Z",
        duration_s=2.0,
        exit_code=3,
        sha256=SHA,
        size=10,
        truncated=12345,
        redactions={"token": 2},
        scene=events.Scene(changed=("out/a",), attributed=False),
        run="one.log",
    )
    page = record_html(of(captured, events.RunSeen(log="two.log", status="running")), lambda _: b"0123456789")
    for part in (
        "snakemake -n &#x27;a b&#x27;",
        "3: it failed, 2.0 s",
        "12,345 bytes over the cap",
        "2 token",
        "1 file changed meanwhile, by whom is not known",
        ">earlier run<",
        ">truncated<",
        ">redacted<",
        ">inbox<",
    ):
        assert part in page, part


def test_a_diff_keeps_its_signs_and_its_headers_are_no_changes() -> None:
    assert diff("--- a\n+++ b\n@@ -1 +1 @@\n-<old>\n+new\n same") == (
        "--- a\n+++ b\n@@ -1 +1 @@\n<del>-&lt;old&gt;</del>\n<ins>+new</ins>\n same"
    )


# Charts


def test_the_costs_are_drawn_and_told_in_figures() -> None:
    page = charts(Weighed(log="one.log", status="failed", elapsed_s=10, planning_s=1, tool_s=9, dominant="tool"))
    assert "planning 10 percent, scheduler 0 percent, storage 0 percent, tool 90 percent" in page
    assert "<td>9.0</td><td>90 %</td>" in page and "<strong>tool is dominant</strong>" in page
    assert [rect["width"] for rect in Elements(page).of("rect") if rect.get("class") == "slice"] == ["10.00%", "90.00%"]


def test_attempts_that_overlap_lie_above_each_other_and_failures_have_their_sign() -> None:
    tried = (
        Bar(job="A", attempt=1, start_s=0, end_s=4, outcome="failed"),
        Bar(job="B", attempt=1, start_s=1, end_s=9, outcome="succeeded"),
        Bar(job="A", attempt=2, start_s=4, end_s=10, outcome="succeeded"),
        Bar(job="C", attempt=1, start_s=5, end_s=5, outcome="running"),
    )
    page = charts(Weighed(log="one.log", status="failed", elapsed_s=10, lanes=(lane(bars=tried),)))
    tops = [(r["x"], r["y"]) for r in Elements(page).of("rect") if r.get("class", "").startswith("bar")]
    assert tops == [("0.00%", "2"), ("10.00%", "20"), ("40.00%", "2"), ("50.00%", "38")]
    for sign in ("bad in", "good in", "again in"):
        assert f"s-{sign}" in page, sign
    assert "A, attempt 1: failed, 0.0 to 4.0 s" in page


def test_what_is_not_drawn_is_counted() -> None:
    lanes = tuple(lane(bars=in_turn(BARS), rule=f"r{n}", more=1000 if n == 0 else 0) for n in range(30))
    page = charts(Weighed(log="one.log", status="failed", elapsed_s=200, lanes=lanes, more_lanes=5))
    assert "and 1,000 more</span>" in page
    assert "11 more rules" in page and page.count('class="lane"') == 24


def test_jobs_that_find_no_room_in_a_lane_are_counted() -> None:
    at_once = tuple(Bar(job=f"s{n}", attempt=1, start_s=0, end_s=9, outcome="succeeded") for n in range(10))
    page = charts(Weighed(log="l", status="failed", elapsed_s=9, lanes=(lane(bars=at_once),)))
    assert "and 4 more</span>" in page


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"no json",
        b"[]",
        b'{"log": 1}',
        json.dumps({"log": "l", "status": "s", "tool_s": -1}).encode(),
        b'{"log": "l", "status": "s", "tool_s": NaN}',
        b'{"log": "l", "status": "s", "tool_s": 1e300}',
        json.dumps({"log": "l", "status": "s", "lanes": [{}] * 1000}).encode(),
    ],
)
def test_a_picture_that_is_none_is_not_drawn(blob) -> None:
    assert "was not kept in this record" in charts(blob)


def test_a_run_without_any_time_is_told_of_without_a_chart() -> None:
    page = charts(Weighed(log="one.log", status="failed", lanes=(lane(),)))
    assert "No time can be told of" in page and "No times of jobs are known" in page


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (7.84, "7.8 s"), (725, "12 min 05 s"), (12000, "3 h 20 min")]
)
def test_durations_are_told_as_people_do(seconds, told) -> None:
    assert duration(seconds) == told


# The timeline


def test_every_kind_of_event_has_a_group() -> None:
    groups = {kind: story.group(kind) for kind in events.KINDS}
    assert set(groups.values()) == set(story.GROUPS)
    assert groups["log.pinned"] == groups["attempt.kept"] == groups["evidence.captured"] == "evidence"
    assert groups["rung.answered"] == "ladder" and groups["handoff.offered"] == "decisions"


def test_of_a_very_long_record_the_latest_events_are_listed(monkeypatch) -> None:
    monkeypatch.setattr(story, "SHOWN", 10)
    page = record_html(of(*(events.NoteAdded(text=f"note {n}") for n in range(25))), lambda _: None)
    assert "The 10 latest of 25 events" in page
    assert re.findall(r'<li id="e(\d+)"', page) == [str(n) for n in range(16, 26)]


def test_a_reader_of_an_empty_or_broken_record_is_told() -> None:
    broken = of(events.NoteAdded(text="x"))
    broken.fault = "line 2: the hash is not that of the line"
    assert "The journal is broken at line 2" in record_html(broken, lambda _: None)
    assert "Nothing waits for an answer." in record_html(Incident(), lambda _: None)
