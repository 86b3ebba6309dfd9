"""Did it get faster by doing less? `compare`: two sides held against each other; read-only, but for `--capture`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from incident_console.commands.common import print_json
from incident_console.errors import Exit, InputError, UsageError


def compare(arguments: argparse.Namespace) -> int:
    from incident_console.commands.comparing_text import lines_of
    from incident_console.snakemake import compare as room

    if arguments.capture is not None:
        return _capture(arguments)
    if arguments.after is None:
        raise UsageError("compare takes two sides: BEFORE and AFTER, each a folder, a run log or a captured state")
    found = room.compare(room.read_side(arguments.before), room.read_side(arguments.after))
    if arguments.json:
        print_json(room.as_json(found))
    elif arguments.md:
        sys.stdout.write(room.as_note(found))
    else:
        colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        width = max(40, min(shutil.get_terminal_size().columns, 120))
        print("\n".join(lines_of(found, width, colours=colours)))
    return Exit.OK if found.verdict == "same-meaning" else Exit.NO


def _capture(arguments: argparse.Namespace) -> int:
    """Keep the state of BEFORE in a new file, to be compared with later."""
    from incident_console.snakemake import compare as room

    if arguments.after is not None:
        raise UsageError("--capture takes one side: it keeps the state of BEFORE, to be compared with later")
    target: Path = arguments.capture
    if os.path.lexists(target):
        raise UsageError(f"{target} is there already; a state that was captured is not written over")
    data = room.to_json(room.read_side(arguments.before))
    try:
        # What config and command lines say is nobody else's business.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as fault:
        raise InputError(f"{target} cannot be written: {fault.strerror}") from None
    print(target)
    return Exit.OK
