"""What happened, event by event, and who said so? Filtered by the page's script where there is one; whole without."""

from collections import Counter
from collections.abc import Iterator

from incident_console import events
from incident_console.events import Event
from incident_console.record.incident import Incident
from incident_console.record.page.html import NATURES, nature, text, when
from incident_console.record.timeline import timeline

SHOWN = 10_000
"""Events that are listed, the latest; the others stand in the journal."""
_LONGEST = 1500
GROUPS = {
    "evidence": ("Evidence", "◆"),
    "notes": ("Notes", "✎"),
    "edits": ("Edits", "±"),
    "runs": ("Runs", "▶"),
    "decisions": ("Decisions", "◇"),
    "ladder": ("Ladder and record", "·"),
}
_OF = {
    "evidence": "evidence",
    "attempt": "evidence",
    "log": "evidence",
    "note": "notes",
    "edit": "edits",
    "run": "runs",
}
_DECIDED = {"class", "decision", "action", "escalation", "handoff", "incident"}


def group(kind: str) -> str:
    """Which of GROUPS an event's kind belongs to."""
    first = kind.split(".")[0]
    return _OF.get(first) or ("decisions" if first in _DECIDED else "ladder")


def story(incident: Incident) -> Iterator[str]:
    told = list(timeline(incident))[-SHOWN:]
    lines = incident.lines[-SHOWN:]
    rungs = {id: place for place, id in enumerate(incident.rungs)}
    yield from _filters(incident, Counter(group(each.kind) for each in told), len(told))
    if len(told) < len(incident.lines):
        more = f"The {SHOWN:,} latest of {len(incident.lines):,} events; all stand in journal.jsonl."
        yield f"<p><strong>{more}</strong></p>"
    yield '<ol class="story" id="story">'
    for each, line in zip(told, lines, strict=True):
        kind = group(each.kind)
        rung = rungs.get(_rung(line.event) or "", "")
        word, sign = GROUPS[kind]
        target = _target(incident, line.event, each.seq)
        link = f' <a href="#{target[0]}">{target[1]}</a>' if target else ""
        yield (
            f'<li id="e{each.seq}" data-g="{kind}" data-r="{rung}" data-n="{each.letter}">'
            f'<span class="seq">{each.seq}</span>'
            f'<span class="at">{when(each.at)} <span class="since">{text(each.elapsed)}</span></span>'
            f'<span class="sign g-{kind}" title="{word}">{sign}</span>'
            f'<span class="what">{nature(each.letter)} {text(each.text, _LONGEST)}{link}</span>'
            f'<span class="by">{text(each.by)}</span></li>'
        )
    yield "</ol>"


def _filters(incident: Incident, counts: Counter[str], total: int) -> Iterator[str]:
    yield '<form class="filters" id="filters" role="search" aria-label="Filter the timeline" hidden>'
    yield "<fieldset><legend>Show</legend>"
    for name, (label, sign) in GROUPS.items():
        yield (
            f'<label class="tick"><input type="checkbox" name="g" value="{name}" checked> '
            f'<span class="g-{name}" aria-hidden="true">{sign}</span> {label} '
            f'<span class="quiet">{counts[name]:,}</span></label>'
        )
    yield "</fieldset>"
    yield '<p class="row"><label>Rung <select name="r"><option value="">all</option>'
    for place, state in enumerate(incident.rungs.values()):
        yield f'<option value="{place}">{text(state.title, 100)}</option>'
    yield '</select></label> <label>Nature <select name="n"><option value="">all</option>'
    yield from (f'<option value="{letter}">{name}</option>' for letter, name in NATURES.items())
    yield "</select></label> "
    yield '<label>Text <input type="search" name="t" autocomplete="off" spellcheck="false"></label> '
    yield f'<output id="shown">{total:,} of {total:,} events</output></p></form>'


def _rung(event: Event) -> str | None:
    rung = getattr(event, "rung", None)
    return rung if isinstance(rung, str) else None


def _target(incident: Incident, event: Event, seq: int) -> tuple[str, str] | None:
    """Where on the page the thing itself is, and what to call it."""
    match event:
        case events.EvidenceCaptured() | events.EvidenceFailed() | events.LogPinned() | events.AttemptKept():
            return f"i{seq}", "read it"
        case events.EvidenceFiled():
            return (f"i{event.of}", "read it") if incident.item(event.of) else None
        case events.EditObserved():
            return f"d{seq}", "its diff"
        case events.RunWeighed():
            return "runs", "the charts"
        case events.HandoffOffered() | events.HandoffAccepted() | events.EscalationRaised():
            return "handing", "in full"
    return None
