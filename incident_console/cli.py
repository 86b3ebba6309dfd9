"""The command line: what may be said. Each command is a function in `commands`, imported when it is called.

Exit codes are those of `errors.Exit`. A fault of the console itself ends with 1, as a "no" does: a gate or a check
that fell over must not pass for a "yes".
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TextIO

from incident_console import __version__
from incident_console.errors import ConsoleError, Exit

TAIL = "the log part alone: follow files, folders, globs, or what is piped in"
PLAIN = "questions and answers, line by line: for a screen reader, a dumb terminal or a pipe"
NO_REDACT = "leave secrets as they are in what is recorded now; the reason stands in the record"
SHELLS = ("bash", "zsh", "fish")
DEBUG = "show the traceback of a failure; a console writes a log of what it did, and says where"
INSTALL = """to install it, once, one line; the next shell has it:
  bash  echo 'source <(incident-console completion bash)' >> ~/.bashrc
  zsh   echo 'autoload -Uz compinit && compinit && source <(incident-console completion zsh)' >> ~/.zshrc
  fish  incident-console completion fish > ~/.config/fish/completions/incident-console.fish"""
STORIES = """the stories:
  flaky-retries      jobs fail and pass when they are tried again; one never passes
  widened-discovery  a checksum file is taken for a sample, and everything is built again
  late-outputs       a job is done, and its output is not there yet
  tiny-jobs          each job takes no time, and the run takes long
  lost-cores         the same work, and nothing runs side by side any more"""
EFFECTS = ("read-only", "engine-bookkeeping", "writes", "runs-workflow", "deletes")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code; talk goes to stderr, data to stdout, a traceback only with --debug."""
    _mend_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    code: int | None = None
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read the output has left, `head` for instance; what was done is done.
        code = Exit.OK if code is None else code
    except ConsoleError as fault:
        code = _tell(str(fault), int(fault.exit_code), fault, words)
    except KeyboardInterrupt as fault:
        code = _tell("interrupted", Exit.INTERRUPTED, fault, words)
    except OSError as fault:
        place = f"{os.fsdecode(fault.filename)}: " if isinstance(fault.filename, str | bytes) else ""
        code = _tell(f"{place}{fault.strerror or fault}; --debug shows where that came up", Exit.NO, fault, words)
    except Exception as fault:
        told = f"a fault of the console itself, {type(fault).__name__}: {fault}; --debug shows where"
        code = _tell(told, Exit.NO, fault, words)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _forget(stream)
    return code


def _tell(told: str, code: int, fault: BaseException, words: list[str]) -> int:
    with contextlib.suppress(OSError):
        if "--debug" in _apart(words)[0]:
            import traceback

            traceback.print_exception(fault)
        print(f"incident-console: {told}", file=sys.stderr)
    return code


def _run(words: list[str]) -> int:
    words, run = _apart(words)
    try:
        arguments = _tail_parser().parse_args(words[1:]) if words[:1] == ["tail"] else _parser().parse_args(words)
    except SystemExit as end:  # --help and --version, or wrong usage, which argparse has told
        return end.code if isinstance(end.code, int) else Exit.OK
    arguments.run_command = run
    if arguments.command is None:
        _parser().print_help(sys.stderr)
        return Exit.USAGE
    module, name = arguments.call
    try:
        return int(getattr(import_module(f"incident_console.commands.{module}"), name)(arguments))
    finally:
        for line in getattr(arguments, "untaken", ()):
            with contextlib.suppress(OSError):
                print(f"incident-console: settings, left out: {line}", file=sys.stderr)


