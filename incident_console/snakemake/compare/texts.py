"""What do the workflow's own files say: its rules by directive, its config and profiles value by value?

Text is compared, nothing is run: a rule is what stands under `rule NAME:`, without comments and with single blanks.
Bounded in files and bytes; symbolic links are not followed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

import yaml

from incident_console.snakemake.compare.state import RuleText
from incident_console.snakemake.textfile import read_bytes

_FOLDERS = ("config", "profiles", "profile", "workflow", "rules", "scripts", "src", "envs", "lib")
_RULES = re.compile(r"(?i)snakefile[\w.-]*\Z|.*\.smk\Z")
_YAML = re.compile(r"(?i).*\.(ya?ml|json)\Z")
_SOURCE = re.compile(r"(?i).*\.(py|r|rmd|sh|bash|pl|jl|rs|awk|ipynb|smk|ya?ml|json|toml|tsv|csv|txt)\Z|snakefile.*")
_VISITS = 4000
_DEPTH = 6
_FILES = 1000
_FILE_LIMIT = 1 << 20
_ALL_LIMIT = 24 << 20
_VALUES = 5000
_NESTED = 40
_TEXT = 4000

_HEAD = re.compile(r"[ \t]*(?:use[ \t]+)?(?:rule|checkpoint)[ \t]+(?P<name>\w+)[^\n:]*:")
_DIRECTIVE = re.compile(r"[ \t]+(?P<name>[a-z_]+)[ \t]*:(?!=)[ \t]*(?P<rest>.*)\Z")
_TRIPLE = ('"""', "'''")
_COMMENT = re.compile(r"""^((?:[^"'#]|"[^"]*"|'[^']*')*)#.*$""")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Texts:
    rules: tuple[RuleText, ...]
    config: Mapping[str, str]
    profiles: Mapping[str, str]
    """By `profile NAME: key`."""
    sources: Mapping[str, str]
    """By path: SHA-256."""
    cut: bool
    """Whether there was more than is looked at."""


def read_texts(workdir: Path) -> Texts:
    """Reads the workflow's own files. Never raises for what they hold."""
    rules: list[RuleText] = []
    config: dict[str, str] = {}
    profiles: dict[str, str] = {}
    sources: dict[str, str] = {}
    room = _ALL_LIMIT
    cut = False
    for path in _files(workdir):
        if len(sources) >= _FILES or room <= 0:
            cut = True
            break
        data = read_bytes(path, _FILE_LIMIT + 1)
        if data is None or len(data) > _FILE_LIMIT:
            cut = cut or data is not None
            continue
        room -= len(data)
        name = os.fsencode(path.relative_to(workdir)).decode("utf-8", "backslashreplace")
        sources[name] = hashlib.sha256(data).hexdigest()
        if _RULES.match(path.name):
            rules += rules_of(data.decode("utf-8", "backslashreplace"))
        elif _YAML.match(path.name):
            values = yaml_values(data)
            cut = cut or len(values) >= _VALUES
            first = PurePath(name).parts[0]
            if first in ("profiles", "profile") or PurePath(name).parts[:2] == ("workflow", "profiles"):
                profiles |= {f"profile {PurePath(name).parent.name}: {key}": value for key, value in values.items()}
            elif first == "config" or len(PurePath(name).parts) == 1 or "config" in PurePath(name).parts[:2]:
                config |= {f"{name}: {key}": value for key, value in values.items()}
    return Texts(tuple(rules[:_VALUES]), dict(list(config.items())[:_VALUES]), profiles, sources, cut)


def _files(workdir: Path) -> Iterator[Path]:
    """The files at the top that look like a workflow's, then those of its own folders, by name."""
    waiting: list[tuple[Path, int]] = [(workdir, 0)]
    visits = 0
    while waiting:
        folder, depth = waiting.pop(0)
        try:
            with os.scandir(folder) as entries:
                listed = sorted(
                    (entry for entry, _ in zip(entries, range(_VISITS), strict=False)), key=lambda e: e.name
                )
        except OSError:
            continue
        for entry in listed:
            visits += 1
            if visits > _VISITS:
                return
            try:
                if entry.is_dir(follow_symlinks=False):
                    if (depth or entry.name in _FOLDERS) and depth < _DEPTH and not entry.name.startswith("."):
                        waiting.append((Path(entry.path), depth + 1))
                elif entry.is_file(follow_symlinks=False) and (_SOURCE if depth else _TOP).match(entry.name):
                    yield Path(entry.path)
            except OSError:
                continue


_TOP = re.compile(
    r"(?i)snakefile[\w.-]*\Z|.*\.(smk|py|r|sh)\Z|.*(config|samples|units|params)[\w.-]*\.(ya?ml|json|tsv|csv)\Z"
)


