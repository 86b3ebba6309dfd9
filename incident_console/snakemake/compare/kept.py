"""What do the metadata keep of each output: the params it was made with, and the checksums of what it was made from?

`.snakemake/metadata/`, one JSON file an output (8 and 9; 7 keeps no checksums). Pickled fields are compared as text and
never unpickled.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from incident_console.snakemake.compare.files import Walk
from incident_console.snakemake.textfile import read_bytes

_RECORDS = 5000
_LIMIT = 1 << 20
_LONG = 500


@dataclass(frozen=True, slots=True)
class Kept:
    outputs: tuple[str, ...]
    params: dict[str, str]
    """By output."""
    digests: dict[str, str]
    """By file that was read: `sha256:…`. Small files only; Snakemake hashes no others."""
    cut: bool


def read_kept(workdir: Path, relative: Callable[[str], str]) -> Kept:
    """Reads the records. `relative` makes a path relative to the workdir. Never raises for what they hold."""
    folder = workdir / ".snakemake" / "metadata"
    walk = Walk(_RECORDS)
    outputs: list[str] = []
    params: dict[str, str] = {}
    digests: dict[str, str] = {}
    disputed: set[str] = set()
    for path in walk.files(folder):
        name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
        try:
            output = relative(urlsafe_b64decode(name).decode("utf-8", "backslashreplace"))
            content = orjson.loads(read_bytes(path, _LIMIT) or b"")
        except (Base64Error, ValueError):
            continue
        if not isinstance(content, dict) or content.get("incomplete") is True:
            continue
        outputs.append(output)
        said = content.get("params")
        if isinstance(said, list):
            params[output] = " ".join(sorted(str(one)[:_LONG] for one in said[:100]))[: 4 * _LONG]
        sums = content.get("input_checksums")
        for read, digest in list(sums.items())[:_RECORDS] if isinstance(sums, dict) else ():
            if isinstance(digest, str) and digest.startswith("sha256:") and len(digest) == 71:
                file = relative(str(read))
                if digests.setdefault(file, digest) != digest:
                    disputed.add(file)
    # Two jobs that read the same file read different things: one of them is of an earlier time.
    return Kept(
        tuple(outputs), params, {name: value for name, value in digests.items() if name not in disputed}, walk.cut
    )
