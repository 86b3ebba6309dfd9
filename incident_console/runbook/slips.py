"""What did the writer of a YAML file slip on, and where? The parser's fault in words of what stands in the file.

A YAML parser tells what it was scanning, and often the place where it gave up, which is lines after the slip. What is
told here is the place of the slip, what stands there, and what to do; the parser's own words only where none are known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from incident_console.runbook.faults import clip

SHOWN = 40
"""Characters that are quoted of a line."""
_QUOTE_IT = "put the value in quotes"
_BY_CONTEXT = {
    "a flow sequence": ("the list that begins here with `[`", "]"),
    "a flow mapping": ("the mapping that begins here with `{`", "}"),
}


@dataclass(frozen=True, slots=True)
class Slip:
    """Line and column count from 1."""

    line: int
    column: int
    wrong: str
    do: str


@dataclass(frozen=True, slots=True)
class _Place:
    line: int
    column: int
    text: str
    """The whole line."""

    @property
    def before(self) -> str:
        return self.text[: self.column - 1]

    @property
    def rest(self) -> str:
        return self.text[self.column - 1 :]

    @property
    def quoted(self) -> str:
        """What stands there, to be quoted in a sentence."""
        return f"`{clip(self.rest, SHOWN)}`" if self.rest.strip() else "the end of the line"


def slip(fault: yaml.MarkedYAMLError, text: str) -> Slip:
    """`text` is the whole file."""
    lines = text.splitlines()
    end = _place(fault.problem_mark or fault.context_mark, lines)
    begin = _place(fault.context_mark or fault.problem_mark, lines)
    context, problem = fault.context or "", fault.problem or ""
    if "\t" in (end.text[: end.column] if not end.before.strip() else end.text[end.column - 1 : end.column]):
        return _at(end, "a tab stands where YAML wants spaces", "indent with spaces")
    if "expected ':'" in problem:
        wrong = f"no colon with a space behind it follows this key: {begin.quoted}"
        return _at(begin, wrong, "write `key: value`; a text of several lines begins with `|`")
    if "mapping values are not allowed" in problem:
        return _colon(end)
    for name, (what, closing) in _BY_CONTEXT.items():
        if name in context:
            wrong = f"{what} is not closed before line {end.line}, column {end.column}, or lacks a comma there"
            return _at(
                begin, wrong, f"close it with `{closing}`; a text in it that holds a colon or a bracket is quoted"
            )
    if "quoted scalar" in context:
        return _quoted(problem, begin, end)
    if "block scalar" in context:
        wrong = f"a text stands behind `{begin.rest[:1]}`, where only the line's end may"
        return _at(end, wrong, "begin the text on the next line, indented")
    if "cannot start any token" in problem or re.search(r"\ban? (?:alias|anchor|tag)\b", context):
        return _at(begin, f"a value cannot begin with `{begin.rest[:1]}`", _QUOTE_IT)
    if "a directive" in context:
        return _at(begin, "a line cannot begin with `%`", "remove the line, or put the value in quotes")
    if "sequence entries are not allowed" in problem:
        return _at(end, "a list begins on the line of its key", "begin each item on a line of its own, with `- `")
    if "node content" in problem:
        return _at(end, f"a value is missing before {end.quoted}", "write it, or remove the comma or the bracket")
    if "document start" in problem:
        return _at(end, "this stands outside of the document", "one file holds one document, without `%` or `...`")
    if "block mapping" in context or "block collection" in context:
        return _indented(begin, end)
    said = clip(" ".join((context, problem)).strip(), 120)
    return _at(
        end, f"this is not YAML, from {end.quoted} on", f"check quotes and indentation (its parser says: {said})"
    )


def _at(place: _Place, wrong: str, do: str) -> Slip:
    return Slip(place.line, place.column, wrong, do)


def _place(mark: yaml.Mark | None, lines: list[str]) -> _Place:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return _Place(line, column, lines[line - 1] if line <= len(lines) else "")


def _colon(place: _Place) -> Slip:
    if re.search(r":\s", place.before):
        return _at(place, "a second colon with a space stands on the line of this key", _QUOTE_IT)
    key = len(place.text) - len(place.text.lstrip()) + 1
    wrong = f"{_Place(place.line, key, place.text).quoted} stands deeper than the line above it, whose value is over"
    return Slip(place.line, key, wrong, "begin it in the column of the key that it belongs beside")


def _quoted(problem: str, begin: _Place, end: _Place) -> Slip:
    mark = begin.rest[:1]
    if "end of" in problem:
        return _at(begin, f"the quote {mark} that begins here is never closed", f"close it with {mark}")
    at = max(0, end.text.rfind("\\", 0, end.column))
    escape = f"`{clip(end.text[at : at + 3], SHOWN)}`"
    return Slip(
        end.line, at + 1, f"{escape} is no escape within double quotes", "double the backslash, or use single quotes"
    )


def _indented(begin: _Place, end: _Place) -> Slip:
    if end.before.strip():
        wrong = f"{end.quoted} stands behind a value that is over: its quote or bracket was closed"
        return _at(end, wrong, "put all of it in one pair of quotes; within '…' an apostrophe is written twice")
    begun = f"line {begin.line}, column {begin.column}"
    if end.rest.startswith("- "):
        wrong = f"this list item, {end.quoted}, belongs to no list: what is around it began in {begun}"
        return _at(end, wrong, "begin it in the column of the list's other items, below the list's key")
    wrong = f"{end.quoted} is indented like nothing above it: what is around it began in {begun}"
    return _at(end, wrong, "begin it in the column of the keys that it belongs beside")
