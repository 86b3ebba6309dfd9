"""Does a command do more to the scene than the runbook says? Its words are read, nothing is run.

Known words only (`elsewhere` knows databases, buckets, servers and packers): what a command of another name does,
nobody can tell from here, and the declared effects stand. Where that is a script, it is said.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from incident_console.runbook import elsewhere
from incident_console.runbook.faults import clip
from incident_console.runbook.schema import EvidenceItem

DEPTH = 4
"""Commands within commands (`sh -c`, `env`, `xargs`) that are looked into."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What the command does, and which effects to declare."""

    message: str
    allowed: str
    certain: bool = True
    """False: a script, of which nothing is known here."""


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
_SSH_VALUES = _set("-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -R -S -W -w")
_AWKS = _set("awk gawk mawk nawk")
_INTERPRETERS = re.compile(r"(python|pypy)[\d.]*|perl|ruby|node|Rscript")
_INTERPRETER_VALUES = _set("-W -X -I -r -M -m -c -e -E")
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
        found = list(_line(" ".join(item.run), item.effects, 0))
    else:
        found = list(_command(list(item.run), item.effects, 0))
    return next((wrong for wrong in found if wrong.certain), next(iter(found), None))


def _line(line: str, effects: str, depth: int) -> Iterator[Wrong]:
    """What a line for a shell does."""
    for found in _REDIRECTED.finditer(_QUOTED.sub("q", line)):
        if found[1] not in ("/dev/null", "/dev/stderr", "/dev/stdout"):
            yield Wrong("the command line writes to a file", "effects: writes")
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
            yield _script(next(option for option in options if not option.startswith("-")))
    elif program == "ssh":
        yield from _line(_far(options), effects, depth + 1)
    elif program == "find":
        yield from _find(options, effects, depth)
    elif program == "snakemake":
        yield from _snakemake(options, effects)
    elif wrong := _plain(program, options):
        yield wrong
    elif script := _script_of(words[0], program, options):
        yield _script(script)


def _script(name: str) -> Wrong:
    told = f"what {clip(name)} does is not known to this check"
    return Wrong(told, "say its effects after reading it, or name a program that only reads", certain=False)


def _script_of(first: str, program: str, options: list[str]) -> str:
    """The script that the command runs, by its own path or as an interpreter's; empty where it runs none."""
    if "/" in first and not first.startswith("/"):
        return first
    if not _INTERPRETERS.fullmatch(program):
        return ""
    for option in options:
        if option in _INTERPRETER_VALUES:  # code, a module, or an option whose value is no script
            return ""
        if not option.startswith("-"):
            return option
    return ""


def _wrapped(options: list[str]) -> list[str]:
    """The command within `env A=b nice -n 5 COMMAND`."""
    rest = list(options)
    while rest and (rest[0].startswith("-") or _ASSIGNED.match(rest[0]) or re.fullmatch(r"[\d.]+[smhd]?", rest[0])):
        taken = rest.pop(0)
        if taken in _TAKES_VALUE and rest:
            rest.pop(0)
    return rest


def _far(options: list[str]) -> str:
    """What `ssh -p 22 HOST COMMAND` has done there; empty where it only opens a shell."""
    rest = list(options)
    while rest and rest[0].startswith("-"):
        taken = rest.pop(0)
        if taken in _SSH_VALUES and rest:
            rest.pop(0)
    return " ".join(rest[1:])


def _find(options: list[str], effects: str, depth: int) -> Iterator[Wrong]:
    if "-delete" in options:
        yield Wrong("`find -delete` deletes what it finds", "effects: deletes")
    if any(option.startswith(("-fprint", "-fls")) for option in options):
        yield Wrong("`find -fprint` writes to a file", "effects: writes")
    for number, option in enumerate(options):
        if option in ("-exec", "-execdir", "-ok", "-okdir"):
            yield from _command(options[number + 1 :], effects, depth + 1)


def _snakemake(options: list[str], effects: str) -> Iterator[Wrong]:
    changing = [option for option in options if _SNAKEMAKE_CHANGES.match(option)]
    if changing:
        yield Wrong(f"`snakemake {changing[0]}` changes the scene", "effects: deletes")
    elif not any(_SNAKEMAKE_QUERY.match(option) for option in options):
        yield Wrong("snakemake without -n or a query runs the workflow", "effects: runs-workflow")
    elif effects == "read-only":
        yield Wrong("every snakemake query writes inside .snakemake/", "effects: engine-bookkeeping")


def _plain(program: str, options: list[str]) -> Wrong | None:
    verb = next((word for word in options if not word.startswith("-")), "")
    if program in _DELETES:
        return Wrong(f"`{program}` deletes what it is given", "effects: deletes")
    if program in _WRITES:
        return Wrong(f"`{program}` changes what it is given", "effects: writes, or deletes")
    if program in _STOPS and not (program == "kill" and options[:1] in (["-0"], ["-l"])):
        if program == "scontrol" and verb in ("show", "ping", "version", ""):
            return None
        return Wrong(
            f"`{program}` stops or changes what is running",
            "effects: writes; better: an action that the operator takes",
        )
    if program in ("sed", "perl") and any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in options):
        return Wrong(f"`{program} -i` changes the file in place", "effects: writes")
    if program == "crontab" and "-l" not in options:
        return Wrong("`crontab` without -l changes what runs when", "-l, or effects: writes")
    if program == "sort" and any(re.match(r"-[a-zA-Z]*o|--output", word) for word in options):
        return Wrong("`sort -o` writes to a file", "effects: writes")
    if program in _AWKS and any("system(" in word for word in options):
        return Wrong(f"`{program}` calls system(), which may run anything", "effects: writes, after reading it")
    if program in ("make", "gmake") and not {"-n", "--dry-run", "--just-print", "-q", "--question"} & set(options):
        return Wrong(
            f"`{program}` may run anything",
            "-n, or effects: writes, runs-workflow or deletes, after reading the target",
        )
    if program == "git":
        verb = _git_verb(options)
        if verb not in _GIT_READS and verb:
            return Wrong(f"`git {verb}` may change the repository", "effects: writes")
    elif verb in _CLUSTER_CHANGES.get(program, ()):
        return Wrong(f"`{program} {verb}` changes what is running", "effects: writes, or deletes")
    if found := elsewhere.changes(program, options):
        return Wrong(*found)
    return None


def _git_verb(options: list[str]) -> str:
    rest = list(options)
    while rest and rest[0].startswith("-"):
        taken = rest.pop(0)
        if taken in ("-C", "-c", "--git-dir", "--work-tree", "--namespace") and rest:
            rest.pop(0)
    return rest[0] if rest else ""
