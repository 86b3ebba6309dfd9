"""What did the time go into, and which jobs ran when? Drawn as SVG, and told in figures beside it.

Widths are percentages of the drawing, so that bars stretch and texts do not; every colour has a pattern, a sign or a
label to go with it.
"""

from collections.abc import Iterator, Sequence

from incident_console.counting import counted
from incident_console.record.page.html import bullets, code, table, text
from incident_console.record.text import clock_time
from incident_console.record.weighed import Bar, Lane, Weighed

CLASSES = ("planning", "scheduler", "storage", "tool")
_LANES = 24
_ROWS = 6
"""Bars above each other in one lane; jobs beyond are counted."""
_HEIGHT = 18
_LABELLED = 30
"""Percent: a narrower part of the costs has no room for its name, not even on a phone."""
_THIN = 0.6
"""Percent: no bar is narrower, or nobody would see it."""
_SIGNED = 2.5
"""Percent: a bar that is narrower has no room for its sign, unless it failed or was tried again."""
_SIGNS = {"good": "✓", "bad": "✗", "again": "↻", "going": "…"}


def patterns() -> str:
    """The fillings that the drawings use, once for the page."""
    lines = {
        "planning": '<path d="M0 4h8" class="line"/>',
        "scheduler": '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" class="line"/>',
        "storage": '<circle cx="4" cy="4" r="1.4" class="dot"/>',
        "tool": "",
        "good": "",
        "going": "",
        "bad": '<path d="M0 0L8 8M-2 6L2 10M6 -2L10 2" class="line"/>',
        "again": '<path d="M4 0v8" class="line"/>',
    }
    made = "".join(
        f'<pattern id="p-{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" class="c-{name}"/>{marks}</pattern>'
        for name, marks in lines.items()
    )
    return f'<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>{made}</defs></svg>'


def cost_chart(weighed: Weighed) -> Iterator[str]:
    spent = {name: float(getattr(weighed, f"{name}_s")) for name in CLASSES}
    total = sum(spent.values())
    yield "<h3>What the time went into</h3>"
    if total <= 0:
        yield f'<p class="quiet">No time can be told of {code(weighed.log)}.</p>'
        return
    share = {name: 100 * seconds / total for name, seconds in spent.items()}
    dominant = "no class is dominant" if weighed.dominant == "undetermined" else f"{weighed.dominant} is dominant"
    yield (
        f"<p>{duration(weighed.elapsed_s)} of {code(weighed.log)} ({text(weighed.status)}): "
        f"<strong>{dominant}</strong>, confidence {weighed.confidence}.</p>"
    )
    label = ", ".join(f"{name} {share[name]:.0f} percent" for name in CLASSES)
    yield f'<svg class="cost" role="img" aria-label="Share of the run&#39;s time: {label}" width="100%" height="44">'
    left = 0.0
    for name in CLASSES:
        if share[name] > 0:
            yield f'<rect x="{left:.2f}%" width="{share[name]:.2f}%" height="44" fill="url(#p-{name})" class="slice"/>'
        if share[name] >= _LABELLED:
            yield f'<text x="{left:.2f}%" dx="12" y="27" class="share s-{name}">{name} {share[name]:.0f} %</text>'
        left += share[name]
    yield "</svg>"
    yield table(
        "Seconds by cost class",
        ("class", "seconds", "share"),
        ([f"{_swatch(name)} {name}", f"{spent[name]:,.1f}", f"{share[name]:.0f} %"] for name in CLASSES),
    )
    yield _folded("Why this is said", weighed.basis)
    yield _folded("What would make it surer", weighed.missing)


def _swatch(name: str) -> str:
    return (
        '<svg class="swatch" width="18" height="14" aria-hidden="true" focusable="false">'
        f'<rect width="18" height="14" fill="url(#p-{name})"/></svg>'
    )


