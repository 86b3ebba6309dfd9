"""Rules over errors of the workflow itself: what the engine refused before or instead of running jobs."""

from __future__ import annotations

import re
from collections.abc import Callable

from incident_console.snakemake.matters import shortened
from incident_console.snakemake.metadata import has_records
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first

_SURROUNDINGS = re.compile(
    r"[Pp]rofile|[Ee]xecutor|[Pp]lugin|[Cc]onda|[Mm]amba|[Aa]pptainer|[Ss]ingularity|[Cc]ontainer|sbatch|[Ss]lurm|SLURM|qsub"
    r"|[Cc]redential|[Tt]oken|[Pp]ermission denied|[Cc]onnection|[Nn]etwork|[Tt]imed? ?out|No module named"
    r"|[Ii]nvalid choice|unrecognized arguments|[Cc]luster submission|not installed"
)
_STORAGE = re.compile(
    r"[Ss]tale file handle|Input/output error|Transport endpoint|[Ss]torage provider|[Rr]emote storage"
)
_PYTHON = re.compile(
    r"^(?:Name|Key|Attribute|Type|Value|Index|Zero\w+|Unbound\w+|Assertion)Error$|^Wildcard\w*|^\w*RuleException$"
)


def _faults(scene: Scene, *kinds: str) -> tuple[Clue, ...]:
    found = [
        Clue(f"{one.kind}{f' in rule {one.rule}' if one.rule else ''}: {shortened(one.message, 240)}", one.source)
        for one in scene.failures
        if one.jobid is None and one.kind in kinds
    ]
    return first(found)


def _of(*kinds: str) -> Callable[[Scene], tuple[Clue, ...]]:
    return lambda scene: _faults(scene, *kinds)


def _others(scene: Scene, wanted: Callable[[str, str], bool]) -> tuple[Clue, ...]:
    """Of the errors that have no kind of their own: those whose exception and message are wanted."""
    lines = {one.source.line for one in scene.failures if one.jobid is None and one.kind == "workflow-error"}
    return first(
        [
            Clue(f"{one.name}: {shortened(one.message, 240)}", scene.in_log(one.line))
            for one in scene.trace.faults
            if one.line in lines and wanted(one.name, one.message)
        ]
    )


def _nothing_told(scene: Scene) -> tuple[Clue, ...]:
    """An empty log where nothing was ever made: with `--quiet all` there would be records of what was."""
    if scene.run.status != "unknown" or scene.trace.last_line or scene.history.earlier or has_records(scene.workdir):
        return ()
    return (Clue("the run log is empty, and no output was ever recorded here", scene.in_log(1)),)


def _surroundings(scene: Scene) -> tuple[Clue, ...]:
    return _others(scene, lambda name, said: bool(_SURROUNDINGS.search(f"{name} {said}")) and not _STORAGE.search(said))


def _storage(scene: Scene) -> tuple[Clue, ...]:
    return _others(scene, lambda _, said: bool(_STORAGE.search(said)))


def _own_code(scene: Scene) -> tuple[Clue, ...]:
    return _others(scene, lambda name, said: bool(_PYTHON.match(name)) and not _SURROUNDINGS.search(said))


def _function(scene: Scene) -> tuple[Clue, ...]:
    return tuple(clue for clue in _faults(scene, "input-function") if not _SURROUNDINGS.search(clue.text))


def _function_surroundings(scene: Scene) -> tuple[Clue, ...]:
    return tuple(clue for clue in _faults(scene, "input-function") if _SURROUNDINGS.search(clue.text))


RULES: tuple[Rule, ...] = (
    Rule(
        "log-is-empty",
        "workflow-semantics",
        0.3,
        "Snakemake 8 and 9 leave an empty log when the Snakefile cannot be read",
        _nothing_told,
        "`snakemake -n`: it tells a syntax or parse error at once; the terminal of the run told it, too",
    ),
    Rule(
        "definition",
        "workflow-semantics",
        0.85,
        "the engine cannot make sense of the workflow as it is written",
        _of("syntax-error", "cyclic-graph", "ambiguous-rules", "missing-rule"),
        "the last edit of the named file: `git diff`, then `snakemake -n`",
    ),
    Rule(
        "missing-input",
        "workflow-semantics",
        0.65,
        "the workflow asks for a file that no rule makes",
        _of("missing-input"),
        "whether the file ought to exist: if it does, a rule or pattern asks for the wrong one; if not, who brings it",
    ),
    Rule(
        "missing-input-late",
        "storage-visibility",
        0.35,
        "the file may exist and not be visible here",
        _of("missing-input"),
        "`ls -l` of the named file from the machine that ran the engine",
    ),
    Rule(
        "input-function",
        "workflow-semantics",
        0.75,
        "a function of the workflow that names inputs failed",
        _function,
        "the function by hand with the named wildcards",
    ),
    Rule(
        "input-function-surroundings",
        "operating-context",
        0.6,
        "a function that names inputs failed over something outside of the workflow",
        _function_surroundings,
        "the same access from the same machine by hand",
    ),
    Rule(
        "own-code",
        "workflow-semantics",
        0.6,
        "the workflow's own code raised it while the plan was made",
        _own_code,
        "the named line, and its last edit",
    ),
    Rule(
        "surroundings",
        "operating-context",
        0.6,
        "the engine failed over its profile, executor, environment or a service, not over a rule",
        _surroundings,
        "the same command with the profile of a context that works",
    ),
    Rule(
        "storage-provider",
        "storage-visibility",
        0.65,
        "the engine itself could not reach the files",
        _storage,
        "the state of that storage from the machine that ran the engine",
    ),
    Rule(
        "locked",
        "operating-context",
        0.8,
        "the directory is held by another engine, or by the lock of one that was killed",
        _of("locked"),
        "whether an engine is at work there, on any machine that shares it (`pgrep -af snakemake`); if none, --unlock",
    ),
    Rule(
        "incomplete-files",
        "operating-context",
        0.75,
        "an engine was ended while these outputs were being written",
        _of("incomplete-files"),
        "what ended the run before; whether its jobs still write; then --rerun-incomplete",
    ),
)
