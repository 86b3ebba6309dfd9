"""Would these words run as they are meant? Without a shell a blank, a pipe, a `>` and a glob are only letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePath


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_OPERATOR = re.compile(r"\|\|?|&&?|;|\d?>{1,2}(&\d)?|<|\d?>{1,2}\s*[\w./-]+")
_TAKES_OPERATORS = _set("expr test [ grep egrep fgrep rg jq find awk gawk sed echo printf")
"""Programs to which such a word may well be given."""
_READS_FILES = _set(
    "ls cat head tail wc stat file less zcat gzip gunzip xz bzip2 zstd sha256sum sha1sum md5sum shasum cksum"
)
"""Programs that take names of files and no patterns: a glob reaches them only as a name."""
_PATTERN_NEXT = ("-I", "--ignore", "--hide")
Wrong = tuple[str, str]


def unworkable(words: Sequence[str]) -> Wrong | None:
    """Why a command of these words, run without a shell, cannot work, and what to write; None where it may."""
    first = words[0]
    if re.match(r"[^\s/]+\s", first):
        return f"the program is called {first!r}, blanks and all", f"{_listed(first.split())}, or shell: true"
    program = PurePath(first).name
    for before, word in pairwise(words):
        if _OPERATOR.fullmatch(word) and program not in _TAKES_OPERATORS and not before.startswith("-"):
            return f"{word!r} is only a word here: no shell reads it", "shell: true, or one item for each command"
        if program in _READS_FILES and "*" in word and not word.startswith("-") and before not in _PATTERN_NEXT:
            return f"{word!r} is taken for a file's name: no shell fills it in", "shell: true, or name the files"
        if re.match(r"~/|\$\{?[A-Z_][A-Z0-9_]*\}?(/|$)", word):
            return f"{word!r} is only a word here: no shell fills it in", "shell: true, or write the path out"
    return None


def _listed(words: Sequence[str]) -> str:
    return f"[{', '.join(words)}]"