def rules_of(text: str) -> Iterator[RuleText]:
    """The rules of a Snakefile, by its indentation."""
    name: str | None = None
    depth, inner = 0, -1
    found: dict[str, list[str]] = {}
    current: list[str] = []
    fence = ""
    for line in text.splitlines():
        # Text in triple quotes may stand at any column and look like anything.
        inside, fence = bool(fence), _fence(line, fence)
        plain = line.lstrip()
        if not inside and (not plain or plain.startswith("#")):
            continue
        pad = len(line) - len(plain)
        if not inside and name is not None and pad <= depth:
            yield _rule(name, found)
            name = None
        head = None if inside or name is not None else _HEAD.match(line)
        if head is not None:
            name, depth, inner, found, current = head["name"], pad, -1, {}, []
        elif name is not None:
            directive = None if inside or inner not in (-1, pad) else _DIRECTIVE.match(line)
            if directive is not None:
                inner = pad
                current = found.setdefault(directive["name"], [])
                line = directive["rest"]
            current.append(line)
    if name is not None:
        yield _rule(name, found)


def _fence(line: str, fence: str) -> str:
    """The triple quotes that are open after this line, given those that were before it."""
    at = 0
    while True:
        places = [(line.find(mark, at), mark) for mark in ((fence,) if fence else _TRIPLE)]
        at, mark = min((place for place in places if place[0] >= 0), default=(-1, ""))
        if at < 0:
            return fence
        fence, at = "" if fence else mark, at + 3


def _rule(name: str, found: dict[str, list[str]]) -> RuleText:
    return RuleText(rule=name, directives={key: _plain(lines) for key, lines in list(found.items())[:60]})


def _plain(lines: list[str]) -> str:
    text = " ".join(" ".join(map(_uncommented, lines)).split()).rstrip(",").rstrip()
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}… sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _uncommented(line: str) -> str:
    return _COMMENT.sub(r"\1", line) if "#" in line and len(line) < _TEXT else line


def yaml_values(data: bytes) -> dict[str, str]:
    """A YAML or JSON file, flat: `samples[0]` -> its text as written. What it says before it makes no sense.

    Read event by event: to build a nested value libyaml recurses, and deep nesting would end the whole program.
    """
    values: dict[str, str] = {}
    open_: list[_Nest] = []
    try:
        for count, event in enumerate(yaml.parse(data, Loader=_LOADER)):
            if count > 4 * _VALUES or len(values) >= _VALUES or len(open_) > _NESTED:
                break
            if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
                text = event.value if isinstance(event, yaml.ScalarEvent) else f"*{event.anchor}"
                if open_ and open_[-1].wants_key:
                    open_[-1].key = text[:200]
                else:
                    values[_path(open_)] = text[:2000]
                    _next(open_)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                open_.append(_Nest(mapping=isinstance(event, yaml.MappingStartEvent)))
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                ended = open_.pop()
                if not ended.index:
                    values[_path(open_)] = "{}" if ended.mapping else "[]"
                _next(open_)
    except (yaml.YAMLError, ValueError):
        pass
    return values


class _Nest:
    """A mapping or a sequence that is being read."""

    def __init__(self, *, mapping: bool) -> None:
        self.mapping = mapping
        self.key: str | None = None
        self.index = 0

    @property
    def wants_key(self) -> bool:
        return self.mapping and self.key is None


def _path(nests: list[_Nest]) -> str:
    parts = (f".{one.key or '?'}" if one.mapping else f"[{one.index}]" for one in nests)
    return "".join(parts).removeprefix(".")[:1000]


def _next(nests: list[_Nest]) -> None:
    """A value has ended: the one around it goes on with the next."""
    if nests:
        if nests[-1].wants_key:
            nests[-1].key = "?"  # A key that is itself a list or a mapping.
        else:
            nests[-1].index += 1
            nests[-1].key = None


def flatten(name: str, value: object, into: dict[str, str], depth: int) -> None:
    """Adds the leaves of `value` to `into`; stops at so many values, and at such a depth."""
    if len(into) >= _VALUES:
        return
    if depth > _NESTED:
        # Counted as a value: a mapping that holds itself twice would else be followed without an end.
        into[name[:1000]] = "…"
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            flatten(f"{name}.{key}" if name else str(key)[:200], inner, into, depth + 1)
    elif isinstance(value, list | tuple) and value:
        for index, inner in enumerate(value[:_VALUES]):
            flatten(f"{name}[{index}]", inner, into, depth + 1)
    else:
        into[name[:1000]] = str(value)[:2000]
