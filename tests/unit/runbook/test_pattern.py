"""A refusal's pattern may never hang the screen."""

from __future__ import annotations

import time

import pytest

from incident_console.runbook import pattern


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+$",
        "(a|a)*b",
        "(a?){30}a{30}",
        "a?" * 30 + "a" * 30,
        ".*.*.*.*.*x",
        "(a|a)" * 25 + "b",
        "(?x)(a+) +b",
        r"([a-z]+)*\d",
        "x{1,99}" * 20,
    ],
)
def test_a_pattern_that_could_explode_is_refused(expression: str) -> None:
    assert pattern.problem(expression) is not None


@pytest.mark.parametrize(
    "expression",
    [
        r"^(the )?(pipeline|workflow|it) is broken",
        r"(raise|increase|more) .{0,20}(retries|latency)",
        r"[*+?(]+ \(x\)\* \bword\b",
        r"^\W*(todo|tbd|\?+)\W*$",
    ],
)
def test_an_ordinary_pattern_is_allowed(expression: str) -> None:
    assert pattern.problem(expression) is None


@pytest.mark.parametrize(
    "expression", ["^.*.*x", ".*.*y", r"\w+\s*\w*;", "^(a|b|ab)(a|b|ab)(a|b|ab)c", "^a?a?a?a?aaaaz"]
)
@pytest.mark.parametrize("text", ["a" * 100_000, "ab" * 50_000, " " * 100_000, "x" * 100_000])
def test_an_allowed_pattern_answers_soon_on_the_worst_text(expression: str, text: str) -> None:
    assert pattern.problem(expression) is None
    started = time.monotonic()
    pattern.found(expression, text)
    assert time.monotonic() - started < 3


def test_letter_case_is_ignored_and_only_the_beginning_is_read() -> None:
    assert pattern.found("broken", "It is BROKEN")
    assert not pattern.found("broken", " " * pattern.MAX_TEXT + "broken")