def _apart(words: list[str]) -> tuple[list[str], list[str]]:
    """`open … -- COMMAND...` and `completion … -- WORDS...`: what is meant for us, and the rest, word for word."""
    if words[:1] not in (["open"], ["completion"]) or "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _mend_streams() -> None:
    """A stream that the caller closed must not become the next file that is opened; text that has no bytes is shown."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget(stream: TextIO) -> None:
    """Nobody takes what is still to be printed: without this the interpreter would complain when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(
        name: str, call: tuple[str, str], help: str, *, records: bool = True, operator: bool = False, json: bool = True
    ) -> _Parser:
        made: _Parser = commands.add_parser(name, help=help, description=help)
        made.set_defaults(call=call)
        _common(made, records=records, operator=operator, json=json)
        return made

    demo = command(
        "demo", ("working", "demo"), "start a real run that goes wrong, and open the console on it", operator=True
    )
    stories = tuple(line.split()[0] for line in STORIES.splitlines()[1:])
    demo.add_argument("--story", choices=stories, default=stories[0], metavar="NAME", help="what goes wrong; see below")
    demo.epilog = STORIES
    demo.formatter_class = argparse.RawDescriptionHelpFormatter
    demo.add_argument("--headless", action="store_true", help="climb with canned answers, no terminal")
    demo.add_argument("--short", action="store_true", help="under a minute instead of up to five")
    demo.add_argument("--dir", type=Path, metavar="DIR", help="where the workflow is laid out")
    demo.add_argument("--plain", action="store_true", help=PLAIN)

    open_ = command("open", ("working", "open_"), "open the console on a workflow run", operator=True, json=False)
    open_.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR|BUNDLE")
    open_.add_argument("--runbook", metavar="NAME|PATH", help="which runbook to climb")
    open_.add_argument("--log", action="append", default=[], metavar="GLOB", help="follow these logs, too")
    open_.add_argument("--run", type=Path, metavar="LOG", help="watch the run with this run log")
    open_.add_argument("--no-redact", metavar="REASON", help=NO_REDACT)
    open_.add_argument("--plain", action="store_true", help=PLAIN)
    open_.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="COMMAND",
        help="follow what this prints, too, until the console ends",
    )
    open_.epilog = (
        "-- COMMAND... starts a run in WORKDIR that neither leaving nor a lost terminal ends, and follows it."
    )

    resume = command("resume", ("working", "resume"), "go on with an incident", operator=True)
    resume.add_argument("id", nargs="?", metavar="ID")
    resume.add_argument("--workdir", type=Path, metavar="DIR", help="where the workflow is now, if it was moved")
    resume.add_argument("--no-redact", metavar="REASON", help=NO_REDACT)
    resume.add_argument("--plain", action="store_true", help=PLAIN)

    _tail(commands.add_parser("tail", help=TAIL, description=TAIL))

    analyze = command("analyze", ("analysis", "analyze"), "what a run's own files say of it", records=False)
    analyze.add_argument("workdir", nargs="?", type=Path, metavar="WORKDIR")
    analyze.add_argument("--run", type=Path, metavar="LOG", help="this run log, not the newest run's")
    analyze.add_argument("--watch", action="store_true", help="again and again, for as long as the run goes")

    compare = command("compare", ("comparing", "compare"), "did it get faster by doing less?", records=False)
    compare.add_argument("before", type=Path, metavar="BEFORE", help="a workflow's folder, a run log, a captured state")
    compare.add_argument("after", nargs="?", type=Path, metavar="AFTER", help="the same, later")
    compare.add_argument("--md", action="store_true", help="print the review note for a pull request")
    compare.add_argument("--capture", type=Path, metavar="FILE", help="keep the state of BEFORE, to compare with later")

    collect = command("collect", ("working", "collect"), "climb the ladder without a terminal", operator=True)
    collect.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR")
    collect.add_argument("--runbook", required=True, metavar="NAME|PATH")
    collect.add_argument("--context", choices=("local", "ci", "escalation"), default="local")
    collect.add_argument("--answers", type=Path, metavar="FILE")
    collect.add_argument("--no-redact", metavar="REASON", help=NO_REDACT)
    collect.add_argument(
        "--allow", action="append", default=[], choices=EFFECTS, metavar="EFFECT", help=", ".join(EFFECTS)
    )

    command("list", ("records", "list_"), "the incidents that are recorded, a line each")

    record = command("record", ("records", "record"), "print a record", json=False)
    record.add_argument("id", metavar="ID")
    record.add_argument("--format", choices=("md", "json", "html", "brief"), default="md")
    record.add_argument("--json", action="store_const", const="json", dest="format")
    record.add_argument("--out", type=Path, metavar="FILE")

    verify = command("verify", ("records", "verify"), "check a bundle, a record folder or a journal")
    verify.add_argument("path", type=Path, metavar="PATH|ID")
    verify.add_argument("--head", metavar="HASH", help="the chain must end with this hash, or one that begins so")

    handoff = command("handoff", ("handing", "handoff"), "write the bundle for a receiver", operator=True)
    handoff.add_argument("id", metavar="ID")
    handoff.add_argument("--to", metavar="WHO", help="who takes it over")
    handoff.add_argument("-o", "--out", type=Path, metavar="FILE.zip", help="where the bundle goes")
    handoff.add_argument("--set", action="append", default=[], metavar="FIELD=TEXT", help="say a field; see HANDOFF.md")
    handoff.add_argument("--from", dest="fields", metavar="FILE", help="say the fields as in this file, - for stdin")
    handoff.add_argument("--template", action="store_true", help="print such a file, with what is known, and end")

    accept = command("accept", ("handing", "accept"), "take over an incident from its bundle")
    accept.add_argument("bundle", type=Path, metavar="FILE.zip")
    accept.add_argument("--as", required=True, dest="who", metavar="WHO")
    accept.add_argument("--readback", metavar="TEXT", help="what you took over, in your own words; else it is asked")
    accept.add_argument("--workdir", type=Path, metavar="DIR", help="where you have the workflow, if that is elsewhere")
    accept.add_argument("--plain", action="store_true", help=PLAIN)

    gate = command("gate", ("gates", "gate"), "may the workflow be edited? Fit for a pre-commit hook", operator=True)
    gate.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR")
    gate.add_argument("--explain", metavar="TEXT", help="record why the workflow is edited now")

    runbook = command(
        "runbook", ("runbooks", "runbook"), "the runbooks: list, show, new, check, test, trust, schema", operator=True
    )
    _verbs(runbook)

    doctor = command("doctor", ("doctor", "doctor"), "is everything here that the console needs?", operator=True)
    doctor.add_argument("workdir", nargs="?", type=Path, default=Path(), metavar="WORKDIR")
    doctor.add_argument("--settings", action="store_true", help="every setting: value, source, meaning, default")

    completion = command(
        "completion", ("completion", "completion"), "print what makes a shell complete words", records=False, json=False
    )
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    completion.set_defaults(parser=parser, install=INSTALL)
    completion.formatter_class = argparse.RawDescriptionHelpFormatter
    completion.epilog = INSTALL
    return parser


