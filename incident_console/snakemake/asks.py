"""Does this call of snakemake only ask, or does it do something? By its options, of versions 7 to 9."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ASKS = _set(
    "--summary -S --detailed-summary -D --list -l --list-rules --list-target-rules --lt -lt --list-changes "
    "--list-input-changes --li --list-code-changes --lc --list-params-changes --lp --list-version-changes --lv "
    "--list-untracked --lu --list-conda-envs --dag --rulegraph --filegraph --d3dag --lint --version -v --help -h "
    "--print-compilation --bash-completion --unlock"
)
_DELETES = _set("--delete-all-output --delete-temp-output --cleanup-metadata --cm --cleanup-shadow")
_WRITES = _set(
    "--touch -t --archive --report --export-cwl --generate-unit-tests --containerize --conda-create-envs-only "
    "--create-envs-only --conda-cleanup-envs --conda-cleanup-pkgs"
)
_VALUED = "jcsdCTORUwbAP"
"""Letters of short options that take a value: what follows them in a word is no option."""


def effect_of(options: Sequence[str]) -> Literal["writes", "runs-workflow", "deletes"] | None:
    """None: it only asks (unlocking is the engine's own bookkeeping). `options` are the words after `snakemake`."""
    names = {word.partition("=")[0] for word in options}
    if any(map(_dry, options)):
        return None
    if names & _DELETES:
        return "deletes"
    if names & _ASKS:
        return None
    return "writes" if names & _WRITES else "runs-workflow"


def _dry(word: str) -> bool:
    """`-n`, `--dry-run`, `--dryrun`, or an `n` among short options, such as `-pn`."""
    if word.startswith("--"):
        return word.startswith("--dry")
    if not word.startswith("-"):
        return False
    for letter in word[1:]:
        if letter == "n":
            return True
        if letter in _VALUED or not letter.isalpha():
            return False
    return False
