"""Which rungs were climbed, with which answers, and which were left out?"""

from collections.abc import Iterator

from incident_console.record.incident import Incident
from incident_console.record.page.html import event, nature, said, text, when
from incident_console.record.seen import RungState
from incident_console.record.timeline import LETTERS

_HISTORY = 8


def ladder(incident: Incident) -> Iterator[str]:
    yield '<ol class="rungs">'
    for state in incident.rungs.values():
        yield f'<li class="rung">{"".join(_rung(incident, state))}</li>'
    yield "</ol>"


def _rung(incident: Incident, state: RungState) -> Iterator[str]:
    sign, word, tone = _standing(incident, state)
    yield f'<h3>{text(state.title)} <span class="pill {tone}">{sign} {word}</span></h3>'
    if state.outline:
        yield f'<p class="quiet">{text(state.outline.question)}</p>'
    if state.waived is not None:
        yield f"<p>{nature('D')} Left out, because: {said(state.waived)}</p>"
    prompts = state.outline.prompts if state.outline else {}
    if state.answers:
        yield "<dl>"
        for name, answer in state.answers.items():
            earlier = "".join(
                f'<span class="before">before, {event(old.seq)}: {said(old.text)}</span>'
                for old in answer.superseded[-_HISTORY:]
            )
            yield (
                f"<div><dt>{text(prompts.get(name, name))}</dt><dd>{nature(LETTERS.get(answer.nature, ''))} "
                f'{said(answer.text or "unknown")} <span class="quiet">{event(answer.seq)}, {text(answer.by)}</span>'
                f"{earlier}</dd></div>"
            )
        yield "</dl>"
    mine = [item for item in incident.evidence if item.rung == state.id]
    if mine:
        links = ", ".join(f'<a href="#i{item.seq}">{text(item.name, 200)}</a>' for item in mine[:20])
        yield f"<p>Evidence: {links}{f' and {len(mine) - 20} more' if len(mine) > 20 else ''}.</p>"
    if state.completed_at:
        yield f'<p class="quiet">Completed {when(state.completed_at)}.</p>'


def _standing(incident: Incident, state: RungState) -> tuple[str, str, str]:
    if state.waived is not None:
        return "⊘", "waived", "warn"
    if state.completed_at:
        return "✓", "completed", "good"
    if incident.open_rung == state.id:
        return "▸", "open", "warn"
    return ("◌", "entered, not completed", "warn") if state.entered_at else ("○", "never entered", "")
