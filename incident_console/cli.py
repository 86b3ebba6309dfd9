"""The command line: what may be said. Each command is a function of `commands`, imported when it is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from incident_console import __version__
from incident_console.errors import ConsoleError, Exit

EFFECTS = ("read-only", "engine-bookkeeping", "writes", "runs-workflow", "deletes")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code; talk goes to stderr, data to stdout."""
    arguments = _parser().parse_args(argv)
    if arguments.command is None:
        _parser().print_help(sys.stderr)
        return Exit.USAGE
    try:
        from incident_console import commands

        return int(getattr(commands, arguments.call)(arguments))
    except ConsoleError as fault:
        if arguments.debug:
            raise
        print(f"incident-console: {fault}", file=sys.stderr)
        return int(fault.exit_code)
    except KeyboardInterrupt:
        print("incident-console: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.OK


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="incident-console",
        description="A terminal console for the middle of an incident: live logs, an evidence-first ladder, a record.",
    )
    parser.add_argument("--version", action="version", version=f"incident-console {__version__}")
    parser.set_defaults(debug=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, call: str, help: str, *, records: bool = True, operator: bool = False) -> _Parser:
        made: _Parser = commands.add_parser(name, help=help, description=help)
        made.set_defaults(call=call)
        made.add_argument("--debug", action="store_true", help="show the traceback of a failure")
        if records:
            made.add_argument("--records", type=Path, metavar="DIR", help="where records are kept")
        if operator:
            made.add_argument("--operator", metavar="NAME", help="who is working the incident")
        return made

    demo = command("demo", "demo", "start a real flaky run and open the console on it", operator=True)
    demo.add_argument("--headless", action="store_true", help="climb with canned answers, no terminal")
    demo.add_argument("--short", action="store_true", help="under a minute instead of four to five")
    demo.add_argument("--dir", type=Path, metavar="DIR", help="where the workflow is laid out")

    open_ = command("open", "open_", "open the console on a workflow run", operator=True)
    open_.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR")
    open_.add_argument("--runbook", metavar="NAME|PATH", help="which runbook to climb")
    open_.add_argument("--log", action="append", default=[], metavar="GLOB", help="follow these logs, too")
    open_.add_argument("--run", type=Path, metavar="LOG", help="watch the run with this run log")

    resume = command("resume", "resume", "go on with an incident", operator=True)
    resume.add_argument("id", nargs="?", metavar="ID")

    collect = command("collect", "collect", "climb the ladder without a terminal", operator=True)
    collect.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR")
    collect.add_argument("--runbook", required=True, metavar="NAME|PATH")
    collect.add_argument("--context", choices=("local", "ci", "escalation"), default="local")
    collect.add_argument("--answers", type=Path, metavar="FILE")
    collect.add_argument(
        "--allow", action="append", default=[], choices=EFFECTS, metavar="EFFECT", help=", ".join(EFFECTS)
    )
    collect.add_argument("--json", action="store_true")

    list_ = command("list", "list_", "the incidents that are recorded, a line each")
    list_.add_argument("--json", action="store_true")

    record = command("record", "record", "print a record")
    record.add_argument("id", metavar="ID")
    record.add_argument("--format", choices=("md", "json", "html", "brief"), default="md")
    record.add_argument("--json", action="store_const", const="json", dest="format")
    record.add_argument("--out", type=Path, metavar="FILE")

    verify = command("verify", "verify", "check a bundle, a record folder or a journal", records=False)
    verify.add_argument("path", type=Path, metavar="PATH")
    verify.add_argument("--head", metavar="HASH", help="the chain must end with this hash")
    verify.add_argument("--json", action="store_true")

    handoff = command("handoff", "handoff", "write the bundle for a receiver", operator=True)
    handoff.add_argument("id", metavar="ID")
    handoff.add_argument("--to", required=True, metavar="WHO")
    handoff.add_argument("-o", "--out", required=True, type=Path, metavar="FILE.zip")
    handoff.add_argument("--set", action="append", default=[], metavar="FIELD=TEXT", help="say a field; see HANDOFF.md")
    handoff.add_argument("--json", action="store_true")

    accept = command("accept", "accept", "take over an incident from its bundle")
    accept.add_argument("bundle", type=Path, metavar="FILE.zip")
    accept.add_argument("--as", required=True, dest="who", metavar="WHO")
    accept.add_argument("--readback", required=True, metavar="TEXT", help="what you took over, in your own words")

    gate = command("gate", "gate", "may the workflow be edited? Fit for a pre-commit hook", operator=True)
    gate.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR")
    gate.add_argument("--explain", metavar="TEXT", help="record why the workflow is edited now")
    gate.add_argument("--json", action="store_true")

    runbook = command("runbook", "runbook", "the runbooks: list, show, check, schema, trust", operator=True)
    verbs = runbook.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    verbs.add_parser("list", help="the runbooks that ship").add_argument("--json", action="store_true")
    verbs.add_parser("show", help="read one").add_argument("name", metavar="NAME|PATH")
    check = verbs.add_parser("check", help="every fault of a file, with its place")
    check.add_argument("names", nargs="+", metavar="NAME|PATH")
    check.add_argument("--json", action="store_true")
    verbs.add_parser("schema", help="the JSON Schema, for editors")
    verbs.add_parser("trust", help="let a runbook that did not ship run its commands").add_argument(
        "name", metavar="PATH"
    )
    return parser
