"""Which incidents can be tried, each a real run of a small workflow that something happened to?

A story is a folder in `workflows` with the files as they are in the incident, the answers that an operator would give
in `answers`, and here what is told of it, how it was when all was well, and how it is run. The files are run once as
they were, then the change is made and committed, and the run that goes wrong is started.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incident_console.demo.fates import NEWCOMER, SAMPLES, Fates, fastq, fates, reference

HERE = Path(__file__).parent
SEED = 7
LATENCY_WAIT_S = 25
"""Of the flaky run; well above LATE_S, so that a late output is waited for even on a busy machine."""
LATE_S = {False: 9.0, True: 3.0}
TOO_LATE_S = 7.0
SHORT_WAIT_S = 3
"""The latency wait that is not enough for TOO_LATE_S."""

Machine = Mapping[str, Any]
"""What the machine does to the run; the workflow's scripts read it from `.demo.json`."""


def _nothing(_: Path) -> None:
    """No data, or none that came later."""


def _calm(_: bool) -> Machine:
    return {}


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    title: str
    """What happens, in a line."""
    reported: str
    """What somebody told the operator, who knows no more than that."""
    first: str
    """What to look at first."""
    good: tuple[str, ...]
    """Options of the run when all was well."""
    options: tuple[str, ...]
    """Options of the run that goes wrong."""
    pace: Mapping[bool, float]
    """How long the tools take, by whether it is to be short."""
    earlier: tuple[tuple[str, str, str], ...]
    """How the workflow was at the good run: (file, its text now, its text then)."""
    commits: tuple[str, str]
    data: Callable[[Path], None]
    """Lays out what the good run works on."""
    arrives: Callable[[Path], None] = _nothing
    """Lays out what came since."""
    machine: Callable[[bool], Machine] = _calm
    """What the machine does to the run that goes wrong, by whether it is to be short."""

    @property
    def files(self) -> Path:
        return HERE / "workflows" / self.name

    @property
    def answers(self) -> Path:
        """What `demo --headless` answers on the runbook `slow-or-flaky-run`."""
        return HERE / "answers" / f"{self.name}.yaml"


# What the workflows work on


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")


def _panel(workdir: Path) -> None:
    tale = fates(SEED)
    _write(
        workdir / "data/reference.fa", "".join(f">{name}\n{bases}\n" for name, bases in reference(tale.seed).items())
    )
    for sample in SAMPLES:
        _panel_reads(workdir, tale, sample)


def _panel_reads(workdir: Path, tale: Fates, sample: str) -> None:
    _write(workdir / f"data/{sample}.fastq", "".join(f"{line}\n" for line in fastq(tale, sample)))


def _packed_reads(workdir: Path) -> None:
    """Each sample's reads, and beside them the checksums of their blocks, as the sequencer leaves them."""
    for sample in SAMPLES:
        lines = fastq(fates(SEED), sample)
        packed = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        path = workdir / f"data/{sample}.fastq.gz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(packed)
        blocks = (hashlib.md5(line.encode(), usedforsecurity=False).hexdigest() for line in lines[1::8])
        _write(Path(f"{path}.md5"), "".join(f"{sum}  block {n}\n" for n, sum in enumerate(blocks, 1)))


def _texts(folder: str, names: str) -> Callable[[Path], None]:
    """A small text for each name."""

    def lay_out(workdir: Path) -> None:
        for number, name in enumerate(names, 1):
            _write(workdir / folder / f"{name}.txt", "".join(f"{name} {n} {n * number}\n" for n in range(1, 200)))

    return lay_out


def _catalogue(workdir: Path) -> None:
    _write(workdir / "data/catalogue.tsv", "".join(f"item{n:03}\t{'x' * (n % 17)}\n" for n in range(1, 721)))


