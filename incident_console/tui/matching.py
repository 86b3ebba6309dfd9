"""How well does a text fit what was typed? Word by word, a whole word before its letters in order; a few µs a text."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest
from typing import Protocol, TypeVar

BEGINS, STANDS, SCATTERED = 3.0, 2.0, 0.6
IN_TITLE = 2.0
"""What is found in the title counts so much more than what stands beside it."""
WORD_ENDS = " /-_.:#("


class Candidate(Protocol):
    @property
    def folded(self) -> tuple[str, str]:
        """The title, and it again with all else that it may be found by, case-folded."""
        ...

    @property
    def rank(self) -> float:
        """Of two that fit as well, the higher one is told first; far below 1."""
        ...


C = TypeVar("C", bound=Candidate)


def best(candidates: Iterable[C], typed: str, most: int) -> list[tuple[float, C]]:
    """The ones that fit best, best first."""
    words = typed.casefold().split()
    found = ((_score(each.folded, words), each) for each in candidates)
    fitting = ((score + each.rank, each) for score, each in found if score > 0)
    return nlargest(most, fitting, key=lambda pair: pair[0])


def _score(folded: tuple[str, str], words: list[str]) -> float:
    """0 when a word is nowhere."""
    title, whole = folded
    total = 0.0
    for word in words:
        at = whole.find(word)
        if at >= 0:
            here = BEGINS if at == 0 or whole[at - 1] in WORD_ENDS or f" {word}" in whole else STANDS
            here *= IN_TITLE if at < len(title) else 1.0
        else:
            here = SCATTERED * len(word) / (1 + _spread(title, word)) if len(word) > 2 else 0.0
        if here <= 0:
            return 0.0
        total += here
    # Of two titles that hold the same words the shorter one is more likely meant.
    return total + 1.0 / (8 + len(title))


def _spread(text: str, word: str) -> float:
    """How far apart its letters stand, from 0; infinite when they are not all there in order."""
    first = at = text.find(word[0])
    for letter in word[1:]:
        if at < 0:
            return float("inf")
        at = text.find(letter, at + 1)
    return at - first + 1 - len(word) if at >= 0 else float("inf")


def places(title: str, typed: str) -> tuple[int, ...]:
    """Which characters of a title to mark: those of the words that stand in it."""
    folded = title.casefold()
    if len(folded) != len(title):
        return ()
    marked: set[int] = set()
    for word in typed.casefold().split():
        at = folded.find(word)
        if at >= 0:
            marked.update(range(at, at + len(word)))
    return tuple(sorted(marked))
