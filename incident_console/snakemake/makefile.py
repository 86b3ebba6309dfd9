"""Would `make -n` run anything by itself? Looks at a makefile's text before make is asked what a target does.

GNU make executes some things even when it shall only print: recipe lines that begin with `+` or name `$(MAKE)`,
`$(shell …)` and `!=` while it reads, and the recipes that remake an included makefile or the makefile itself. Where one
of these might do more than look, make is not to be asked: nobody can tell then what the makefile's targets do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice

from incident_console.snakemake.shelleffects import effects_of

SIZE_LIMIT = 256 << 10
_LINE = 16_384
_CALLS = 100
NAMES = ("GNUmakefile", "makefile", "Makefile")
"""In the order in which make looks for them."""

_SHELL = re.compile(r"\$[({](?:call\s+)?shell\b\s*,?")
_MADE = re.compile(r"\$[({]\s*(?:call\s+)?(file|eval|guile)\b")
_REFERENCE = re.compile(r"\$[({]([\w.-]+)[)}]|\$([@<^?*%+|])")
_MAKE = re.compile(r"\$[({]MAKE[)}]")
_PLAIN_MAKE = re.compile(r"[@\s-]*\$[({]MAKE[)}]((?:\s+[\w./:@%,=-]+)*)\s*\Z")
_ASSIGNMENT = re.compile(
    r"\s*(?:(?:export|override|private|unexport)\s+)*([\w.%-]+)\s*(!|\?|\+|:{1,3})?=(.*)", re.DOTALL
)
_PLUS = re.compile(r"[\s@-]*\+")
_PLUS_BEHIND = re.compile(r"[^=]*:[^=].*;[\s@-]*\+")
_INCLUDE = re.compile(r"[ ]*(-|s)?include\s+(.+)")
_RULE = re.compile(r"([^\t#=:][^=:]*?)\s*(?:&?::?)(?!=)(?:[^=]|\Z)")
_FLAGS = re.compile(
    r"\s*(?:--(?:no-[\w-]+|warn[\w-]*|silent)|-[rsj]\d*|-[rs]+)(?:\s+(?:--(?:no-[\w-]+|warn[\w-]*|silent)|-[rs]+))*\s*\Z"
)
_OPAQUE = re.compile(r"[ ]*(?:load|-load)\s|\s*\.RECIPEPREFIX\b|\.ONESHELL\b")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of make, as its words tell."""

    directory: str | None = None
    makefile: str | None = None
    opaque: str = ""
    """An option that makes it run or read what cannot be seen; empty when there is none."""
    words: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Makefile:
    """What a makefile's text says. `runs`: what would be run by `make -n`, as sentences with line numbers."""

    runs: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    """Of `$(MAKE)`, which goes on printing only if that makefile does."""
    targets: tuple[str, ...] = field(default=(), repr=False)

    def remakes(self, name: str) -> bool:
        """Whether a rule may be one for the file `name`."""
        return any(fnmatchcase(name, _pattern(target)) for target in self.targets)


def call_of(words: Sequence[str]) -> Call:
    """`words` are those after `make`."""
    directory = makefile = None
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in ("-C", "--directory"):
            directory = value if equals else next(rest, "")
        elif name in ("-f", "--file", "--makefile"):
            makefile = value if equals else next(rest, "")
        elif word.startswith(("-C", "-f")) and not word.startswith("--"):
            directory, makefile = (word[2:], makefile) if word[1] == "C" else (directory, word[2:])
        elif name in ("-E", "--eval", "-I", "--include-dir") or word.startswith(("-E", "-I")):
            return Call(directory, makefile, f"make {word} reads more than its makefile", tuple(words))
        elif equals and not name.startswith("-") and not effects_free(value):
            return Call(directory, makefile, f"make {word} runs a command while it reads", tuple(words))
    return Call(directory, makefile, words=tuple(words))


def effects_free(text: str) -> bool:
    """Whether a variable's text runs nothing when make expands it."""
    return not _SHELL.search(text) and not _MADE.search(text) and not _PLUS.match(text)


def read_makefile(text: str) -> Makefile:
    """Never raises for what the text holds."""
    runs: list[str] = []
    includes: list[str] = []
    calls: list[Call] = []
    targets: list[str] = []
    for number, line in _logical(text):
        runs += (f"line {number}: {why}" for why in _runs(line))
        if len(line) > _LINE:
            continue
        if line.startswith("\t"):
            if _MAKE.search(line) and (plain := _PLAIN_MAKE.match(line)) is not None:
                calls.append(call_of(plain[1].split()))
            continue
        if found := _INCLUDE.match(line):
            includes += found[2].split()
        elif not _ASSIGNMENT.match(line) and (rule := _RULE.match(line)):
            targets += rule[1].split()
    return Makefile(tuple(runs), tuple(includes), tuple(calls), tuple(targets))


def _runs(line: str) -> Iterator[str]:
    recipe = line.startswith("\t")
    if len(line) > _LINE:
        yield "the line is too long to be read"
        return
    if _PLUS.match(line) or (not recipe and _PLUS_BEHIND.match(line)):
        yield "a recipe line with + is run even then"
    if _MAKE.search(line) and not (_PLAIN_MAKE.match(line) if recipe else _ASSIGNMENT.match(line)):
        yield "a line with $(MAKE) is run even then, with all else that stands in it"
    if _OPAQUE.match(line):
        yield f"`{line.strip()[:40]}` changes how the makefile is read"
    if found := _MADE.search(line):
        yield f"$({found[1]} …) may do anything while make reads"
    for script in _shell_calls(line):
        if not effects_of(_REFERENCE.sub(r"\1", script).replace("$$", "$")).none:
            yield f"$(shell {script.strip()[:60]}) is run while make reads"
    if not recipe and (found := _ASSIGNMENT.match(line)):
        name, operator, value = found.groups()
        if operator == "!" and not effects_of(_REFERENCE.sub(r"\1", value).replace("$$", "$")).none:
            yield f"`{name} != {value.strip()[:60]}` is run while make reads"
        if _PLUS.match(value):
            yield f"{name} begins with +, and a recipe line that begins with it is run even then"
        if name == "MAKE" or (name in ("MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS") and not _FLAGS.match(value)):
            yield f"{name} is set, so that a make below this one may run what it shall only print"


def _shell_calls(line: str) -> Iterator[str]:
    """What stands in each `$(shell …)`, up to the bracket that closes it."""
    calls = list(islice(_SHELL.finditer(line), _CALLS + 1))
    if len(calls) > _CALLS:
        yield "more calls than can be read"
        return
    for found in calls:
        opening = line[found.start() + 1]
        closing = ")" if opening == "(" else "}"
        depth, at = 1, found.end()
        end = min(len(line), at + _LINE)
        while at < end and depth:
            depth += (line[at] == opening) - (line[at] == closing)
            at += 1
        yield line[found.end() : at - 1] if not depth else "a call without an end"


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations, numbered by their first; comments that make does not expand are left out."""
    held, first = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        first = first if held else number
        held += line.rstrip("\r")
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        if held.startswith("\t") or not held.lstrip().startswith("#"):
            yield first, held
        held = ""
    if held:
        yield first, held


def _pattern(target: str) -> str:
    return target.replace("[", "[[]").replace("%", "*", 1) if "%" in target else target.replace("[", "[[]")
