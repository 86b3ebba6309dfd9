"""What must not stand in a record? Secrets are replaced by a mark with their kind, before anything is hashed.

`[redacted password]`, or with a key `[redacted password:1a2b3c4d]`, where equal secrets get equal marks. Redacting
twice changes nothing more. A first line of defence, not a proof: a secret without a telling name or shape is not seen.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from incident_console.evidence import assignments, pem, tokens
from incident_console.evidence.names import shown
from incident_console.evidence.secret import Secret

_MARK = re.compile(rb"\[redacted [a-z-]{1,40}(?::[0-9a-f]{8})?\]")
_BLOCK = 64 * 1024
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Redacted:
    data: bytes
    counts: dict[str, int] = field(default_factory=dict)
    """How many secrets of each kind were replaced."""


def redact(data: bytes, key: bytes | None = None) -> Redacted:
    """Replace every secret that is recognised. Takes bytes of any encoding; time grows linearly with them."""
    for mark, encoding in _WIDE:
        if data.startswith(mark):
            text = data.decode(encoding, "surrogatepass" if len(data) % 2 == 0 else "replace")
            clean = redact(text.encode("utf-8", "surrogatepass"), key)
            if clean.counts:
                wide = clean.data.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass")
                return Redacted(wide, clean.counts)
    # Marks of an earlier pass are hidden from the rules, which take the kind in a mark for a secret's name.
    plain = _MARK.sub(lambda mark: b"\0" * len(mark[0]), data)
    found = list(pem.secrets(plain)) if b"-----" in plain else []
    for start, end in _blocks(plain):
        block = plain[start:end]
        for secret in (*tokens.secrets(block), *assignments.secrets(block)):
            found.append(Secret(secret.start + start, secret.end + start, secret.kind))
    pieces, counts, done = [], Counter[str](), 0
    for secret in _apart(found):
        pieces += [data[done : secret.start], _mark(data[secret.start : secret.end], secret.kind, key)]
        counts[secret.kind] += 1
        done = secret.end
    return Redacted(b"".join([*pieces, data[done:]]), dict(counts))


def _blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Whole lines, some 64 KiB at a time: one search over megabytes would hold up every other thread of the console.

    A line that begins with white space goes on with the one before, as folded headers and YAML do.
    """
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK)
        while 0 <= end < start + 2 * _BLOCK and data[end + 1 : end + 2] in (b" ", b"\t"):
            end = data.find(b"\n", end + 1)
        end = len(data) if end < 0 else end + 1
        yield start, end
        start = end


def redact_argv(argv: Sequence[str], key: bytes | None = None) -> tuple[str, ...]:
    """The words of a command with secrets replaced: `--password X`, `--token=X`, and what `redact` finds in a word.

    Meant for a record: odd bytes come out as `\\xNN`.
    """
    words: list[str] = []
    kind: str | None = None
    for word in argv:
        data = word.encode("utf-8", "surrogatepass")
        if kind and not word.startswith("-") and not assignments.is_harmless(data, kind):
            words.append(_mark(data, kind, key).decode())
        else:
            words.append(shown(redact(data, key).data.decode("utf-8", "surrogatepass")))
        kind = assignments.kind_of_option(data)
    return tuple(words)


def _apart(found: list[Secret]) -> Iterator[Secret]:
    """Overlapping finds become one; of two that start together the longer names it, then the one found by its shape."""
    last: Secret | None = None
    for secret in sorted(found, key=lambda secret: (secret.start, -secret.end)):
        if last is None:
            last = secret
        elif secret.start < last.end:
            last = Secret(last.start, max(last.end, secret.end), last.kind)
        else:
            yield last
            last = secret
    if last is not None:
        yield last


def _mark(secret: bytes, kind: str, key: bytes | None) -> bytes:
    print_ = ":" + hmac.new(key, secret, hashlib.sha256).hexdigest()[:8] if key is not None else ""
    return f"[redacted {kind}{print_}]".encode()
