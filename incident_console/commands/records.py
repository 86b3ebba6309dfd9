"""Read what is recorded: `list`, `record`, `verify`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.commands.common import print_json, say, settings_of
from incident_console.counting import counted
from incident_console.errors import Exit, InputError

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.store import Record
    from incident_console.record.summaries import Summaries, Summary


def list_(arguments: argparse.Namespace) -> int:
    from incident_console.record.summaries import summaries

    records = settings_of(arguments).records
    if not records.is_dir():
        if records.exists():
            raise InputError(f"{records} is not a folder of records")
        say(f"no incident was recorded yet: there is no folder {records}")
    print_list(told(summaries(records)), as_json=arguments.json)
    return Exit.OK


def record(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from incident_console.record import render
    from incident_console.record.folders import find
    from incident_console.record.store import Record

    found = Record(find(settings_of(arguments).records, arguments.id))
    incident = found.incident()
    if arguments.format == "json":
        text = json.dumps(render.record_json(incident), indent=2, ensure_ascii=False) + "\n"
    elif arguments.format == "html":
        text = render.record_html(incident, found.blobs.peek)
    elif arguments.format == "brief":
        text = render.brief(incident, datetime.now(UTC))
    else:
        text = render.record_md(incident, found.blobs.peek)
    _rewrite_documents(found, incident)
    if arguments.out:
        from incident_console.record.files import write_atomically

        write_atomically(arguments.out, text.encode("utf-8", "backslashreplace"))
        say(f"written to {arguments.out}")
    else:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    return Exit.OK


def verify(arguments: argparse.Namespace) -> int:
    from incident_console.record.folders import find
    from incident_console.record.text import one_line
    from incident_console.record.verify import verify as check

    path = arguments.path
    if not os.path.lexists(path) and path.name == str(path):  # nothing here is called that: the id of a record, then
        if path.suffix == ".zip":
            raise InputError(f"There is no file {path} here; give the path of the bundle, or the id of a record.")
        path = find(settings_of(arguments).records, path.name)
    verdict = check(path, head=arguments.head)
    if arguments.json:
        print_json({"schema": "incident-console/verify/1", "path": str(path), **asdict(verdict)})
    else:
        went_on = verdict.went_on_after
        said = "ok" if verdict.ok else f"ok up to event {went_on}, and it went on" if went_on else "NOT OK"
        if verdict.events or not verdict.fault:
            print(f"{said}  {counted(verdict.events, 'event')}, {counted(verdict.items, 'evidence item')}")
            print(f"head {verdict.head}")
        else:
            print(f"{said}  nothing in it could be read")
        for note in verdict.notes:
            print(f"note: {one_line(note)}")
        if verdict.fault:
            print(f"{'went on' if went_on else 'broken'}: {one_line(verdict.fault)}")
    return Exit.OK if verdict.ok else Exit.NO


def told(summaries: Summaries) -> tuple[Summary, ...]:
    """What can be read, oldest first; what cannot is told."""
    for remark in summaries.unread:
        say(remark)
    return summaries.found


def row(summary: Summary) -> dict[str, str]:
    return {
        "id": summary.id,
        "state": summary.state + (", journal broken" if summary.broken else ""),
        "class": summary.class_ or "-",
        "workflow": Path(summary.workdir).name or "-",
        "title": summary.title or "-",
    }


def print_list(found: Iterable[Summary], *, as_json: bool) -> None:
    from incident_console.record.text import one_line

    if as_json:
        rows = [{**row(each), "head": each.head, "events": each.events} for each in found]
        print_json({"schema": "incident-console/list/1", "incidents": rows})
    else:
        for each in found:
            print("  ".join(one_line(part) for part in row(each).values()))


def _rewrite_documents(found: Record, incident: Incident) -> None:
    """A read-only store must not keep anybody from reading."""
    from incident_console.errors import RecordError
    from incident_console.session.documents import write_documents

    try:
        write_documents(found, incident)
    except RecordError as fault:
        say(f"note.md and record.md were not rewritten: {fault}")
