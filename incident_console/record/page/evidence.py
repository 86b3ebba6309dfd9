"""What was kept, folded: each piece with where it came from, how whole it is, and its text.

Of long texts the beginning and the end are shown, and when the page would grow too large the rest is named by its hash.
"""

from collections.abc import Callable, Iterator

from incident_console.counting import counted
from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, EvidenceFailed, LogPinned
from incident_console.record.incident import Incident
from incident_console.record.page.html import code, event, pairs, pill, said, text, when
from incident_console.record.seen import Item
from incident_console.record.text import size, span
from incident_console.record.timeline import source

ReadBlob = Callable[[str], bytes | None]

HEAD = 48 << 10
TAIL = 16 << 10
"""Bytes of one text that are shown of its beginning and of its end."""
IN_ALL = 12 << 20
"""Bytes of all texts as they stand on the page."""
ITEMS = 2000
"""Pieces of evidence that are told one by one."""


def evidence(incident: Incident, read_blob: ReadBlob) -> Iterator[str]:
    if not incident.evidence:
        yield '<p class="quiet">None was kept.</p>'
        return
    shown = incident.evidence[-ITEMS:]
    texts = Texts(read_blob)
    yield (
        "<p>Whole texts lie beside this page, each under its SHA-256, in <code>evidence/</code>. "
        "Open a line to read it, and how many secrets were replaced in it before it was hashed.</p>"
    )
    if len(shown) < len(incident.evidence):
        yield f"<p><strong>The {ITEMS} latest of {len(incident.evidence):,} pieces.</strong></p>"
    seen = [item for item in shown if not isinstance(item.event, AttemptKept)]
    kept = [item for item in shown if isinstance(item.event, AttemptKept)]
    if seen:
        yield f"<h3>Captured and pinned ({len(seen)})</h3>"
        yield from (_item(incident, item, texts) for item in seen)
    if kept:
        yield f"<h3>Kept attempts ({len(kept)})</h3>"
        yield "<p>The logs of failed attempts, saved before a retry could delete them.</p>"
        yield from (_item(incident, item, texts) for item in kept)


class Texts:
    """The blobs as they stand on the page, while there is room for them."""

    def __init__(self, read_blob: ReadBlob) -> None:
        self._read = read_blob
        self._room = IN_ALL

    def shown(self, label: str, sha256: str, tone: str = "") -> str:
        """The text under its label, or why it is not here. HTML."""
        name = f"<code>evidence/{text(sha256)}</code>"
        if self._room <= 0:
            return f"<p>{label}: not shown, to keep this page small; read {name}</p>"
        data = self._read(sha256)
        if not data:
            return f"<p>{label}: {'is not here' if data is None else 'empty'}; {name}</p>"
        html = text(_decoded(data[:HEAD]), HEAD * 4)
        if len(data) > HEAD + TAIL:
            left = len(data) - HEAD - TAIL
            html += f"</pre><p><strong>{left:,} bytes more in</strong> {name}; the end:</p>{_pre(label, tone)}"
            html += text(_decoded(data[-TAIL:]), TAIL * 4)
        elif len(data) > HEAD:
            html = text(_decoded(data), (HEAD + TAIL) * 4)
        self._room -= len(html.encode())
        return f"<p>{label}, {size(len(data))}: {name}</p>{_pre(label, tone)}{html}</pre>"


def _pre(label: str, tone: str) -> str:
    # A line's feed directly after the tag is not part of the text: the text may begin with one of its own.
    return f'<pre class="{tone}" tabindex="0" role="region" aria-label="{label}">\n'


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _item(incident: Incident, item: Item, texts: Texts) -> str:
    signs = "".join(f" {pill(*sign)}" for sign in _signs(incident, item))
    body = [pairs(_facts(incident, item)), *(texts.shown(label, sha256) for label, sha256 in _blobs(item))]
    return (
        f'<details class="item"><summary><span class="name">{text(item.name, 300)}</span> '
        f'<span class="quiet">#{item.seq} {text(item.surface)}, {text(_size(item))}</span>{signs}</summary>'
        f'<div class="inside" id="i{item.seq}">{"".join(body)}</div></details>'
    )


