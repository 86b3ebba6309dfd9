"""Which settings differ: policy (how it is run), config (what it is told to do), and the workflow's own text?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from incident_console.snakemake.compare.state import RuleText, State

POLICY_DIRECTIVES = ("retries", "threads", "resources", "priority", "group")
_SILENT_DIRECTIVES = ("message", "name")
_POLICY_KEY = re.compile(
    r"(?i)(^|[^a-z])(threads?|cores?|cpus?|mem(ory)?(_mb|_gb)?|runtime|walltime|retries|restart.times|latency.wait|partition"
    r"|queue|tmpdir|account|nodes|jobs)$"
)
_TABLE = re.compile(r"(?i)(config/.*|[^/]*(samples|units)[^/]*)\.(tsv|csv|txt)\Z")
"""Sample sheets and the like, which are compared as a whole."""
_DEFAULTS = {"retries": "0", "latency-wait": "5", "keep-going": "no"}


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    before: str | None
    """None: not set."""
    after: str | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A directive that reads otherwise. `directive` is empty for a rule that is new or gone."""

    rule: str
    directive: str
    before: str | None
    after: str | None


def policy_of(before: State, after: State, both_see: bool) -> tuple[Setting, ...]:
    """Settings that both sides tell, and those that one side's command leaves at what Snakemake takes for it."""
    commands = [state.run is not None and state.run.command is not None for state in (before, after)]
    rules = {job.rule for job in before.jobs} & {job.rule for job in after.jobs}
    found = []
    for name in sorted(before.policy.keys() | after.policy.keys()):
        one, two = before.policy.get(name), after.policy.get(name)
        if one is None or two is None:
            _, of, rule = name.partition(" of ")
            if of and rule not in rules:
                continue
            known = both_see if name.startswith("profile ") else name not in ("host", "engine version", "cores")
            if not known or not (all(commands) or name.startswith("profile ") or of):
                continue
            one, two = one or _taken_for(name, before), two or _taken_for(name, after)
        if one != two:
            found.append(Setting(name, one, two))
    if both_see:
        found += [
            Setting(f"{change.directive} of {change.rule}", change.before, change.after)
            for change in _directives(before.texts, after.texts)
            if change.directive in POLICY_DIRECTIVES
            and not any(
                change.rule == one.name.partition(" of ")[2] and one.name.startswith(change.directive) for one in found
            )
        ]
    return tuple(found)


def _taken_for(name: str, state: State) -> str | None:
    """What holds where the command does not say: the profile's value, else Snakemake's own; None: not known."""
    said = {value for key, value in state.policy.items() if key.startswith("profile ") and key.endswith(f": {name}")}
    if said or "profile" in state.policy or "workflow-profile" in state.policy:
        return said.pop() if len(said) == 1 else None
    return _DEFAULTS.get(name)


def config_of(before: State, after: State) -> tuple[tuple[Setting, ...], tuple[Setting, ...]]:
    """What the workflow is told to do; and apart from it, values that only say how (threads, memory)."""
    both_see = before.sees_files and after.sees_files
    commands = [state.run is not None and state.run.command is not None for state in (before, after)]
    config: list[Setting] = []
    policy: list[Setting] = []
    for name in sorted(before.config.keys() | after.config.keys()):
        one, two = before.config.get(name), after.config.get(name)
        of_command = name.startswith("--config") or name == "configfile"
        if one == two or not (all(commands) if of_command else both_see):
            continue
        (policy if _POLICY_KEY.search(name) else config).append(Setting(name, one, two))
    tables = [name for name in sources_of(before, after) if both_see and _TABLE.match(name)]
    config += [Setting(name, before.sources.get(name), after.sources.get(name)) for name in tables]
    return (*config, *_params(before, after)), tuple(policy)


def _params(before: State, after: State) -> Iterator[Setting]:
    """What the metadata keep of params, once for all outputs of a rule that changed alike."""
    rules = {name: job.rule for job in (*before.jobs, *after.jobs) for name in job.output}
    alike: Counter[tuple[str, str, str]] = Counter()
    for output in sorted(before.params.keys() & after.params.keys()):
        one, two = before.params[output], after.params[output]
        if one != two:
            alike[rules.get(output, output), one, two] += 1
    for (rule, one, two), count in alike.items():
        yield Setting(f"params of {rule}" + (f" ({count} outputs)" if count > 1 else ""), one, two)


def _directives(before: Iterable[RuleText], after: Iterable[RuleText]) -> Iterable[RuleChange]:
    old, new = {rule.rule: rule.directives for rule in before}, {rule.rule: rule.directives for rule in after}
    for rule in sorted(old.keys() | new.keys()):
        if rule not in old or rule not in new:
            yield RuleChange(rule, "", "there" if rule in old else None, "there" if rule in new else None)
            continue
        for name in sorted(old[rule].keys() | new[rule].keys()):
            if name not in _SILENT_DIRECTIVES and old[rule].get(name) != new[rule].get(name):
                yield RuleChange(rule, name, old[rule].get(name), new[rule].get(name))


def rules_of(before: Iterable[RuleText], after: Iterable[RuleText]) -> tuple[RuleChange, ...]:
    return tuple(one for one in _directives(before, after) if one.directive not in POLICY_DIRECTIVES)


def sources_of(before: State, after: State) -> tuple[str, ...]:
    """The workflow's own files that are not the same, text of rules and config left to what was said of them."""
    names = before.sources.keys() | after.sources.keys()
    return tuple(sorted(name for name in names if before.sources.get(name) != after.sources.get(name)))
