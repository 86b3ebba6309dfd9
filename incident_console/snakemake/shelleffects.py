"""What would these shell commands do to a workflow's folder? Read, never run; what is not known is not guessed.

Only three things are told: files are written, the workflow is run, files are deleted (the evidence among them). A
command that is not known as harmless is `unclear`, with its words.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from incident_console.snakemake.asks import effect_of

Kind = Literal["writes", "runs-workflow", "deletes"]

LINES = 5000
_LINE = 16_384
_DEPTH = 5
_SHOWN = 100


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HARMLESS = _set(
    "echo printf true false : test [ [[ cd pwd ls cat head tail grep egrep fgrep zcat sort uniq wc cut tr date which "
    "command type export set unset read sleep diff cmp comm sha256sum sha1sum md5sum jq column df du stat file uname "
    "hostname nproc id whoami basename dirname realpath readlink seq expr env printenv exit return wait trap shift "
    "for case esac done fi break continue tput tree getconf"
)
_DELETES = _set("rm rmdir unlink shred truncate")
_WRITES = _set(
    "cp mv mkdir touch install ln tee dd chmod chown patch curl wget pip pip3 conda mamba micromamba npm zip unzip "
    "gzip gunzip bzip2 xz tar rsync split csplit mktemp"
)
_KEYWORDS = _set("if then elif else while until do ! { } time")
_SHELLS = _set("sh bash dash zsh ksh")
_RUNNERS = _set("uv poetry pixi pipenv hatch conda mamba micromamba")
_WRAPPERS = _set("nice nohup exec sudo ionice stdbuf timeout xargs command env chronic")
_TAKES_VALUE = _set("-n -p -s -k -u -I -L -P -d --name --prefix --signal --with --extra --env -e")
_GIT_ASKS = _set("status log diff show rev-parse describe ls-files ls-tree branch blame cat-file config")
_GIT_THROWS_AWAY = _set("checkout restore reset stash rm")
_EVIDENCE = re.compile(
    r"(?:\A|[/\"'{])(?:\.snakemake|logs?|benchmarks?|results?|publish(?:ed)?|out(?:puts?)?|provenance\S*)(?:[/\"'*}]|\Z)"
)
_ASSIGNED = re.compile(r"\w+\+?=")
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?\Z")
_SUBSTITUTED = re.compile(r"\$\(([^()]*)\)|`([^`]*)`")
_BREAK = re.compile(r"[;&|()\n]+\Z")
_NUMBER = re.compile(r"[\d.]+[smhd]?\Z")


@dataclass(frozen=True, slots=True)
class Effect:
    kind: Kind
    command: str
    """Its words, cut."""
    evidence: bool = False
    """Of what is deleted: whether it is what a run leaves as evidence, such as logs or `.snakemake`."""


@dataclass(frozen=True, slots=True)
class Effects:
    found: tuple[Effect, ...] = ()
    unclear: tuple[str, ...] = ()
    """Commands of which nobody can tell what they do."""

    @property
    def none(self) -> bool:
        return not self.found and not self.unclear


def effects_of(script: str) -> Effects:
    """The effects of a shell script's lines, each told once. Never raises for what it holds."""
    told = tuple(dict.fromkeys(_script(script, 0)))
    return Effects(
        tuple(one for one in told if isinstance(one, Effect)), tuple(one for one in told if isinstance(one, str))
    )


def _script(script: str, depth: int) -> Iterator[Effect | str]:
    lines = script.replace("\\\n", " ").split("\n")
    if len(lines) > LINES or depth > _DEPTH:
        yield "more commands than can be read"
        return
    for line in lines:
        if line.strip() and not line.strip().startswith("#"):
            yield from _line(line.strip(), depth)


def _line(line: str, depth: int) -> Iterator[Effect | str]:
    if len(line) > _LINE:
        yield _shown(line)
        return
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>()")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        yield _shown(line)
        return
    command: list[str] = []
    words = iter(tokens)
    for token in words:
        if _BREAK.match(token):
            yield from _command(command, depth)
            command = []
        elif token[:1] in "<>" or token in ("&>", "&>>"):
            target = next(words, "")
            if token.startswith("<<"):
                yield _shown(line)  # what follows is text, not commands
            elif ">" in token and target != "/dev/null" and not (token.endswith("&") and target.isdigit()):
                yield Effect("writes", _shown(f"{shlex.join(command)} {token} {target}"))
        else:
            command.append(token)
        for found in _SUBSTITUTED.finditer(token):
            yield from _script(found[1] or found[2] or "", depth + 1)
    yield from _command(command, depth)


