"""The author's verbs: `runbook new`, `check`, `test`. Faults as lines, as JSON, or as annotations in a pull request."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console.commands.common import print_json, say
from incident_console.errors import Exit, InputError

if TYPE_CHECKING:
    from incident_console.runbook.faults import Fault
    from incident_console.runbook.rehearsal import Rehearsal
    from incident_console.runbook.rehearse import Result


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A file that could not be read at all."""

    file: str
    message: str


def new(arguments: argparse.Namespace) -> int:
    from incident_console.runbook import skeleton

    made = skeleton.new(arguments.name, arguments.out, arguments.schema)
    files = [str(path) for path in (made.runbook, made.rehearsal, *made.schemas)]
    if arguments.json:
        print_json({"schema": "incident-console/new-runbook/1", "files": files})
    else:
        for file in files:
            print(_plain(file))
    for stale in made.stale:
        what = " rehearsal" if stale.name == skeleton.REHEARSAL_SCHEMA_FILE else ""
        renewing = f"renew it with `incident-console runbook schema{what} > FILE`"
        say(f"{_plain(str(stale))} is of another version; {renewing}")
    say(f"next: edit {_plain(files[0])}, then `incident-console runbook check`, `test` and `trust` on it")
    return Exit.OK


def check(arguments: argparse.Namespace) -> int:
    """Errors end with 1, warnings alone with 0 (1 with --strict), what cannot be read with 3."""
    from incident_console.runbook.faults import RunbookFaults

    faults: list[Fault] = []
    unreadable: list[_Unreadable] = []
    unsound = False
    for name in arguments.names:
        try:
            faults += _faults(name)
        except RunbookFaults as broken:
            faults += broken.faults
            unsound = True
        except InputError as fault:
            unreadable.append(_Unreadable(name, str(fault)))
    errors = sum(fault.severity == "error" for fault in faults)
    if arguments.json:
        told = [asdict(fault) for fault in faults]
        counts = {"errors": errors, "warnings": len(faults) - errors}
        print_json({"schema": "incident-console/faults/1", **counts, "faults": told, "unreadable": _dicts(unreadable)})
    elif _on_github(arguments):
        _annotate(faults, unreadable)
    else:
        for each in faults:
            print(_plain(str(each)))
        if not faults and not unreadable:
            print(f"{_plain(', '.join(arguments.names))}: no fault")
    if not _on_github(arguments):
        _complain(unreadable)
    if faults and not arguments.json:
        rest = "; what it leads to is looked at once these are put right" if unsound else ""
        say(f"{_count(errors, 'error')}, {_count(len(faults) - errors, 'warning')}{rest}")
    if unreadable:
        return Exit.INPUT
    return Exit.NO if errors or (faults and arguments.strict) else Exit.OK


def test(arguments: argparse.Namespace) -> int:
    """All as expected 0, another path taken 1, a file that cannot be read or has faults 3."""
    from incident_console.runbook.faults import RunbookFaults
    from incident_console.runbook.rehearsal import load_rehearsal
    from incident_console.runbook.rehearse import rehearse

    done: list[tuple[Rehearsal, Result]] = []
    broken: list[Fault] = []
    unreadable: list[_Unreadable] = []
    for name in arguments.names:
        try:
            files = _rehearsals(name)
        except RunbookFaults as fault:
            broken += fault.faults
            continue
        except InputError as fault:
            unreadable.append(_Unreadable(name, str(fault)))
            continue
        for file in files:
            try:
                rehearsal = load_rehearsal(file)
                done.append((rehearsal, rehearse(rehearsal)))
            except RunbookFaults as fault:
                broken += fault.faults
            except InputError as fault:
                unreadable.append(_Unreadable(str(file), str(fault)))
    if arguments.json:
        told = [_as_json(rehearsal, result) for rehearsal, result in done]
        faults = [asdict(fault) for fault in broken]
        data = {"schema": "incident-console/rehearsals/1", "rehearsals": told, "faults": faults}
        print_json({**data, "unreadable": _dicts(unreadable)})
    elif _on_github(arguments):
        _annotate([*broken, *(fault for _, result in done for fault in result.faults)], unreadable)
    else:
        for line in _report(done, broken):
            print(_plain(line))
    if not _on_github(arguments):
        _complain(unreadable)
    if broken or unreadable:
        return Exit.INPUT
    return Exit.NO if any(result.faults for _, result in done) else Exit.OK


