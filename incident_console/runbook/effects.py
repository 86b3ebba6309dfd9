"""Does a command do more to the scene than the runbook says? Its words are read, nothing is run.

Known words only: what a command of another name does, nobody can tell from here, and the declared effects stand.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePath

from incident_console.runbook.schema import EvidenceItem

DEPTH = 4
"""Commands within commands (`sh -c`, `env`, `xargs`) that are looked into."""
Wrong = tuple[str, str]
"""What the command does, and which effects to declare."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DELETES = _set("rm rmdir unlink shred truncate")
_WRITES = _set("mv cp ln dd tee touch mkdir chmod chown install patch rsync")
_STOPS = _set("kill pkill killall scancel qdel bkill scontrol reboot shutdown")
_SHELLS = _set("sh bash dash zsh ksh")
_WRAPPERS = _set("env nice nohup exec sudo ionice stdbuf timeout xargs command time")
_TAKES_VALUE = _set("-n -u -g -I -L -P -k -s -S --signal --user --unset --adjustment")
_GIT_READS = _set("log diff show status blame rev-parse ls-files ls-tree shortlog describe cat-file grep rev-list")
_SNAKEMAKE_QUERY = re.compile(
    r"--(dry-?run|summary|detailed-summary|list-\S+|lint|dag|rulegraph|filegraph|d3dag|version|help)\b"
    r"|-[a-zA-Z]*[nSDlh][a-zA-Z]*$"
)
# These change the scene whatever stands beside them, `-n` among it: `--unlock -n` unlocks.
_SNAKEMAKE_CHANGES = re.compile(
    r"--(unlock|touch|delete-all-output|delete-temp-output|cleanup-\S+|archive|set-\S+-metadata)$|-t$"
)
_CLUSTER_CHANGES = {
    "docker": _set("rm rmi kill stop restart run exec prune system volume container image compose"),
    "podman": _set("rm rmi kill stop restart run exec prune system volume container image"),
    "kubectl": _set("delete apply create edit patch replace scale rollout drain cordon taint exec"),
    "helm": _set("install upgrade uninstall delete rollback"),
    "systemctl": _set("start stop restart reload kill enable disable mask"),
}
_REDIRECTED = re.compile(r"(?:&|\d)?>{1,2}\|?(?!&)\s*(\S*)")
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"")
_BREAK = _set("; && || | & ( ) { } ! then do else")
_ASSIGNED = re.compile(r"\w+=")


def understated(item: EvidenceItem) -> Wrong | None:
    """What a command does beyond its declared effects, where that is known; and which effects to declare."""
    if item.run is None or item.effects not in ("read-only", "engine-bookkeeping"):
        return None
    if item.shell:
        return next(_line(" ".join(item.run), item.effects, 0), None)
    return next(_command(list(item.run), item.effects, 0), None)


def _line(line: str, effects: str, depth: int) -> Iterator[Wrong]:
    """What a line for a shell does."""
    for found in _REDIRECTED.finditer(_QUOTED.sub("q", line)):
        if found[1] not in ("/dev/null", "/dev/stderr", "/dev/stdout"):
            yield "the command line writes to a file", "effects: writes"
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()\n")
        lexer.whitespace, lexer.whitespace_split = " \t\r", True
        words = list(lexer)
    except ValueError:
        words = line.split()
    command: list[str] = []
    for word in [*words, ";"]:
        if word in _BREAK or not word.strip(";&|()\n"):
            yield from _command(command, effects, depth)
            command = []
        elif command or not _ASSIGNED.match(word):
            command.append(word)


def _command(words: list[str], effects: str, depth: int) -> Iterator[Wrong]:
    if not words or depth > DEPTH:
        return
    program, options = PurePath(words[0]).name, words[1:]
    if program in _WRAPPERS:
        yield from _command(_wrapped(options), effects, depth + 1)
    elif program in _SHELLS:
        if "-c" in options[:-1]:
            yield from _line(options[options.index("-c") + 1], effects, depth + 1)
        elif any(not option.startswith("-") for option in options):
            yield f"`{program}` runs a script, which may do anything", "effects: what the script does, after reading it"
    elif program == "find":
        yield from _find(options, effects, depth)
    elif program == "snakemake":
        yield from _snakemake(options, effects)
    elif wrong := _plain(program, options):
        yield wrong


def _wrapped(options: list[str]) -> list[str]:
    """The command within `env A=b nice -n 5 COMMAND`."""
    rest = list(options)
    while rest and (rest[0].startswith("-") or _ASSIGNED.match(rest[0]) or re.fullmatch(r"[\d.]+[smhd]?", rest[0])):
        taken = rest.pop(0)
        if taken in _TAKES_VALUE and rest:
            rest.pop(0)
    return rest


def _find(options: list[str], effects: str, depth: int) -> Iterator[Wrong]:
    if "-delete" in options:
        yield "`find -delete` deletes what it finds", "effects: deletes"
    if any(option.startswith(("-fprint", "-fls")) for option in options):
        yield "`find -fprint` writes to a file", "effects: writes"
    for number, option in enumerate(options):
        if option in ("-exec", "-execdir", "-ok", "-okdir"):
            yield from _command(options[number + 1 :], effects, depth + 1)


def _snakemake(options: list[str], effects: str) -> Iterator[Wrong]:
    changing = [option for option in options if _SNAKEMAKE_CHANGES.match(option)]
    if changing:
        yield f"`snakemake {changing[0]}` changes the scene", "effects: deletes"
    elif not any(_SNAKEMAKE_QUERY.match(option) for option in options):
        yield "snakemake without -n or a query runs the workflow", "effects: runs-workflow"
    elif effects == "read-only":
        yield "every snakemake query writes inside .snakemake/", "effects: engine-bookkeeping"


def _plain(program: str, options: list[str]) -> Wrong | None:
    verb = next((word for word in options if not word.startswith("-")), "")
    if program in _DELETES:
        return f"`{program}` deletes what it is given", "effects: deletes"
    if program in _WRITES:
        return f"`{program}` changes what it is given", "effects: writes, or deletes"
    if program in _STOPS and not (program == "kill" and options[:1] in (["-0"], ["-l"])):
        if program == "scontrol" and verb in ("show", "ping", "version", ""):
            return None
        return (
            f"`{program}` stops or changes what is running",
            "effects: writes; better: an action that the operator takes",
        )
    if program in ("sed", "perl") and any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in options):
        return f"`{program} -i` changes the file in place", "effects: writes"
    if program in ("make", "gmake") and not {"-n", "--dry-run", "--just-print", "-q", "--question"} & set(options):
        return (
            f"`{program}` may run anything",
            "-n, or effects: writes, runs-workflow or deletes, after reading the target",
        )
    if program == "git":
        verb = _git_verb(options)
        if verb not in _GIT_READS and verb:
            return f"`git {verb}` may change the repository", "effects: writes"
    elif verb in _CLUSTER_CHANGES.get(program, ()):
        return f"`{program} {verb}` changes what is running", "effects: writes, or deletes"
    if program in ("curl", "wget") and (program == "wget" or {"-o", "-O", "--output", "--remote-name"} & set(options)):
        return f"`{program}` writes what it fetches to a file", "effects: writes"
    return None


def _git_verb(options: list[str]) -> str:
    rest = list(options)
    while rest and rest[0].startswith("-"):
        taken = rest.pop(0)
        if taken in ("-C", "-c", "--git-dir", "--work-tree", "--namespace") and rest:
            rest.pop(0)
    return rest[0] if rest else ""
