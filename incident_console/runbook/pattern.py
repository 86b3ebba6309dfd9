"""May this regular expression be tried on what somebody types? A refusal must never hang the screen.

Python's `re` cannot be interrupted, so the work is bounded beforehand: a pattern whose worst case explodes is refused
when the runbook is read, and the text it is tried on is cut so that the worst case stays under about 0.2 s.
"""

from __future__ import annotations

import math
import re

MAX_PATTERN = 300
MAX_TEXT = 2_000
_LEAST_TEXT = 60
_STEPS = 20_000_000
_LITERAL = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = re.compile(r"[*+]|\{[0-9,]+\}")


def problem(pattern: str) -> tuple[str, str] | None:
    """What is wrong with the pattern and what is allowed, or None where it may be used."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern has {len(pattern)} characters", f"at most {MAX_PATTERN}; use several refusals"
    try:
        re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as fault:
        return f"the pattern is not a regular expression: {fault}", "Python's `re` syntax"
    bare = _LITERAL.sub("x", pattern)
    if re.search(r"\(\?(?![:=!])", bare):
        return "the pattern uses an extension such as flags or names", "plain groups; letter case is ignored anyway"
    if re.search(r"\)([*+]|\{[0-9,]+\})", bare):
        return "the pattern repeats a group, which can take for ever", "repeat single characters or classes"
    if _reach(pattern) < _LEAST_TEXT:
        return "the pattern could take too long on ordinary text", "fewer *, +, ? and alternatives; begin with ^"
    return None


def found(pattern: str, text: str) -> bool:
    """Whether the pattern occurs in the beginning of `text`, letter case ignored."""
    return re.search(pattern, text[: _reach(pattern)], re.IGNORECASE) is not None


def _reach(pattern: str) -> int:
    """How many characters the pattern may be tried on: `factor * n**k / k!` is its worst case."""
    bare = _LITERAL.sub("x", pattern)
    factor = 2 ** min(len(re.findall(r"(?<!\()\?", bare)), 60)
    for run in re.split(r"[()]", bare):
        factor *= run.count("|") + 1
    repeats = len(_REPEAT.findall(bare)) + (not bare.startswith("^") or "|" in re.sub(r"\(.*\)", "", bare))
    if repeats == 0:
        return MAX_TEXT
    reach = (_STEPS / factor * math.factorial(repeats)) ** (1 / repeats)
    return min(MAX_TEXT, int(reach))
