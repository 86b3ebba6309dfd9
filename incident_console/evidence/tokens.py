"""Which secrets are known by their shape alone: tokens of clouds and forges, headers, passwords in URLs.

Shapes from the issuers' documentation. Every pattern starts with literal bytes and each repetition stops at what the
next one starts with (or is bounded), so that no input makes the search slower than linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from incident_console.evidence.secret import Secret

_WORD = rb"(?<![A-Za-z0-9_-]%s)"
"""Right behind a literal: no word may run into it from the left."""


def _shape(literal: bytes, rest: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(literal) + _WORD.replace(b"%s", re.escape(literal)) + rest)


_SHAPES: tuple[tuple[str, bytes, re.Pattern[bytes]], ...] = tuple(
    (kind, literal, _shape(literal, rest))
    for kind, literals, rest in (
        ("aws-key", (b"AKIA", b"ASIA"), rb"[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("github-token", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"), rb"[A-Za-z0-9]{36,255}"),
        ("github-token", (b"github_pat_",), rb"[A-Za-z0-9_]{22,255}"),
        ("gitlab-token", (b"glpat-", b"gldt-", b"glrt-", b"glcbt-", b"glptt-"), rb"[A-Za-z0-9_.-]{20,255}"),
        ("slack-token", (b"xoxa-", b"xoxb-", b"xoxp-", b"xoxo-", b"xoxr-", b"xoxs-"), rb"[A-Za-z0-9-]{10,255}"),
        ("slack-token", (b"xapp-",), rb"[0-9]-[A-Za-z0-9-]{10,255}"),
        ("google-key", (b"AIza",), rb"[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        ("google-token", (b"ya29.",), rb"[A-Za-z0-9_-]{20,2048}"),
        ("npm-token", (b"npm_",), rb"[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
        ("pypi-token", (b"pypi-AgE",), rb"[A-Za-z0-9_-]{40,2048}"),
        ("huggingface-token", (b"hf_",), rb"[A-Za-z0-9]{30,64}(?![A-Za-z0-9])"),
        ("stripe-key", (b"sk_live_", b"rk_live_"), rb"[A-Za-z0-9]{16,255}"),
        ("jwt", (b"eyJ",), rb"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    )
    for literal in literals
)

_DIGIT = re.compile(rb"[0-9]")
_URL = re.compile(rb"://[^\s/:@\"'<>]{0,256}:([^\s/\"'<>\0]{1,512})@")
_SLACK_HOOK = re.compile(rb"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]{20,255})")
_BEARER = re.compile(rb"bearer[ \t]{1,8}([A-Za-z0-9._~+/=-]{8,})")
_HEADER = re.compile(
    rb"authorization\\?[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\?[\"']?(?:(basic|bearer|token|negotiate|apikey)[ \t]{1,8})?"
    rb"([^\s\"'\\,;\0]{8,})"
)


def secrets(data: bytes) -> Iterator[Secret]:
    for kind, literal, pattern in _SHAPES:
        if literal in data:
            yield from (Secret(*found.span(), kind) for found in pattern.finditer(data))
    yield from (Secret(*found.span(1), "url-password") for found in _URL.finditer(data) if not _is_reference(found[1]))
    yield from (Secret(*found.span(1), "slack-token") for found in _SLACK_HOOK.finditer(data))
    lower = data.lower()
    for found in _HEADER.finditer(lower):
        if (found[1] or len(found[2]) >= 16) and not _is_reference(found[2]):
            kind = found[1].decode() if found[1] in (b"basic", b"bearer") else "authorization"
            yield Secret(*found.span(2), kind)
    for found in _BEARER.finditer(lower):
        if _DIGIT.search(found[1]):
            yield Secret(*found.span(1), "bearer")


def _is_reference(value: bytes) -> bool:
    """`${TOKEN}` and `$TOKEN` name a secret without telling it."""
    return re.fullmatch(rb"\$\{\w{1,100}\}|\$[A-Za-z_]\w{0,100}|\*{3,}|<\w{1,100}>", value) is not None
