"""`record.html`: the record as one page that needs nothing else, runs nothing and fetches nothing.

The policy in its head allows its own style sheet (by hash) and nothing more; all text from outside is escaped.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import fields
from html import escape

from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, EvidenceFailed
from incident_console.record.incident import Incident
from incident_console.record.markdown import ReadBlob
from incident_console.record.note import note_fields, warning
from incident_console.record.seen import Item
from incident_console.record.text import clock_time, exit_said, visible
from incident_console.record.text import size as in_units
from incident_console.record.timeline import LEGEND, source, timeline

SHOWN_OF_A_BLOB = 64 << 10
SHOWN_IN_ALL = 8 << 20
_STYLE = """
:root { color-scheme: light dark; --edge: #8886; --quiet: #767676; }
@media (prefers-color-scheme: dark) { :root { --quiet: #a0a0a0; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; border-bottom: 1px solid var(--edge); margin-top: 2rem; }
h3 { font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { color: var(--quiet); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .25rem .5rem;
  border-bottom: 1px solid var(--edge); } th { color: var(--quiet); font-weight: normal; }
pre { overflow-x: auto; border: 1px solid var(--edge); padding: .5rem; font-size: .85rem; white-space: pre-wrap; }
code { font-size: .9em; } summary { cursor: pointer; padding: .25rem 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } .wide { overflow-x: auto; } }
@media print { details > pre { white-space: pre-wrap; } body { max-width: none; } }
"""


def record_html(incident: Incident, read_blob: ReadBlob) -> str:
    """The page; `read_blob` gives a blob by its sha256, or None. Of long evidence the first 64 KiB are shown."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = _text(incident.title or incident.id or UNKNOWN)
    body = "\n".join([*_header(incident), *_note(incident), *_rungs(incident), *_evidence(incident, read_blob)])
    rest = "\n".join([*_timeline(incident), *_gaps(incident)])
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" '
        f'content="no-referrer">\n<title>Incident record: {title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n'
        f"{body}\n{rest}\n</main>\n<footer><p>Chain head after {len(incident.lines)} events: "
        f"<code>{_text(incident.head)}</code></p></footer>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(visible(text), quote=True)


def _pairs(pairs: list[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in pairs) + "</dl>"


def _header(incident: Incident) -> Iterator[str]:
    book = incident.runbook
    yield f"<header><h1>Incident record: {_text(incident.title or UNKNOWN)}</h1>"
    yield _pairs(
        [
            ("Incident", f"{incident.id or UNKNOWN}, {incident.state}"),
            ("Workflow", incident.workdir or UNKNOWN),
            ("Opened", f"{clock_time(incident.opened_at)} by {incident.opened_by}"),
            ("Written by", ", ".join(incident.operators) or UNKNOWN),
            ("Severity", incident.severity),
            ("Impact", incident.impact),
            ("Deadline", incident.deadline),
            ("Runbook", f"{book.id} {book.version}, {book.trusted}, sha256 {book.sha256}" if book else UNKNOWN),
            *(("Run", f"{run.event.log}, {run.event.status}") for run in incident.runs.values()),
        ]
    )
    if incident.fault:
        yield f"<p><strong>{_text(warning(incident))}</strong></p>"
    yield f"<p>Times are UTC. {_text(LEGEND)}</p></header><main>"


def _note(incident: Incident) -> Iterator[str]:
    note = note_fields(incident)
    yield '<section aria-labelledby="note"><h2 id="note">Incident note</h2>'
    yield _pairs([(each.name.replace("_", " ").capitalize(), getattr(note, each.name)) for each in fields(note)])
    yield "</section>"


def _rungs(incident: Incident) -> Iterator[str]:
    yield '<section aria-labelledby="ladder"><h2 id="ladder">The ladder</h2>'
    for state in incident.rungs.values():
        standing = "waived" if state.waived is not None else "completed" if state.completed_at else "not completed"
        yield f"<h3>{_text(state.title)}: {standing}</h3>"
        if state.waived is not None:
            yield f"<p>Reason: {_text(state.waived)}</p>"
        prompts = state.outline.prompts if state.outline else {}
        if state.answers:
            yield _pairs([(prompts.get(name, name), answer.text) for name, answer in state.answers.items()])
    yield "</section>"


def _evidence(incident: Incident, read_blob: ReadBlob) -> Iterator[str]:
    yield '<section aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>'
    room = SHOWN_IN_ALL
    for item in incident.evidence:
        yield f"<details><summary>{_text(item.name)} ({_text(item.surface)}, event {item.seq})</summary>"
        yield _pairs(_facts(incident, item))
        for label, sha256 in _blobs(item):
            data = read_blob(sha256) if room > 0 else None
            shown = (data or b"")[: min(room, SHOWN_OF_A_BLOB)]
            room -= len(shown)
            if shown and data:
                left = f", the first {in_units(len(shown))} of {in_units(len(data))}" if len(shown) < len(data) else ""
                yield f"<p>{label}{left}: <code>data/evidence/{_text(sha256)}</code></p>"
                yield f"<pre>{_text(shown.decode('utf-8', 'backslashreplace'))}</pre>"
            else:
                state = "is empty" if data == b"" else "is not shown here"
                yield f"<p>{label} {state}: <code>data/evidence/{_text(sha256)}</code></p>"
        yield "</details>"
    if not incident.evidence:
        yield "<p>None was kept.</p>"
    yield "</section>"


def _blobs(item: Item) -> Iterator[tuple[str, str]]:
    event = item.event
    if event.sha256:
        yield "Content", event.sha256
    if isinstance(event, EvidenceCaptured | EvidenceFailed) and event.stderr_sha256:
        yield "Standard error", event.stderr_sha256
    if isinstance(event, AttemptKept) and event.block_sha256:
        yield "Run log", event.block_sha256


def _facts(incident: Incident, item: Item) -> list[tuple[str, str]]:
    facts = [("Question", item.question), ("Recorded", f"{clock_time(item.at)} by {item.by}")]
    match item.event:
        case EvidenceCaptured() as event:
            facts.append(("Command or path", source(event)))
            facts += [("Ended", exit_said(event.exit_code))] if event.exit_code is not None else []
            facts += [("Left out", f"{event.truncated} bytes")] if event.truncated else []
        case EvidenceFailed() as event:
            facts += [("Command or path", source(event)), ("Failed", event.reason)]
        case AttemptKept() as event:
            facts.append(("Kept", "whole" if event.complete else f"incomplete: {event.missing or UNKNOWN}"))
    facts.append(("Rung", item.rung or "inbox"))
    if item.run:
        earlier = incident.run is not None and item.run != incident.run.event.log
        facts.append(("Run", f"{'earlier run: ' if earlier else ''}{item.run}"))
    return facts


def _timeline(incident: Incident) -> Iterator[str]:
    yield '<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2><div class="wide"><table><thead><tr>'
    yield "".join(f'<th scope="col">{name}</th>' for name in ("event", "UTC", "since opening", "F/I/D", "what", "by"))
    yield "</tr></thead><tbody>"
    for each in timeline(incident):
        cells = (str(each.seq), clock_time(each.at), each.elapsed, each.letter, each.text, each.by)
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table></div></section>"


def _gaps(incident: Incident) -> Iterator[str]:
    yield '<section aria-labelledby="gaps"><h2 id="gaps">What was not looked at</h2><ul>'
    yield from (f"<li>{_text(gap)}</li>" for gap in incident.not_looked_at() or ("none",))
    yield "</ul></section>"
