"""Which secrets are known by their shape alone: tokens of clouds and forges, passwords and signatures in URLs?

Shapes from the issuers' documentation. Every pattern starts with literal bytes and each repetition stops at what the
next one starts with (or is bounded), so that no input makes the search slower than linear. Checksums, where a token
has one, are not asked for: a token with a typing error tells most of the real one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from incident_console.evidence.secret import Secret, is_reference

_WORD = rb"(?<![A-Za-z0-9_-]%s)"
"""Right behind a literal: no word may run into it from the left."""


def _shape(literal: bytes, rest: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(literal) + _WORD.replace(b"%s", re.escape(literal)) + rest)


_SHAPES: tuple[tuple[str, bytes, re.Pattern[bytes]], ...] = tuple(
    (kind, literal, _shape(literal, rest))
    for kind, literals, rest in (
        ("aws-key", (b"AKIA", b"ASIA", b"ABIA", b"ACCA"), rb"[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("github-token", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"), rb"[A-Za-z0-9]{36,255}"),
        ("github-token", (b"github_pat_",), rb"[A-Za-z0-9_]{22,255}"),
        ("gitlab-token", (b"glpat-", b"gldt-", b"glrt-", b"glcbt-", b"glptt-"), rb"[A-Za-z0-9_.-]{20,255}"),
        ("gitlab-token", (b"glft-", b"glimt-", b"glagent-", b"gloas-", b"glsoat-"), rb"[A-Za-z0-9_.-]{20,255}"),
        ("gitlab-token", (b"GR1348941",), rb"[A-Za-z0-9_-]{20}"),
        ("slack-token", (b"xoxa-", b"xoxb-", b"xoxp-", b"xoxo-"), rb"[A-Za-z0-9-]{10,255}"),
        ("slack-token", (b"xoxr-", b"xoxs-", b"xoxe-"), rb"[A-Za-z0-9-]{10,255}"),
        ("slack-token", (b"xoxe.xox",), rb"[bp]-[A-Za-z0-9-]{10,255}"),
        ("slack-token", (b"xapp-",), rb"[0-9]-[A-Za-z0-9-]{10,255}"),
        ("google-key", (b"AIza",), rb"[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        ("google-token", (b"ya29.",), rb"[A-Za-z0-9_-]{20,2048}"),
        ("google-token", (b"GOCSPX-",), rb"[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])"),
        ("npm-token", (b"npm_",), rb"[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
        ("pypi-token", (b"pypi-AgE",), rb"[A-Za-z0-9_-]{40,2048}"),
        ("docker-token", (b"dckr_pat_", b"dckr_oat_"), rb"[A-Za-z0-9_-]{20,64}"),
        ("huggingface-token", (b"hf_", b"api_org_"), rb"[A-Za-z0-9]{30,64}(?![A-Za-z0-9])"),
        ("anthropic-key", (b"sk-ant-",), rb"[A-Za-z0-9_-]{32,255}"),
        ("openai-key", (b"sk-proj-", b"sk-svcacct-", b"sk-admin-"), rb"[A-Za-z0-9_-]{32,255}"),
        ("openai-key", (b"sk-",), rb"[A-Za-z0-9]{40,64}(?![A-Za-z0-9])"),
        ("stripe-key", (b"sk_live_", b"rk_live_", b"sk_test_", b"rk_test_", b"whsec_"), rb"[A-Za-z0-9]{16,255}"),
        ("sendgrid-key", (b"SG.",), rb"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
        ("vault-token", (b"hvs.", b"hvb.", b"hvr."), rb"[A-Za-z0-9_-]{24,255}"),
        ("databricks-token", (b"dapi",), rb"[0-9a-f]{32}(?![A-Za-z0-9])"),
        ("digitalocean-token", (b"dop_v1_", b"doo_v1_", b"dor_v1_"), rb"[0-9a-f]{64}"),
        ("grafana-token", (b"glsa_",), rb"[A-Za-z0-9]{32}_[0-9a-f]{8}"),
        ("atlassian-token", (b"ATATT3x",), rb"[A-Za-z0-9_=-]{40,255}"),
        ("age-key", (b"AGE-SECRET-KEY-1",), rb"[A-Z0-9]{20,80}"),
        ("password-hash", (b"$apr1$", b"$1$", b"$5$", b"$6$", b"$y$"), rb"[./A-Za-z0-9$=]{20,255}"),
        ("password-hash", (b"$2a$", b"$2b$", b"$2y$"), rb"[0-9]{2}\$[./A-Za-z0-9]{53}"),
        ("jwt", (b"eyJ",), rb"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    )
    for literal in literals
)
_AZURE = re.compile(rb"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])")
_URL = re.compile(rb"://[^\s/:@\"'<>]{0,256}:([^\s/\"'<>\0]{1,512})@")
_HOOKS = (
    ("slack-token", re.compile(rb"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]{20,255})")),
    ("webhook", re.compile(rb"discord(?:app)?\.com/api/webhooks/[0-9]{1,20}/([A-Za-z0-9_-]{20,128})")),
)
_QUERY = re.compile(
    rb"[?&;](?:(x-(?:amz|goog)-(?:signature|credential)|signature|sig|code_verifier)"
    rb"|(auth|jwt|session|sessionid|key|code|pwd|pass))=([^\s&;#\"'<>\0]{8,4096})",
)
"""Beside what has a telling name everywhere; the second group only when the value looks like no word."""
_MIXED = re.compile(rb"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9%._~+/=-]{16,}")


def secrets(data: bytes) -> Iterator[Secret]:
    for kind, literal, pattern in _SHAPES:
        if literal in data:
            yield from (Secret(*found.span(), kind) for found in pattern.finditer(data))
    if b"8Q~" in data:
        yield from (Secret(*found.span(), "azure-secret") for found in _AZURE.finditer(data))
    if b"://" in data:
        yield from (
            Secret(*found.span(1), "url-password") for found in _URL.finditer(data) if not is_reference(found[1])
        )
    if b"webhooks/" in data or b"hooks.slack.com/" in data:
        for kind, hook in _HOOKS:
            yield from (Secret(*found.span(1), kind) for found in hook.finditer(data))
    if b"?" in data or b"&" in data or b";" in data:
        yield from _in_queries(data)


def _in_queries(data: bytes) -> Iterator[Secret]:
    for found in _QUERY.finditer(data.lower()):
        value = data[found.start(3) : found.end(3)]
        if found[2] and not _MIXED.fullmatch(value):
            continue
        if not is_reference(value):
            yield Secret(*found.span(3), "url-signature" if found[1] else "url-token")
