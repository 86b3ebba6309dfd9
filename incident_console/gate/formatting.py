"""Does a file still say the same after an edit? Then only its layout or its comments were changed.

Told by what each kind of file means by its tokens; a file that is no longer well-formed says something else.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

LIMIT = 128 * 1024
"""Bytes of a file that is read for its meaning; of a larger one only the white space at line ends is passed over."""

_DEPTH = 200
_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL})
_TRAILING = re.compile(rb"(?<!\\)[ \t\r]+$")


def same_but_for_layout(name: str, before: bytes, after: bytes) -> bool:
    """Whether two texts of one file mean the same."""
    path = PurePosixPath(name)
    means = _KINDS.get(path.suffix.lower() or path.name, _lines)
    if max(len(before), len(after)) > LIMIT:
        means = _lines
    try:
        return means(before) == means(after)
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError):
        return _lines(before) == _lines(after)


def _lines(text: bytes) -> list[bytes]:
    """A backslash at the end of a line keeps what follows it: there white space means something."""
    lines = [_TRAILING.sub(b"", line) for line in text.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _python(text: bytes) -> list[tuple[int, str]]:
    """Python and Snakemake: what is a word, a string, a block; not how far it is indented."""
    found = tokenize.tokenize(io.BytesIO(text).readline)
    blank = (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE)
    return [(token.type, "" if token.type in blank else token.string) for token in found if token.type not in _LAYOUT]


def _yaml(text: bytes) -> list[tuple[object, ...]]:
    """The events of a parser, which expands no alias."""
    import yaml

    def events() -> Iterator[tuple[object, ...]]:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH:
                raise ValueError("nested too deeply")
            told = (getattr(event, name, None) for name in ("value", "tag", "anchor", "implicit"))
            yield (type(event).__name__, *told)

    try:
        return list(events())
    except yaml.YAMLError:
        raise ValueError("no YAML") from None


def _json(text: bytes) -> list[str]:
    return [json.dumps(json.loads(text))]


_KINDS: dict[str, Callable[[bytes], object]] = {
    **dict.fromkeys((".py", ".smk", "Snakefile"), _python),
    **dict.fromkeys((".yaml", ".yml"), _yaml),
    ".json": _json,
}
