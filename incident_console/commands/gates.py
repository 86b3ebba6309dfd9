"""May the workflow be edited? `gate`, fit for a pre-commit hook."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.commands.common import print_json, say, who_is, workflow_folder
from incident_console.errors import Exit, RecordError

if TYPE_CHECKING:
    from incident_console.session.who import Who


def gate(arguments: argparse.Namespace) -> int:
    from incident_console.session.who import open_on

    who, workdir = who_is(arguments), workflow_folder(arguments.workdir)
    waiting = open_on(workdir, who.records)
    if arguments.explain is not None:
        _explain(who, [one.path for one in waiting], arguments.explain)
        waiting = open_on(workdir, who.records)
    closed = [one for one in waiting if one.gate_missing]
    if arguments.json:
        incidents = [{"id": one.id, "missing": list(one.gate_missing)} for one in waiting]
        print_json({"schema": "incident-console/gate/1", "open": not closed, "incidents": incidents})
    else:
        for one in closed:
            print(f"the gate is closed: {one.id} does not name {', '.join(one.gate_missing)} yet")
        if closed and arguments.explain is None:
            name = closed[0].id
            say(f"name them with `incident-console resume {name}`; or say why you edit first: `gate --explain TEXT`")
        if not closed:
            print("the gate is open" if waiting else "the gate is open: nobody works an incident on this workflow")
    return Exit.NO if closed else Exit.OK


def _explain(who: Who, folders: list[Path], text: str) -> None:
    """Record why the workflow was edited, in every incident that asks."""
    from incident_console.record.pen import holder
    from incident_console.session.core import unexplained
    from incident_console.session.opening import resume_incident

    for folder in folders:
        if (writing := holder(folder)) is not None:
            raise RecordError(
                f"The reason was not recorded: the console of {writing} writes {folder.name}. Press y there."
            )
        session = resume_incident(who, folder)
        try:
            if unexplained(session.incident):
                session.explain_edits(text)
            else:
                say(f"{session.id}: no edit waits for an explanation, so none was recorded")
        finally:
            session.close()
    if not folders:
        say("no incident is open on this workflow, so there is nothing to explain")