def _size(item: Item) -> str:
    return size(item.event.size) if item.kept else "nothing kept"


def _signs(incident: Incident, item: Item) -> Iterator[tuple[str, str]]:
    match item.event:
        case EvidenceFailed():
            yield "failed", "bad"
        case EvidenceCaptured(exit_code=int(code)) | AttemptKept(exit_code=int(code)):
            yield f"exit {code}", "bad" if code else "good"
    if isinstance(item.event, AttemptKept) and not item.event.complete:
        yield "incomplete", "warn"
    if isinstance(item.event, EvidenceCaptured | EvidenceFailed) and item.event.truncated:
        yield "truncated", "warn"
    if item.event.redactions:
        yield "redacted", "warn"
    if item.run and incident.run is not None and item.run != incident.run.event.log:
        yield "earlier run", "warn"
    if item.rung is None and not isinstance(item.event, AttemptKept):
        yield "inbox", ""


def _facts(incident: Incident, item: Item) -> Iterator[tuple[str, str]]:
    yield "Question", text(item.question)
    match item.event:
        case EvidenceCaptured() | EvidenceFailed() as said_of:
            yield "Command" if said_of.argv else "Source", code(source(said_of))
            if said_of.cwd:
                yield "In", code(said_of.cwd)
            yield "When", f"{when(said_of.started_at)} to {when(said_of.ended_at)}"
            yield from _ended(said_of)
            if scene := said_of.scene:
                yield "Scene", _scene(scene.changed, attributed=scene.attributed)
        case LogPinned() as pinned:
            lines = span(pinned.lines) if pinned.lines else "line numbers not known"
            yield "File", f"{code(pinned.path)}, {lines}, bytes {pinned.bytes[0]:,} to {pinned.bytes[1]:,}"
        case AttemptKept() as attempt:
            yield "Log", code(attempt.log or attempt.run_log or UNKNOWN)
            if attempt.message:
                yield "The engine said", said(attempt.message)
            yield "Kept", "whole" if attempt.complete else f"incomplete: {said(attempt.missing or UNKNOWN)}"
            for name, free in (("Disk free", attempt.disk_free), ("Memory free", attempt.memory_available)):
                if free is not None:
                    yield name, size(free)
    if item.event.redactions:
        told = ", ".join(f"{count} {kind}" for kind, count in item.event.redactions.items())
        yield "Redacted", text(told)
    rung = incident.rungs.get(item.rung or "")
    yield "Rung", text(rung.title if rung is not None else item.rung or "inbox")
    if item.run:
        yield "Run", code(item.run)
    yield "Recorded", f"{when(item.at)} by {text(item.by)}, {event(item.seq)}"


def _ended(said_of: EvidenceCaptured | EvidenceFailed) -> Iterator[tuple[str, str]]:
    if isinstance(said_of, EvidenceFailed):
        yield "Failed", said(said_of.reason)
    elif said_of.exit_code is not None:
        yield (
            "Exit code",
            f"{said_of.exit_code}{': it failed' if said_of.exit_code else ''}, {said_of.duration_s:.1f} s",
        )
    if said_of.truncated:
        yield "Left out", f"{said_of.truncated:,} bytes over the cap"


def _scene(changed: tuple[str, ...], *, attributed: bool) -> str:
    if not changed:
        return "no file changed meanwhile"
    whose = "by this command" if attributed else "by whom is not known, a run was live"
    more = f" and {len(changed) - 20} more" if len(changed) > 20 else ""
    return f"{counted(len(changed), 'file')} changed meanwhile, {whose}: {text(', '.join(changed[:20]))}{more}"


def _blobs(item: Item) -> Iterator[tuple[str, str]]:
    held = item.event
    if held.sha256:
        yield "Text", held.sha256
    if isinstance(held, EvidenceCaptured | EvidenceFailed) and held.stderr_sha256:
        yield "Standard error", held.stderr_sha256
    if isinstance(held, AttemptKept) and held.block_sha256:
        yield "In the run log", held.block_sha256
