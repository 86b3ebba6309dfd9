"""What did the command line ask for: which targets, which policy, which config?

The words are those of the log's header (9.22 on). An option that is not known takes all words up to the next one, so
that a value is never mistaken for a target.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

_SHORT = {
    "-c": "cores",
    "-j": "jobs",
    "-k": "keep-going",
    "-T": "retries",
    "-w": "latency-wait",
    "-s": "snakefile",
    "-d": "directory",
    "-C": "config",
    "-F": "forceall",
    "-f": "force",
    "-R": "forcerun",
    "-U": "until",
    "-O": "omit-from",
    "-t": "touch",
    "-p": "printshellcmds",
    "-q": "quiet",
    "-n": "dry-run",
    "-e": "executor",
}
_SAME = {
    "restart-times": "retries",
    "output-wait": "latency-wait",
    "configfiles": "configfile",
    "dryrun": "dry-run",
    "local-cores": "cores",
    "rerun-incomplete": "rerun-incomplete",
    "ri": "rerun-incomplete",
    "ii": "ignore-incomplete",
    "nt": "notemp",
    "no-temp": "notemp",
}
_FLAG = re.compile(
    r"keep-going|forceall|force|touch|printshellcmds|dry-run|rerun-incomplete|(ignore|keep)-incomplete|show-failed-logs"
    r"|no-?lock|notemp|verbose|debug-dag|no-hooks|use-(conda|singularity|apptainer)|drop-metadata|benchmark-extended"
    r"|force-use-threads|nocolor|trust-io-cache|allow-ambiguity"
)
_ONE = re.compile(
    r"cores|jobs|retries|latency-wait|snakefile|directory|(workflow-)?profile|executor|batch|max-jobs-per-second"
    r"|seconds-between-status-checks|scheduler|logger|shadow-prefix"
)
_SILENT = re.compile(
    r"printshellcmds|quiet|verbose|debug-dag|nocolor|show-failed-logs|snakefile|directory|dry-run|logger|rerun-incomplete"
    r"|force|forceall|forcerun"
)
"""Neither policy nor meaning: what is printed, where the folder is, and which jobs are run though they need not be."""


@dataclass(frozen=True, slots=True)
class Command:
    targets: tuple[str, ...] = ()
    policy: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)


def read_command(line: str | None) -> Command | None:
    """The command's parts; None where there is none."""
    if not line:
        return None
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    targets: list[str] = []
    options: dict[str, list[str]] = {}
    current: list[str] | None = None
    room = 0
    rest = False
    for word in words[_start(words) :]:
        if rest or (not word.startswith("-") and (current is None or not room)):
            targets.append(word)
        elif word == "--":
            rest = True
        elif word.startswith("-") and not _number(word):
            name, value = _option(word)
            current = options.setdefault(name, [])
            current[:] = [value] if value else []
            room = _room(name, value)
        elif current is not None:
            current.append(word)
            room -= 1
    policy = {name: " ".join(values) or "yes" for name, values in options.items()}
    config = dict(_assigned(options.get("config", [])))
    if "configfile" in policy:
        config["configfile"] = policy["configfile"]
    policy = {
        name: value
        for name, value in policy.items()
        if not _SILENT.fullmatch(name) and name not in ("config", "configfile")
    }
    return Command(tuple(targets), policy, config)


def _room(name: str, value: str) -> int:
    """How many of the following words belong to an option."""
    if _FLAG.fullmatch(name):
        return 0
    return (0 if value else 1) if _ONE.fullmatch(name) else 10_000


def _start(words: list[str]) -> int:
    """After the program's own name, also where Python was asked to run it as a module."""
    for index, word in enumerate(words[:4]):
        if word.rsplit("/", 1)[-1] in ("snakemake", "__main__.py"):
            return index + 1
    return 1


def _option(word: str) -> tuple[str, str]:
    """Name and value of `--cores=4`, `-c4`, `-c`, `--keep-going`."""
    if word.startswith("--"):
        name, _, value = word[2:].partition("=")
        return _SAME.get(name, name), value
    return _SHORT.get(word[:2], word[1:2]), word[2:].removeprefix("=")


def _number(word: str) -> bool:
    return word[1:2].isdigit()


def _assigned(values: list[str]) -> list[tuple[str, str]]:
    return [(f"--config {name}", value) for name, equals, value in (one.partition("=") for one in values) if equals]