STORIES = (
    Story(
        "flaky-retries",
        "jobs fail and pass when they are tried again; one never passes",
        "The weekly panel is flaky. It was fine last week; since then sample F came in and align.py was edited.",
        "the failed attempts: a retry deletes their logs, the console keeps them",
        good=("--cores", "2", "--keep-going", "--scheduler", "greedy", "--config", "pace=0"),
        options=(
            *("--cores", "2", "--keep-going", "--scheduler", "greedy"),
            *("--latency-wait", str(LATENCY_WAIT_S), "--printshellcmds"),
        ),
        pace={False: 1.0, True: 0.13},
        earlier=(
            ("config/config.yaml", f"  - {NEWCOMER}\n", ""),
            ("workflow/scripts/align.py", "SAY_EVERY = 5", "SAY_EVERY = 50"),
        ),
        commits=(
            f"Weekly panel, samples {SAMPLES[0]} to {SAMPLES[-1]}",
            f"Add sample {NEWCOMER}; align reports its progress in more detail",
        ),
        data=_panel,
        arrives=lambda workdir: _panel_reads(workdir, fates(SEED), NEWCOMER),
        machine=lambda short: {
            "index_held": fates(SEED).index_held(),
            "late": {fates(SEED).late: LATE_S[short]},
        },
    ),
    Story(
        "widened-discovery",
        "a checksum file is taken for a sample, and everything is built again",
        "CI takes twice as long as last week, the logs are full of warnings, and every sample's summary was rebuilt "
        "although only one helper script changed. Somebody asks for more cores and more retries.",
        "what is planned and for which samples, before any log",
        good=("--cores", "2", "--printshellcmds"),
        options=("--cores", "2", "--printshellcmds"),
        pace={False: 4.0, True: 0.5},
        earlier=(("workflow/scripts/discover.py", 'PATTERN = "*.fastq.gz*"', 'PATTERN = "*.fastq.gz"'),),
        commits=("Weekly reads", "Discovery: take compressed reads of any kind"),
        data=_packed_reads,
    ),
    Story(
        "late-outputs",
        "a job is done, and its output is not there yet",
        "The night import fails now and then with missing files. They are there when one looks. Somebody asks to raise "
        "the latency wait.",
        "when the output appeared, against when the job said it was done",
        good=("--cores", "2", "--printshellcmds", "--latency-wait", str(SHORT_WAIT_S)),
        options=("--cores", "2", "--printshellcmds", "--keep-going", "--latency-wait", str(SHORT_WAIT_S)),
        pace={False: 4.0, True: 0.4},
        earlier=(("config/config.yaml", "[A, B, C, D, E]", "[A, B]"),),
        commits=("Night import of A and B", "Import C, D and E as well"),
        data=_texts("archive", "ABCDE"),
        machine=lambda _: {"late": {"A": 1.0, "C": TOO_LATE_S, "D": 1.5, "E": 2.0}},
    ),
    Story(
        "tiny-jobs",
        "each job takes no time, and the run takes long",
        "Scoring the catalogue took seconds and now takes far longer, though every benchmark is near zero. Somebody "
        "asks for a faster machine.",
        "the number of jobs, and what they cost beside what the run cost",
        good=("--cores", "2"),
        options=("--cores", "2"),
        pace={},
        earlier=(("config/config.yaml", "chunk: 4", "chunk: 240"),),
        commits=("Score the catalogue", "Smaller chunks, so that a failed one costs less"),
        data=_catalogue,
    ),
    Story(
        "lost-cores",
        "the same work, and nothing runs side by side any more",
        "The nightly check takes four times as long since this week. No script changed. Somebody asks to skip samples.",
        "the cores that were provided, now and in the run before",
        good=("--profile", "profiles/ci", "--forceall"),
        options=("--profile", "profiles/ci", "--forceall"),
        pace={False: 1.0, True: 0.3},
        earlier=(("profiles/ci/config.yaml", "cores: 1", "cores: 4"),),
        commits=("Nightly check", "CI: leave room for the other pipelines"),
        data=_texts("data", "ABCDEFGH"),
    ),
)
DEFAULT = STORIES[0]
BY_NAME = {story.name: story for story in STORIES}
