"""Which lines does the operator want to see, as written in one line?

    word "two words" /regex/ -word level:warning file:align.log rule:align sample:B

All terms must hold. `-` before a term: it must not. A word is found anywhere in the line; its case matters when it has
an upper-case letter. `level:warning` is warnings and worse, in letters of any case; a line without a level belongs to
the line before it (see `levels.Levels`). `file:`, `rule:` and `sample:` name a word or a part of the path of the file
that the line is from, exactly or with `*` and `?`; the ending of a file's name may be left out.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from incident_console.errors import InputError
from incident_console.tail.finding.finders import matcher
from incident_console.tail.finding.levels import Level

Kind = Literal["text", "regex", "level", "origin"]

_LEVELS = {"error": Level.ERROR, "warning": Level.WARNING, "info": Level.INFO, "debug": Level.DEBUG}
_KEYS = ("level", "file", "rule", "sample")
_TERM = re.compile(
    r'(?P<without>-(?=\S))?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"(?=\s|$)'
    r"|/(?P<regex>(?:[^/\\]|\\.)+)/(?=\s|$)"
    rf'|(?P<key>(?i:{"|".join(_KEYS)})):(?:"(?P<quoted_value>[^"]*)"(?=\s|$)|(?P<value>[^\s"]*))(?=\s|$)'
    r"|(?P<word>\S+))"
)


@dataclass(frozen=True, slots=True)
class Term:
    kind: Kind
    value: str
    without: bool = False
    """It must not hold."""

    @property
    def level(self) -> Level:
        return _LEVELS[self.value]


@dataclass(frozen=True, slots=True)
class Filter:
    """What `parse` understood. All terms must hold."""

    text: str
    """As it was written."""
    terms: tuple[Term, ...]


def parse(text: str) -> Filter:
    """Raises InputError with a sentence on what is not understood."""
    terms = tuple(_term(found) for found in _TERM.finditer(text))
    if not terms:
        raise InputError('The filter is empty: write a word, "two words", /regex/, -word, level:error or rule:NAME.')
    return Filter(text.strip(), terms)


def _term(found: re.Match[str]) -> Term:
    without = bool(found["without"])
    if found["quoted"] is not None:
        value = re.sub(r"\\(.)", r"\1", found["quoted"])
        if not value:
            raise InputError('The filter has nothing between its quotes: write "two words".')
        return Term("text", value, without)
    if found["regex"] is not None:
        value = found["regex"].replace(r"\/", "/")
        matcher(value, regex=True)
        return Term("regex", value, without)
    if found["key"] is not None:
        value = found["quoted_value"] if found["value"] is None else found["value"]
        return _keyed(found["key"].lower(), value, without)
    word = found["word"]
    if word.startswith('"') or (":" in word and '"' in word and word.split(":")[0].lower() in _KEYS):
        raise InputError(f"The filter has a quote that is not closed: {word} …")
    if word.startswith("/"):
        raise InputError(f'The filter has an expression that no / ends: {word} … For a path write "{word}".')
    return Term("text", word, without)


def _keyed(key: str, value: str, without: bool) -> Term:
    if not value:
        raise InputError(f"The filter says {key}: and no value; write {key}:{'error' if key == 'level' else 'NAME'}.")
    if key != "level":
        return Term("origin", value, without)
    level = value.lower()
    if level not in _LEVELS:
        raise InputError(f"level:{value[:20]} is none of {', '.join(_LEVELS)}.")
    return Term("level", level, without)


def is_from(origin: str, pattern: str) -> bool:
    """Whether a tag or a title (words, paths) names this file, rule or sample."""
    words = origin.split()
    parts = {origin, *words, *(part for word in words for part in re.split(r"[/\\:·,()]+", word) if part)}
    parts |= {part.split(".")[0] for part in parts if "." in part.strip(".") and not part.startswith(".")}
    parts |= {part.rsplit(".", 1)[0] for part in parts if "." in part.strip(".")}
    return any(fnmatchcase(part, pattern) for part in parts)
