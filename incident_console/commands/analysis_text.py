"""An analysis for a terminal: what is most likely first, then where the time went, what failed, and why it is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from incident_console.commands.page import Page
from incident_console.snakemake.cost import CLASSES, seconds
from incident_console.snakemake.facts import headline

if TYPE_CHECKING:
    from incident_console.snakemake.analysis import Analysis
    from incident_console.snakemake.causes import Source
    from incident_console.snakemake.rulerows import RuleRow
    from incident_console.snakemake.suspects import Suspect

_RULES = 15
_CAUSES = 8
_FLAKY = 8
_SUSPECTS = 3


def lines_of(analysis: Analysis, width: int, *, colours: bool, blocks: bool) -> list[str]:
    """The whole text, no line longer than `width`; colours are bold only, and never alone in carrying a meaning."""
    page = Page(width, colours, blocks)
    _head(page, analysis)
    _cost(page, analysis)
    _rules(page, analysis.rules)
    _failures(page, analysis)
    _suspects(page, analysis.suspects)
    return page.lines


def _head(page: Page, analysis: Analysis) -> None:
    run = analysis.run
    page.labelled("run", headline(run))
    page.labelled("log", run.log)
    page.labelled("when", "; ".join(_when(analysis)))
    named = analysis.incident_class
    if named == "undetermined":
        hint = f"undetermined (strongest hint: {analysis.suspects[0].incident_class})" if analysis.suspects else named
        page.labelled("class", hint)
    else:
        page.labelled("class", f"{named} ({analysis.suspects[0].score:.2f})")
    for notice in analysis.notices:
        page.labelled("note", notice)


def _when(analysis: Analysis) -> Iterator[str]:
    from incident_console.snakemake.jobs import rfc3339

    run = analysis.run
    if analysis.started is not None:
        yield f"began {(rfc3339(analysis.started) or '')[:19]}Z, {seconds(analysis.elapsed_s)}"
    made = " ".join(
        part
        for part in (f"Snakemake {run.version}" if run.version else "", f"on {run.host}" if run.host else "")
        if part
    )
    if made:
        yield made
    if run.cores:
        yield f"{run.cores} cores"
    if analysis.earlier_runs:
        yield f"{analysis.earlier_runs} earlier run{'s' if analysis.earlier_runs > 1 else ''} read"


def _cost(page: Page, analysis: Analysis) -> None:
    cost = analysis.cost
    told = cost.dominant if cost.dominant == "undetermined" else f"{cost.dominant} ({cost.confidence} confidence)"
    page.heading(f"cost: {told}")
    cells = max(10, min(40, page.width - 36))
    for name in CLASSES:
        spent = cost.seconds(name)
        share = spent / cost.elapsed_s if cost.elapsed_s else 0.0
        page.row(f"  {name:<10}{page.bar(share, cells)} {seconds(spent):>12} {100 * share:>4.0f} %")
    for sentence in cost.basis:
        page.add(sentence, 2, 4)
    for sentence in cost.missing:
        page.add(f"missing: {sentence}", 2, 4)


def _rules(page: Page, rows: tuple[RuleRow, ...]) -> None:
    if not rows:
        return
    page.heading("rules")
    name = max(8, min(page.width - 55, max(len(row.rule or "?") for row in rows)))
    page.row(f"  {'rule':<{name}} {'done':>11} {'failed':>6} {'retried':>8} {'median':>8} {'longest':>8} {'bench':>8}")
    for row in rows[:_RULES]:
        rule = row.rule or "?"
        rule = rule if len(rule) <= name else rule[: name - 1] + "…"
        done = f"{row.finished}/{row.planned}" + (f" +{row.running}" if row.running else "")
        wall, bench = row.wall_s, row.benchmark_s
        page.row(
            f"  {rule:<{name}} {done:>11} {row.failed or '·':>6} {row.retried or '·':>8} "
            f"{_short(wall.median, wall.count):>8} {_short(wall.max, wall.count):>8} "
            f"{_short(bench.median, bench.count):>8}"
        )
    if len(rows) > _RULES:
        page.row(f"  … {len(rows) - _RULES} more rules")


def _short(value: float, count: int) -> str:
    if not count:
        return "·"
    if value < 100:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def _failures(page: Page, analysis: Analysis) -> None:
    if analysis.causes:
        page.heading(
            f"failures: {len(analysis.failures)} by {len(analysis.causes)} cause{'s' * (len(analysis.causes) > 1)}"
        )
        for cause in analysis.causes[:_CAUSES]:
            code = f", exit {cause.exit_code}" if cause.exit_code is not None else ""
            samples = f" for {', '.join(cause.samples[:6])}" if cause.samples else ""
            more = f" and {len(cause.samples) - 6} more" if len(cause.samples) > 6 else ""
            mended = ", made good later" if not cause.lasting else ""
            page.add(f"✗ {cause.rule or 'the workflow'} ×{cause.count} {cause.kind}{code}{samples}{more}{mended}", 2, 4)
            page.add(cause.message, 4)
            page.add(_place(cause.source), 4)
        if len(analysis.causes) > _CAUSES:
            page.row(f"  … {len(analysis.causes) - _CAUSES} more causes")
    if analysis.flaky:
        page.heading("tried more than once")
        for one in analysis.flaky[:_FLAKY]:
            page.add(one.sentence, 2, 4)
        if len(analysis.flaky) > _FLAKY:
            page.row(f"  … {len(analysis.flaky) - _FLAKY} more jobs")


def _suspects(page: Page, suspects: Iterable[Suspect]) -> None:
    for index, one in enumerate(suspects):
        if index == _SUSPECTS:
            break
        page.heading(f"suspect: {one.incident_class} {one.score:.2f}" + (" (a hint only)" if one.score < 0.5 else ""))
        for clue in one.because:
            page.add(f"+ {clue.text}", 2, 4)
            page.add(_place(clue.source), 4)
        for clue in one.against:
            page.add(f"- {clue.text}", 2, 4)
            page.add(_place(clue.source), 4)
        if one.settled_by:
            page.add(f"settled by: {one.settled_by}", 2, 4)


def _place(source: Source) -> str:
    return f"{source.path}:{source.line}" if source.line else source.path