def _tail_parser() -> _Parser:
    """Who opens a log waits for its last line, and need not wait for the parsers of all the other commands."""
    parser = _Parser(prog="incident-console tail", description=TAIL)
    _tail(parser)
    return parser


def _tail(parser: _Parser) -> None:
    parser.set_defaults(command="tail", call=("tailing", "tail"))
    _common(parser, records=False, operator=False, json=False)
    parser.add_argument("what", nargs="+", metavar="FILE|DIR|GLOB|-", help="- is what is piped in")
    parser.add_argument("--poll", type=float, metavar="SECONDS", help="look at the files this often, without events")


def _verbs(runbook: _Parser) -> None:
    verbs = runbook.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)

    def verb(name: str, help: str) -> _Parser:
        made: _Parser = verbs.add_parser(name, help=help, description=help)
        _common(made, records=True, operator=True, json=True, absent=argparse.SUPPRESS)
        return made

    verb("list", "the runbooks that ship")
    show = verb("show", "read one")
    show.add_argument("name", metavar="NAME|PATH")
    show.add_argument("--format", choices=("text", "md"), default="text")
    new = verb("new", "a commented skeleton that passes the check, with a first rehearsal")
    new.add_argument("name", metavar="NAME", help="its id, and its file's name")
    new.add_argument("-o", "--out", type=Path, metavar="FILE", help="another file than NAME.yaml; none is written over")
    new.add_argument("--schema", metavar="PATH|URL", help="the schema editors check with; else one beside the runbook")
    check = verb("check", "every fault of a runbook, with its place and what to do")
    check.add_argument("--strict", action="store_true", help="warnings end with 1, too")
    test = verb("test", "climb a runbook with recorded evidence and answers: does it lead where it should?")
    for author in (check, test):
        author.add_argument("names", nargs="+", metavar="NAME|PATH")
        author.add_argument("--github", action="store_true", help="annotations; by itself under GitHub Actions")
    schema = verb("schema", "the JSON Schema of a runbook, or of a rehearsal, for editors")
    schema.add_argument("what", nargs="?", choices=("runbook", "rehearsal"), default="runbook")
    trust = verb("trust", "let a runbook that did not ship run its commands; it is shown first")
    which = trust.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", metavar="PATH")
    which.add_argument("--list", action="store_true", help="what is trusted")
    which.add_argument("--withdraw", metavar="PATH|HASH", help="trust it no more")
    trust.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")


def _common(parser: _Parser, *, records: bool, operator: bool, json: bool, absent: str | None = None) -> None:
    """What many commands take. A verb takes it, too, and `absent` keeps it from undoing what stood before the verb."""
    off = absent or False
    parser.add_argument("--debug", action="store_true", default=off, help=DEBUG)
    if records:
        parser.add_argument("--records", type=Path, default=absent, metavar="DIR", help="where records are kept")
    if operator:
        parser.add_argument("--operator", default=absent, metavar="NAME", help="who is working the incident")
    if json:
        parser.add_argument("--json", action="store_true", default=off, help="print JSON")