def _command(words: Sequence[str], depth: int) -> Iterator[Effect | str]:
    words = _bare(words)
    if not words or words == ["$"]:
        return
    program, rest = PurePath(words[0]).name, words[1:]
    told = _shown(" ".join(words))
    if program == "snakemake" or (_PYTHON.match(program) and rest[:2] == ["-m", "snakemake"]):
        kind = effect_of(rest if program == "snakemake" else rest[2:])
        if kind is not None:
            yield Effect(kind, told, evidence=kind == "deletes")
    elif program in _SHELLS or program == "eval":
        yield from _shell(program, rest, told, depth)
    elif program == "find":
        yield from _find(rest, told, depth)
    elif program == "git":
        yield from _git(rest, told)
    elif program in _DELETES or (program == "rsync" and any(word.startswith("--del") for word in rest)):
        yield Effect("deletes", told, any(_EVIDENCE.search(word) for word in rest))
    elif program in _WRITES or (program == "sed" and any(word.startswith(("-i", "--in-place")) for word in rest)):
        yield Effect("writes", told)
    elif not _harmless(program, rest):
        yield told


def _harmless(program: str, rest: list[str]) -> bool:
    if program in ("awk", "sed"):
        return not any("system" in word or ">" in word or "|" in word for word in rest)
    if program in (".", "source"):
        return bool(rest) and PurePath(rest[0]).name == "activate"
    return program in _HARMLESS or rest in (["--version"], ["-V"], ["--help"])


def _bare(words: Sequence[str]) -> list[str]:
    """The command itself, without keywords, assignments and what only wraps it."""
    words = list(words)
    while words:
        program = PurePath(words[0]).name
        if words[0] in _KEYWORDS or _ASSIGNED.match(words[0]):
            words = words[1:]
        elif program in _RUNNERS and words[1:2] == ["run"]:
            words = _after_options(words[2:])
        elif program in _WRAPPERS and len(words) > 1 and words[1] not in ("-v", "-V"):
            words = _after_options(words[1:])
            if program == "timeout" and words and _NUMBER.match(words[0]):
                words = words[1:]
        else:
            break
    return words


def _after_options(words: list[str]) -> list[str]:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in _TAKES_VALUE else words[1:]
    return words


def _shell(program: str, rest: Sequence[str], told: str, depth: int) -> Iterator[Effect | str]:
    if program == "eval":
        yield from _script(" ".join(rest), depth + 1)
        return
    words = iter(rest)
    for word in words:
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            yield from _script(next(words, ""), depth + 1)
            return
        if not word.startswith("-"):
            break
        if word.endswith(("o", "O")):
            next(words, None)  # `-o pipefail`
    yield told


def _find(rest: Sequence[str], told: str, depth: int) -> Iterator[Effect | str]:
    if "-delete" in rest:
        yield Effect("deletes", told, any(_EVIDENCE.search(word) for word in rest))
    if any(word.startswith("-fprint") for word in rest):
        yield Effect("writes", told)
    for at, word in enumerate(rest):
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            for one in _command(rest[at + 1 :], depth + 1):
                named = isinstance(one, Effect) and any(_EVIDENCE.search(word) for word in rest)
                yield Effect(one.kind, told, named) if isinstance(one, Effect) else told


def _git(rest: Sequence[str], told: str) -> Iterator[Effect | str]:
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in ("-C", "-c") else rest[1:]
    verb = rest[0] if rest else ""
    dry = any(word in ("-n", "--dry-run") for word in rest)
    if dry or not verb or verb in _GIT_ASKS:
        return
    thrown = verb == "clean" or verb in _GIT_THROWS_AWAY
    # What git does not track goes: logs and results, if the command is not held to other paths.
    yield Effect("deletes" if thrown else "writes", told, evidence=verb == "clean")


def _shown(words: str) -> str:
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
