"""What do the run's own files say? `analyze`: read-only, no record, once or for as long as the run goes."""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.commands.common import print_json, workflow_folder
from incident_console.errors import Exit, InputError

if TYPE_CHECKING:
    from incident_console.snakemake.analysis import Analysis

_EVERY_S = 1.0
_HOME = "\x1b[H"
_TO_LINE_END = "\x1b[K\n"
_REST = "\x1b[J"


def analyze(arguments: argparse.Namespace) -> int:
    from incident_console.snakemake.analysis import Analyst

    workdir, log = _which(arguments.workdir, arguments.run)
    analyst = Analyst(workdir, log)
    if not arguments.watch:
        analysis = analyst.look()
        # What was read stays until the end: looking through it for garbage would only delay the answer, and the end.
        gc.freeze()
        _show(analysis, as_json=arguments.json)
        return Exit.OK
    rewrite = sys.stdout.isatty() and not arguments.json
    if rewrite:
        sys.stdout.write("\x1b[2J")
    shown: tuple[object, ...] | None = None
    for analysis in _looks(analyst.look):
        news = _told(analysis)
        if rewrite:
            _rewrite(analysis)
        elif news != shown:
            _show(analysis, as_json=arguments.json, compact=True)
            sys.stdout.flush()
        shown = news
    return Exit.OK


def _which(workdir: Path | None, log: Path | None) -> tuple[Path, Path]:
    """The workflow's folder and the run log in it. Raises InputError when there is no run to look at."""
    from incident_console.snakemake.analysis import find_run

    if log is None:
        folder = workflow_folder(workdir or Path())
        found = find_run(folder)
        if found is None:
            raise InputError(
                f"there is no run to analyze in {folder}: no log of one under .snakemake/log; "
                "name the workflow's folder, or a run log with --run"
            )
        return folder, found
    folder = workflow_folder(workdir or _folder_of(log) or Path())
    for path in (folder / log, Path.cwd() / log):
        if path.is_file():
            return folder, path.parent.resolve() / path.name
    raise InputError(f"there is no run log {log}, neither in {folder} nor here")


def _folder_of(log: Path) -> Path | None:
    """The workflow of a log that lies where Snakemake puts it, when the folder is not given."""
    path = log.absolute()
    if path.is_file() and path.parent.name == "log" and path.parents[1].name == ".snakemake":
        return path.parents[2]
    return None


def _looks(look: object) -> Iterator[Analysis]:
    """A look a second, until the run is over."""
    assert callable(look)
    while True:
        began = time.monotonic()
        analysis = look()
        took = time.monotonic() - began
        yield analysis
        if analysis.run.status != "running":
            return
        # A run of many thousand jobs takes a second to weigh: looking must not cost more than the run gains.
        time.sleep(max(_EVERY_S, 4 * took))


def _told(analysis: Analysis) -> tuple[object, ...]:
    """What makes a new block worth printing: the time that passes does not."""
    run = analysis.run
    return (
        run.status,
        run.planned,
        run.finished,
        run.failed,
        run.running,
        run.retried,
        len(analysis.failures),
        analysis.incident_class,
        analysis.cost.dominant,
        analysis.notices[:1],
    )


def _show(analysis: Analysis, *, as_json: bool, compact: bool = False) -> None:
    if as_json:
        from incident_console.commands.analysis_json import as_document

        document = as_document(analysis)
        if compact:
            print(json.dumps(document, ensure_ascii=False))
        else:
            print_json(document)
        return
    from incident_console.commands.analysis_text import lines_of

    for line in lines_of(analysis, _width(), colours=_colours(), blocks=_blocks()):
        print(line)
    if compact:
        print()


def _rewrite(analysis: Analysis) -> None:
    from incident_console.commands.analysis_text import lines_of

    size = shutil.get_terminal_size()
    lines = lines_of(analysis, _width(), colours=_colours(), blocks=_blocks())
    room = max(4, size.lines - 1)
    if analysis.run.status == "running" and len(lines) > room:
        lines = [*lines[: room - 1], f"… {len(lines) - room + 1} more lines"]
    sys.stdout.write(_HOME + "".join(line + _TO_LINE_END for line in lines) + _REST)
    sys.stdout.flush()


def _width() -> int:
    return max(40, min(160, shutil.get_terminal_size((80, 24)).columns))


def _colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _blocks() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