def _faults(name: str) -> Iterator[Fault]:
    """What the lints say of a runbook, and where it holds what looks like a secret."""
    from incident_console.evidence.redactor import Redactor
    from incident_console.runbook import lint, shelf
    from incident_console.runbook.faults import Fault, in_order
    from incident_console.session.secrecy import in_runbook

    loaded = shelf.find(name)
    # A warning, and no error: what only looks like a secret must not fail somebody's CI.
    secrets = (
        Fault(loaded.name, place.line, place.column, place.told, "name a variable that holds it", "warning")
        for place in in_runbook(loaded, Redactor())
    )
    yield from in_order((*lint.check(loaded), *secrets))


def _rehearsals(name: str) -> tuple[Path, ...]:
    """The files that a name stands for: one rehearsal, or those beside a runbook or in a folder of runbooks."""
    from incident_console.runbook import rehearsal, shelf

    path = Path(name)
    shipped = {each.stem: each for each in shelf.shipped()}
    if name in shipped:
        found = rehearsal.beside(shipped[name])
    elif path.is_dir():
        found = rehearsal.within(path)
    elif rehearsal.is_rehearsal(path):
        return (path,)
    else:
        shelf.find(name)
        found = rehearsal.beside(path)
    if not found:
        raise InputError(
            f"{name}: there is no rehearsal; write one as {path.stem}{rehearsal.SUFFIX} beside the runbook"
        )
    return found


def _report(done: list[tuple[Rehearsal, Result]], broken: list[Fault]) -> Iterator[str]:
    for rehearsal, result in done:
        script = rehearsal.script
        if not result.faults:
            yield f"✓ as expected  {rehearsal.name}: {script.title} ({_count(len(result.path), 'step')})"
            continue
        yield f"✗ another path  {rehearsal.name}: {script.title}"
        yield from (f"  {fault}" for fault in result.faults)
        yield "  the path (- expected, + taken):"
        yield from (f"    {line}" for line in result.diff)
    yield from (str(fault) for fault in broken)
    failed = sum(bool(result.faults) for _, result in done)
    if len(done) > 1 or broken:
        unread = f", {_count(len({fault.file for fault in broken}), 'file')} with faults" if broken else ""
        yield f"{_count(len(done), 'rehearsal')}: {len(done) - failed} as expected, {failed} on another path{unread}"


def _as_json(rehearsal: Rehearsal, result: Result) -> dict[str, Any]:
    return {
        "file": rehearsal.name,
        "runbook": rehearsal.runbook.id,
        "title": rehearsal.script.title,
        "as_expected": not result.faults,
        "path": [asdict(taken) for taken in result.path],
        "ending": result.ending.model_dump(mode="json", by_alias=True),
        "faults": [asdict(fault) for fault in result.faults],
        "diff": list(result.diff),
    }


def _on_github(arguments: argparse.Namespace) -> bool:
    return bool(arguments.github) or os.environ.get("GITHUB_ACTIONS") == "true"


def _annotate(faults: Iterable[Fault], unreadable: Iterable[_Unreadable]) -> None:
    """GitHub's workflow commands. A line that begins with `::` is one, so nothing else is printed unescaped."""
    for fault in faults:
        told = f"{fault.message}; {fault.allowed}" if fault.allowed else fault.message
        place = f"file={_property(fault.file)},line={fault.line},col={fault.column}"
        print(f"::{fault.severity} {place},title=runbook::{_message(told)}")
    for each in unreadable:
        print(f"::error file={_property(each.file)},line=1,title=runbook::{_message(each.message)}")


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A file's name as GitHub reads it, seen from the repository's folder, where it can be."""
    seen = os.path.relpath(text, os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    return _message(text if seen.startswith("..") else seen).replace(":", "%3A").replace(",", "%2C")


def _complain(unreadable: Iterable[_Unreadable]) -> None:
    for each in unreadable:
        say(f"incident-console: {_plain(each.message)}")


def _dicts(unreadable: Iterable[_Unreadable]) -> list[dict[str, str]]:
    return [asdict(each) for each in unreadable]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(text: str) -> str:
    from incident_console.runbook.review import plain

    return plain(text)
