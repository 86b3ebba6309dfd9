"""What must not stand in a record? Secrets are replaced by a mark with their kind, before anything is hashed.

`[redacted password]`, or with a key `[redacted password:1a2b3c4d]`, where equal secrets get equal marks. The value of a
variable that the settings name becomes `[redacted env NAME:1a2b3c4d]` in whatever form it was written down. Redacting
twice changes nothing more. A first line of defence, not a proof: a secret without a telling name or shape is not seen.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from incident_console.evidence import assignments, headers, pem, tokens, tools
from incident_console.evidence import named as variables
from incident_console.evidence.named import Named
from incident_console.evidence.names import shown
from incident_console.evidence.secret import Secret

_MARK = re.compile(rb"\[redacted [a-z0-9-]{1,40}(?: [A-Za-z0-9_]{1,128})?(:[0-9a-f]{8})?\]")
_BLOCK = 64 * 1024
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Redacted:
    data: bytes
    counts: dict[str, int] = field(default_factory=dict)
    """How many secrets of each kind were replaced."""


def redact(data: bytes, key: bytes | None = None, named: Collection[Named] = ()) -> Redacted:
    """Replace every secret that is recognised. Takes bytes of any encoding; time grows linearly with them.

    `key` is that of the fingerprints; `named` are values that are secrets wherever they stand.
    """
    for order, encoding in _WIDE:
        if data.startswith(order):
            text = data.decode(encoding, "surrogatepass" if len(data) % 2 == 0 else "replace")
            clean = redact(text.encode("utf-8", "surrogatepass"), key, named)
            if clean.counts:
                wide = clean.data.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass")
                return Redacted(wide, clean.counts)
    values = {each.kind: each.value for each in named}
    pieces, counts, done = [], Counter[str](), 0
    for secret in found(data, named):
        value = values.get(secret.kind, data[secret.start : secret.end])
        pieces += [data[done : secret.start], mark(value, secret.kind, key)]
        counts[secret.kind] += 1
        done = secret.end
    return Redacted(b"".join([*pieces, data[done:]]), dict(counts))


def found(data: bytes, named: Collection[Named] = ()) -> Iterator[Secret]:
    """Where the secrets of a text stand, in order, none over another."""
    # Marks of an earlier pass are hidden from the rules, which take the kind in a mark for a secret's name.
    plain = _MARK.sub(lambda mark: b"\0" * len(mark[0]), data)
    seen = list(variables.secrets(plain, named))
    seen += pem.secrets(plain) if b"-----" in plain else ()
    for start, end in _blocks(plain):
        block = plain[start:end]
        for rule in (tokens.secrets, headers.secrets, tools.in_text, assignments.secrets):
            seen += (Secret(secret.start + start, secret.end + start, secret.kind) for secret in rule(block))
    return _apart(seen)


def is_marked(text: str) -> bool:
    """Whether something was replaced in it already."""
    return _MARK.search(text.encode("utf-8", "replace")) is not None


def without_prints(data: bytes) -> bytes:
    """The text with the fingerprints left out of its marks, to be compared where another key made them."""
    return _MARK.sub(lambda mark: mark[0][: mark.start(1) - mark.start()] + b"]" if mark[1] else mark[0], data)


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


def redact_argv(
    argv: Sequence[str], key: bytes | None = None, named: Collection[Named] = ()
) -> tuple[tuple[str, ...], dict[str, int]]:
    """The words of a command with secrets replaced, and how many of each kind: `--password X`, `--token=X`, `curl -u`
    and its like, and what `redact` finds in a word.

    Meant for a record: odd bytes come out as `\\xNN`.
    """
    words = [word.encode("utf-8", "surrogateescape") for word in map(_encodable, argv)]
    counts = Counter[str]()
    for at, start, end in tools.in_words(words):
        words[at] = words[at][:start] + mark(words[at][start:end], "password", key) + words[at][end:]
        counts["password"] += 1
    kind: str | None = None
    for at, word in enumerate(words):
        clean = redact(word, key, named)
        if kind and not clean.counts and not _MARK.search(word) and _is_told(word, kind):
            clean = Redacted(mark(word, kind, key), {kind: 1})
        kind = assignments.kind_of_option(word)
        words[at] = clean.data
        counts.update(clean.counts)
    return tuple(word.decode("utf-8", "backslashreplace") for word in words), dict(counts)


def _is_told(word: bytes, kind: str) -> bool:
    return not word.startswith(b"-") and not assignments.is_harmless(word, kind)


def _encodable(word: str) -> str:
    """The word without a surrogate that stands for no byte."""
    return (
        word
        if not any("\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff" for char in word)
        else shown(word)
    )


def _apart(seen: list[Secret]) -> Iterator[Secret]:
    """Overlapping finds become one; of two that start together the longer names it, then the one found by its shape."""
    last: Secret | None = None
    for secret in sorted(seen, key=lambda secret: (secret.start, -secret.end)):
        if last is None:
            last = secret
        elif secret.start < last.end:
            last = Secret(last.start, max(last.end, secret.end), last.kind)
        else:
            yield last
            last = secret
    if last is not None:
        yield last


def mark(secret: bytes, kind: str, key: bytes | None) -> bytes:
    """What stands in the place of a secret."""
    print_ = ":" + hmac.new(key, secret, hashlib.sha256).hexdigest()[:8] if key is not None else ""
    return f"[redacted {kind}{print_}]".encode()
