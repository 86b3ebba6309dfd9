"""The review note for a pull request: what got faster, why, what stayed the same, how we know. Markdown, short."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from incident_console.counting import counted
from incident_console.snakemake.compare.comparison import Comparison
from incident_console.snakemake.compare.settings import Setting
from incident_console.snakemake.compare.speed import Change, CostSpeed
from incident_console.snakemake.compare.state import State
from incident_console.snakemake.cost import seconds
from incident_console.snakemake.textfile import printable

TITLES = {
    "same-meaning": "Same meaning",
    "meaning-changed": "The meaning changed",
    "cannot-tell": "Cannot tell whether the meaning is the same",
}
CHANGES: dict[Change, str] = {
    "faster": "faster",
    "slower": "slower",
    "noise": "no change beyond noise",
    "only-before": "before only",
    "only-after": "after only",
    "not-comparable": "not measured",
}
_RULES = 12
_SETTINGS = 12
_PATHS = 8
_LONG = 160
_MARKED = re.compile(r"([\\`*_{}\[\]#|~!])")


def as_note(found: Comparison) -> str:
    """Everything that came from outside is escaped."""
    return "\n".join(_lines(found)).rstrip() + "\n"


def title(found: Comparison) -> str:
    """The verdict in words; of one run it must not read like a proof."""
    return TITLES[found.verdict] + (", but nothing was run in between" if found.same_run else "")


def escaped(text: str) -> str:
    """One line that Markdown shows as it stands: no markup, no HTML, nobody mentioned."""
    plain = printable(text)
    plain = plain if len(plain) <= 2 * _LONG else plain[: 2 * _LONG - 1] + "…"
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _MARKED.sub(r"\\\1", plain)
    return plain.replace("@", "&#64;").replace("://", "&#58;//")


def _lines(found: Comparison) -> Iterator[str]:
    yield f"## {title(found)}"
    yield ""
    yield from (f"- {escaped(sentence)}" for sentence in found.because)
    yield ""
    yield "### What got faster"
    yield ""
    yield f"{escaped(found.speed.said[:1].upper() + found.speed.said[1:])}."
    yield ""
    yield from _speed_table(found)
    yield "### Why"
    yield ""
    yield from _why(found)
    yield ""
    yield "### What stayed the same"
    yield ""
    yield from _same(found)
    yield ""
    yield "### How we know"
    yield ""
    yield from _known(found)


def _speed_table(found: Comparison) -> Iterator[str]:
    rows = [row for row in found.speed.rules if any(row.jobs)][:_RULES]
    if not rows:
        return
    yield "| rule | jobs | one job, before | one job, after | change |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        before, after = ("unknown" if value is None else seconds(value) for value in row.mean_s)
        jobs = f"{row.jobs[0]} → {row.jobs[1]}" if row.jobs[0] != row.jobs[1] else f"{row.jobs[0]}"
        yield f"| {escaped(row.rule or '?')} | {jobs} | {before} | {after} | {CHANGES[row.change]} |"
    left = len([row for row in found.speed.rules if any(row.jobs)]) - len(rows)
    if left:
        yield f"| … {left} more rules | | | | |"
    yield ""


def _why(found: Comparison) -> Iterator[str]:
    meaning = found.meaning
    costs = [one for one in found.speed.cost if max(one.seconds) > 0]
    if costs and not found.same_run:
        yield "- cost classes: " + "; ".join(map(cost_words, costs))
    for kind, settings in (("policy", meaning.policy_changed), ("config", meaning.config_changed)):
        yield from (f"- {kind}: {setting_words(one)}" for one in settings[:_SETTINGS])
        if len(settings) > _SETTINGS:
            yield f"- {kind}: {len(settings) - _SETTINGS} more"
    for change in meaning.rules_changed[:_SETTINGS]:
        what = change.directive or "the whole rule"
        yield f"- the text of rule {escaped(change.rule)} changed: {escaped(what)}"
    if meaning.sources_changed:
        yield f"- files of the workflow changed: {_paths(meaning.sources_changed)}"
    if meaning.skipped:
        yield f"- of the run before, {counted(len(meaning.skipped), 'job was', 'jobs were')} not run after"
    if not (meaning.policy_changed or meaning.config_changed or meaning.rules_changed or meaning.sources_changed):
        yield "- no change of the workflow's text, config or policy is known"


def _same(found: Comparison) -> Iterator[str]:
    meaning = found.meaning
    known = meaning.outputs_same + len(meaning.outputs_changed) + len(meaning.outputs_unknown)
    yield f"- outputs: {meaning.outputs_same} of {known} are known to be the same, byte for byte"
    yield f"- published files: {meaning.published_same} the same, {len(meaning.published_changed)} not"
    for one in meaning.published_changed[:_PATHS]:
        times = " (only times differ)" if one.harmless else ""
        yield f"  - {escaped(one.path)}: {_short(one.before)} → {_short(one.after)}{times}"
    for names, what in (
        (meaning.targets_removed, "targets removed"),
        (meaning.targets_added, "targets added"),
        (meaning.outputs_removed, "outputs removed"),
        (meaning.outputs_added, "outputs added"),
        (tuple(one.path for one in meaning.inputs_changed), "inputs with another content"),
        (tuple(f"{one.rule}: {one.input}" for one in meaning.inputs_removed), "inputs removed"),
        (meaning.evidence_lost, "evidence lost"),
    ):
        yield f"- {what}: {_paths(names) if names else 'none'}"


def _known(found: Comparison) -> Iterator[str]:
    for side, state in (("before", found.before), ("after", found.after)):
        yield f"- {side}: {escaped(side_words(state))}"
    for sentence in found.settled_by:
        yield f"- it would be settled by: {escaped(sentence)}"


def side_words(state: State) -> str:
    """Which run this side is, and what it was read from."""
    source = "the workflow's folder" if state.sees_files else "the run log alone"
    if state.run is None:
        return f"no run; {source}, looked at {state.taken_at[:19]}Z"
    began = f", began {state.run.started_at[:19]}Z" if state.run.started_at else ""
    return f"{state.run.log} ({state.run.status}{began}); {source}, looked at {state.taken_at[:19]}Z"


def cost_words(one: CostSpeed) -> str:
    return f"{one.name} {seconds(one.seconds[0])} → {seconds(one.seconds[1])}"


def setting_words(one: Setting) -> str:
    return f"{escaped(one.name)}: {_told(one.before)} → {_told(one.after)}"


def _told(value: str | None) -> str:
    if value is None:
        return "not set"
    return escaped(value if len(value) <= _LONG else value[: _LONG - 1] + "…")


def _short(digest: str | None) -> str:
    return "not there" if digest is None else escaped(digest.partition(":")[2][:12] or digest)


def _paths(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _PATHS} more" if len(known) > _PATHS else ""
    return ", ".join(map(escaped, known[:_PATHS])) + more
