"""Why would a job be run? The classes of reasons that a plan gives, in the words of Snakemake 7 to 9."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReasonClass:
    """One class of reasons: `told` is how a job's `reason:` says it, `summed` how the list at the end does."""

    name: str
    words: str
    told: re.Pattern[str]
    summed: tuple[str, ...]


def _class(name: str, words: str, told: str, *summed: str) -> ReasonClass:
    return ReasonClass(name, words, re.compile(told), summed)


REASONS: tuple[ReasonClass, ...] = (
    _class("forced", "forced", r"Forced execution", "forced"),
    _class("incomplete-output", "half-made output", r"Incomplete output files", "incomplete output files"),
    _class(
        "missing-output",
        "missing output",
        r"Missing output files",
        "output files have to be generated",
        "missing output files",
    ),
    _class("code", "code changed", r"Code has changed", "code has changed since last execution"),
    _class("params", "params changed", r"Params have changed", "params have changed since last execution"),
    _class(
        "input-set",
        "input set changed",
        r"Set of input files has changed",
        "set of input files has changed since last execution",
    ),
    _class(
        "software",
        "software changed",
        r"Software environment definition has changed",
        "software environment definition has changed since last execution",
    ),
    # All inputs that are newer may be those that another job makes: then the list is empty.
    _class("updated-input", "updated input", r"Updated input files: [^;\s]", "updated input files"),
    _class("upstream", "updated upstream", r"Input files updated by another job", "input files updated by another job"),
    _class("always", "run always", r"always executed", "neither input nor output", "run or shell but no output"),
    _class(
        "needed",
        "needed by another job",
        r"is a pipe and has to be filled|provides a service",
        "pipe output needed by consuming job",
        "provides service for consuming job",
        "input is yielded by queue that has not been terminated yet",
    ),
)
"""In the order of what decides: a job whose output is missing would be run whatever else has changed, and one whose
code changed is not run because of what comes before it."""
OTHER = ReasonClass("other", "no reason told", re.compile(r"(?!)"), ())
_WORDS = {one.name: one.words for one in (*REASONS, OTHER)}


def deciding(reason: str) -> str:
    """The name of the class that decides, of a job's whole `reason:`."""
    return next((one.name for one in REASONS if one.told.search(reason)), OTHER.name)


def summed(words: str) -> str:
    """The name of the class that the list of reasons at the end of a dry run calls so."""
    return next((one.name for one in REASONS if words in one.summed), OTHER.name)


def words_of(name: str) -> str:
    return _WORDS[name]
