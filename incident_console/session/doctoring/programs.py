"""Which versions are at work here, and which of the programs that the console calls are there?"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from incident_console import __version__
from incident_console.errors import Refused
from incident_console.evidence.command import Command, run
from incident_console.evidence.environment import allowed
from incident_console.openers import Opener
from incident_console.session.doctoring.finding import Finding

LIBRARIES = ("textual", "watchfiles", "pydantic", "PyYAML", "orjson", "msgspec", "platformdirs")
ASK_S = 1.5
_SHEBANG = re.compile(rb"#!\s*(/[^\s]+)")
_NUMBER = re.compile(r"\d+(?:\.\w+)+")


def console() -> tuple[Finding, ...]:
    return (
        Finding("console", f"incident-console {__version__}"),
        Finding("Python", f"{platform.python_version()} on {platform.system()} {platform.release()}"),
    )


def libraries() -> tuple[Finding, ...]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(Finding(name.lower(), version(name)))
        except PackageNotFoundError:
            found.append(Finding(name.lower(), "not installed", "broken", "Install incident-console again."))
    return tuple(found)


def snakemake(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Its version as its installation names it: starting it would take a second or more."""
    path = shutil.which("snakemake", path=environ.get("PATH"))
    if path is None:
        follows = "Runs are read all the same; a dry-run or a summary needs it: activate its environment first."
        return (Finding("snakemake", "not on PATH", "mind", follows),)
    said = _installed(Path(path))
    return (Finding("snakemake", f"{said or 'its version cannot be told from its files'}, {path}"),)


def _installed(script: Path) -> str:
    with script.open("rb") as file:
        first = file.read(512)
    shebang = _SHEBANG.match(first)
    homes = [Path(os.fsdecode(shebang[1])).parent] if shebang else []
    for home in (*homes, script.resolve().parent):
        for found in sorted(home.parent.glob("lib/python3*/site-packages/snakemake-[0-9]*.dist-info")):
            return found.name.removeprefix("snakemake-").removesuffix(".dist-info")
    return ""


def program(name: str, flag: str, missing: str, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """`missing`: what follows where it is not there."""
    path = shutil.which(name, path=environ.get("PATH"))
    if path is None:
        return (Finding(name, "not on PATH", "mind", missing),)
    outcome = run(Command((path, flag), Path("/"), ASK_S, cap=4096, env=allowed(environ)))
    first = outcome.stdout.decode("utf-8", "backslashreplace").partition("\n")[0]
    number = _NUMBER.search(first)
    return (Finding(name, f"{number[0] if number else first.strip()[:80] or outcome.ended}, {path}"),)


def opener(kind: Opener, said: str, source: str, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """The editor or the pager. `said`: what settings or environment name, if anything; `source`: which of them."""
    try:
        words = kind.command({**environ, kind.variables[0]: said})
    except Refused:
        follows = f"Set `{kind.what}` in the settings, or ${kind.variables[-1]}, to a program that is there."
        return (Finding(kind.what, f"{said}: not found ({source})" if said else "none is found", "mind", follows),)
    return (Finding(kind.what, f"{said} ({source})" if said else f"{words[0]}, found here: nothing names another"),)
