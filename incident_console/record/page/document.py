"""The page as a whole: its policy, its order, and the two files that it carries in itself."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from incident_console.events import UNKNOWN
from incident_console.record.incident import Incident
from incident_console.record.page import doings, evidence, head, ladder, runs, story
from incident_console.record.page.html import section, text

ReadBlob = Callable[[str], bytes | None]

_STYLE, _SCRIPT = (
    Path(__file__).with_name(name).read_text(encoding="utf-8").strip() for name in ("page.css", "page.js")
)


def record_html(incident: Incident, read_blob: ReadBlob) -> str:
    """The page; `read_blob` gives a blob by its sha256, or None. Bounded, however much the record holds."""
    parts: list[tuple[str, str, Iterable[str]]] = [
        ("asked", "What is asked of you", head.asked(incident)),
        ("note", "Incident note", head.note(incident)),
        ("failures", "Failures by cause", runs.failing(incident, read_blob)),
        ("runs", "Runs, cost and jobs", runs.runs(incident, read_blob)),
        ("class", "Class and decision", doings.judged(incident)),
        ("ladder", "The ladder", ladder.ladder(incident)),
        ("evidence", "Evidence", evidence.evidence(incident, read_blob)),
        ("edits", "Edits of the workflow", doings.edits(incident, read_blob)),
        ("actions", "Actions and notes", doings.acted(incident)),
        ("handing", "Escalation and hand-off", doings.handed(incident)),
        ("gaps", "What was not looked at", head.gaps(incident)),
        ("timeline", "Timeline", story.story(incident)),
        ("integrity", "Integrity", doings.integrity(incident)),
    ]
    title = text(incident.title or incident.id or UNKNOWN, 200)
    links = "".join(f'<li><a href="#{id}">{name}</a></li>' for id, name, _ in parts)
    body = "\n".join(section(*part) for part in parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Incident record: {title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">To the record</a>\n'
        f"{''.join(head.header(incident))}\n"
        f'<div class="page">\n<nav aria-label="Contents"><ul>{links}</ul></nav>\n'
        f'<main id="main" tabindex="-1">\n{body}\n</main>\n</div>\n'
        f"<footer><p>Written from {len(incident.lines):,} events of the incident's journal. This page fetches nothing "
        f"and runs no command.</p></footer>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _policy() -> str:
    return (
        f"default-src 'none'; style-src '{_digest(_STYLE)}'; script-src '{_digest(_SCRIPT)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