def _folded(title: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return f"<details><summary>{title} ({len(sentences)})</summary>{bullets(map(text, sentences))}</details>"


def job_chart(weighed: Weighed) -> Iterator[str]:
    yield "<h3>Which jobs ran when</h3>"
    lanes = [lane for lane in weighed.lanes if lane.bars][:_LANES]
    span = max([weighed.elapsed_s, *(bar.end_s for lane in lanes for bar in lane.bars)], default=0.0)
    if not lanes or span <= 0:
        yield '<p class="quiet">No times of jobs are known.</p>'
    else:
        began = f", which began {clock_time(weighed.started_at)}" if weighed.started_at else ""
        yield (
            f"<p>Seconds since the beginning of the run{text(began)}. {_swatch('good')} ✓ succeeded, {_swatch('bad')} "
            f"✗ failed, {_swatch('again')} ↻ succeeded after a retry, {_swatch('going')} … no end seen.</p>"
        )
        yield '<div class="jobs">'
        for lane in lanes:
            yield _lane(lane, span)
        yield f'<div class="lane axis" aria-hidden="true"><span></span>{_axis(span)}</div></div>'
    unseen = len(weighed.lanes) - len(lanes) + weighed.more_lanes
    if unseen:
        yield f'<p class="quiet">{counted(unseen, "more rule")}: of which no job ran, or that are not drawn.</p>'
    if weighed.lanes:
        rows = (
            [
                code(lane.rule or "not named"),
                *map(str, (lane.planned, lane.finished, lane.failed, lane.retried)),
                f"{lane.wall_s:,.1f}",
            ]
            for lane in weighed.lanes
        )
        heads = ("rule", "planned", "finished", "failed", "retried", "seconds")
        yield f"<details><summary>The rules in figures</summary>{table('Rules of the run', heads, rows)}</details>"


def _lane(lane: Lane, span: float) -> str:
    placed, left_out = _rows(lane.bars)
    tall = max(row for row, _ in placed) + 1
    failed = sum(bar.outcome == "failed" for bar in lane.bars)
    more = lane.more + left_out
    label = f"{lane.rule}: {counted(len(placed), 'attempt')} drawn, {failed} failed" + (
        f", {more} more" if more else ""
    )
    bars = "".join(_bar(bar, row, span) for row, bar in placed)
    left = f' <span class="quiet">and {more:,} more</span>' if more else ""
    return (
        f'<div class="lane"><span><code>{text(lane.rule or "not named", 200)}</code>{left}</span>'
        f'<svg role="img" aria-label="{text(label, 400)}" width="100%" height="{tall * _HEIGHT}">{bars}</svg></div>'
    )


def _rows(bars: Sequence[Bar]) -> tuple[list[tuple[int, Bar]], int]:
    """Each bar with the first row that is free when it begins, and how many found none."""
    free: list[float] = []
    placed = []
    for bar in sorted(bars, key=lambda each: (each.start_s, each.end_s)):
        row = next((row for row, until in enumerate(free) if until <= bar.start_s), len(free))
        if row == len(free):
            if row == _ROWS:
                continue
            free.append(0.0)
        free[row] = max(bar.end_s, bar.start_s + 1e-9)
        placed.append((row, bar))
    return placed, len(bars) - len(placed)


def _bar(bar: Bar, row: int, span: float) -> str:
    tone = _tone(bar)
    left, width = 100 * bar.start_s / span, max(_THIN, 100 * (bar.end_s - bar.start_s) / span)
    fill = f' fill="url(#p-{tone})"' if tone in ("bad", "again") else ""
    told = f"{bar.job or 'the only job'}, attempt {bar.attempt}: {bar.outcome}, {bar.start_s:.1f} to {bar.end_s:.1f} s"
    top = row * _HEIGHT + 2
    sign = ""
    if width >= _SIGNED or tone in ("bad", "again"):
        place = f'x="{left:.2f}%" dx="3"' if width >= _SIGNED else f'x="{left + width:.2f}%" dx="3"'
        inside = " in" if width >= _SIGNED else ""
        sign = f'<text {place} y="{top + 11}" class="sign s-{tone}{inside}">{_SIGNS[tone]}</text>'
    return (
        f'<g><title>{text(told, 400)}</title><rect x="{left:.2f}%" y="{top}" width="{width:.2f}%" '
        f'height="{_HEIGHT - 4}" rx="2" class="bar c-{tone}"{fill}/>{sign}</g>'
    )


def _tone(bar: Bar) -> str:
    if bar.outcome == "succeeded":
        return "again" if bar.attempt > 1 else "good"
    return "going" if bar.outcome == "running" else "bad"


def _axis(span: float) -> str:
    ticks = []
    for part in range(5):
        anchor = ("start", "middle", "middle", "middle", "end")[part]
        ticks.append(f'<text x="{25 * part}%" y="14" text-anchor="{anchor}">{duration(span * part / 4)}</text>')
    return f'<svg width="100%" height="18">{"".join(ticks)}</svg>'


def duration(seconds: float) -> str:
    """`7.8 s`, `12 min 05 s`, `3 h 20 min`."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"
    return f"{int(seconds) // 3600} h {int(seconds) % 3600 // 60:02} min"
