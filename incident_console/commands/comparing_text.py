"""A comparison for a terminal: the verdict and its reasons, then time by rule and cost class, then the meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from incident_console.commands.page import Page
from incident_console.snakemake.compare.note import CHANGES, side_words, title
from incident_console.snakemake.cost import seconds

if TYPE_CHECKING:
    from incident_console.snakemake.compare import Comparison
    from incident_console.snakemake.compare.settings import Setting

_RULES = 15
_NAMES = 6


def lines_of(found: Comparison, width: int, *, colours: bool) -> list[str]:
    """The whole text, no line longer than `width`; a verdict is a word, never a colour alone."""
    page = Page(width, colours, blocks=False)
    page.labelled("before", side_words(found.before))
    page.labelled("after", side_words(found.after))
    page.labelled("verdict", f"{found.verdict}: {title(found).lower()}")
    for sentence in found.because:
        page.add(f"- {sentence}", 2, 4)
    for sentence in found.settled_by:
        page.add(f"settled by: {sentence}", 2, 4)
    _speed(page, found)
    _meaning(page, found)
    return page.lines


def _speed(page: Page, found: Comparison) -> None:
    page.heading("speed")
    page.add(found.speed.said, 2, 2)
    rows = [row for row in found.speed.rules if any(row.jobs)]
    if rows:
        name = max(8, min(page.width - 58, max(len(row.rule or "?") for row in rows)))
        page.row(f"  {'rule':<{name}} {'jobs':>11} {'one job':>11} {'after':>11}  change")
        for row in rows[:_RULES]:
            rule = row.rule or "?"
            rule = rule if len(rule) <= name else rule[: name - 1] + "…"
            jobs = f"{row.jobs[0]} > {row.jobs[1]}" if row.jobs[0] != row.jobs[1] else str(row.jobs[0])
            before, after = ("·" if value is None else seconds(value) for value in row.mean_s)
            page.row(f"  {rule:<{name}} {jobs:>11} {before:>11} {after:>11}  {CHANGES[row.change]}")
        if len(rows) > _RULES:
            page.row(f"  … {len(rows) - _RULES} more rules")
    page.heading("cost")
    page.row(f"  {'class':<10} {'before':>12} {'after':>12}")
    for cost in found.speed.cost:
        page.row(f"  {cost.name:<10} {seconds(cost.seconds[0]):>12} {seconds(cost.seconds[1]):>12}")
    page.row(f"  {'dominant':<10} {found.speed.dominant[0]:>12} {found.speed.dominant[1]:>12}")


def _meaning(page: Page, found: Comparison) -> None:
    meaning = found.meaning
    page.heading("meaning")
    _count(page, "targets", meaning.targets_added, meaning.targets_removed)
    _count(page, "outputs", meaning.outputs_added, meaning.outputs_removed)
    same = f"{meaning.outputs_same} outputs and {meaning.published_same} published files are the same, byte for byte"
    page.add(f"content: {same}", 2, 4)
    for what, names in (
        ("content changed", [one.path for one in meaning.outputs_changed]),
        ("content unknown", meaning.outputs_unknown),
        (
            "published changed",
            [one.path + (" (times only)" if one.harmless else "") for one in meaning.published_changed],
        ),
        ("inputs changed", [one.path for one in meaning.inputs_changed]),
        ("inputs removed", [f"{one.rule} reads no {one.input}" for one in meaning.inputs_removed]),
        ("evidence lost", meaning.evidence_lost),
        ("jobs not run again", meaning.skipped),
        ("policy", _settings(meaning.policy_changed)),
        ("config", _settings(meaning.config_changed)),
        ("rules", [f"{one.rule} {one.directive or 'as a whole'}" for one in meaning.rules_changed]),
        ("files", meaning.sources_changed),
    ):
        if names:
            page.add(f"{what}: {_some(names)}", 2, 4)


def _count(page: Page, what: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    if not added and not removed:
        page.add(f"{what}: none added, none removed", 2, 4)
    for names, word in ((added, "added"), (removed, "removed")):
        if names:
            page.add(f"{what} {word}: {_some(names)}", 2, 4)


def _settings(settings: Iterable[Setting]) -> list[str]:
    return [f"{one.name} {_value(one.before)} > {_value(one.after)}" for one in settings]


def _value(value: str | None) -> str:
    if value is None:
        return "not set"
    return value if len(value) <= 60 else f"{value[:59]}…"


def _some(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _NAMES} more" if len(known) > _NAMES else ""
    return ", ".join(known[:_NAMES]) + more
