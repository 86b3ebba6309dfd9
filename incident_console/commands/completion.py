"""What may follow the words typed so far? `completion SHELL` prints what makes a shell ask; it asks us here.

The answers come from the parser itself, so that they never lag behind it: `completion SHELL -- WORDS...` prints them,
the last word being the one that is typed now. The first line says what else fits, and each further line is a candidate:

    values                  nothing else fits            files | folders | commands: what the shell itself knows
    resume<TAB>go on with an incident                    (bash gets the candidates without what they mean)

No traceback and no talk: whoever presses the tab key is in the middle of a line. Nothing slow is loaded.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from incident_console.commands.common import say
from incident_console.errors import Exit

MOST = 200
"""Candidates that are offered at once: nobody reads more."""

_WANTS = {
    "FILE": "files",
    "FILE.zip": "files",
    "LOG": "files",
    "GLOB": "files",
    "DIR": "folders",
    "WORKDIR": "folders",
    "WORKDIR|BUNDLE": "files",
    "FILE|DIR|GLOB|-": "files",
    "BEFORE": "files",
    "AFTER": "files",
    "PATH": "files",
    "PATH|ID": "files",
    "PATH|HASH": "files",
    "NAME|PATH": "files",
    "COMMAND": "commands",
}
"""By what a value is called in the help: what the shell itself completes it with."""
_IDS, _RUNBOOKS = ("ID", "PATH|ID"), ("NAME|PATH",)


@dataclass(frozen=True, slots=True)
class Answer:
    wants: str = "values"
    candidates: tuple[tuple[str, str], ...] = ()
    """A word, and what it means (may be empty)."""


def completion(arguments: argparse.Namespace) -> int:
    if not arguments.run_command:
        print(SCRIPTS[arguments.shell].strip())
        if sys.stdout.isatty():  # a shell that reads the script at its start has been told already
            say(_install(arguments))
        return Exit.OK
    found = answer(arguments.parser, arguments.run_command[1:])
    print(found.wants)
    for word, meaning in found.candidates[:MOST]:
        # What a record's folder is called comes from outside; a line end in it would be two candidates.
        if word.isprintable():
            print(word if arguments.shell == "bash" else f"{word}\t{meaning}")
    return Exit.OK


def _install(arguments: argparse.Namespace) -> str:
    """The line that installs it, as the help has it; as a comment, should somebody evaluate both streams."""
    lines = [str(line).strip() for line in arguments.install.splitlines()]
    return "# to install it, once: " + next(
        line.partition(" ")[2].strip() for line in lines if line.startswith(f"{arguments.shell} ")
    )


def answer(parser: argparse.ArgumentParser, words: Sequence[str]) -> Answer:
    """What may stand in the place of the last of `words`, which are those behind the program's name."""
    *before, now = _whole(words) or [""]
    here = _Place(parser)
    for at, word in enumerate(before):
        if word == "--" and here.command == "open":
            return Answer("commands" if at == len(before) - 1 else "files")
        here.read(word)
    if here.awaits is not None:
        return _values(here.awaits, now, here)
    option, equals, value = now.partition("=")
    if equals and (action := here.options.get(option)) is not None and _takes_value(action):
        found = _values(action, value, here)
        return Answer(found.wants, tuple((f"{option}={word}", meaning) for word, meaning in found.candidates))
    if now.startswith("-") and not here.only_positionals:
        return Answer("values", _beginning(now, here.unused()))
    found = _values(here.positional, now, here) if here.positional is not None else Answer()
    if found == Answer() and not now and not here.only_positionals:
        return Answer("values", _beginning(now, here.unused()))
    return found


class _Place:
    """Where in the grammar one is, word by word."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._used: set[argparse.Action] = set()
        self.command = ""
        self.awaits: argparse.Action | None = None
        """The option whose value comes next."""
        self.only_positionals = False
        self.said: dict[str, str] = {}
        """By an option's name in the code, what was given to it."""
        self._enter(parser)

    def _enter(self, parser: argparse.ArgumentParser) -> None:
        actions = [one for one in parser._actions if one.help != argparse.SUPPRESS]
        self.options = {name: one for one in actions for name in one.option_strings}
        self._ahead = [one for one in actions if not one.option_strings]

    @property
    def positional(self) -> argparse.Action | None:
        return self._ahead[0] if self._ahead else None

    def read(self, word: str) -> None:
        if self.awaits is not None:
            self.said[self.awaits.dest], self.awaits = word, None
        elif word == "--":
            self.only_positionals = True
        elif word.startswith("-") and len(word) > 1 and not self.only_positionals:
            name, equals, value = word.partition("=")
            action = self.options.get(name)
            if action is not None:
                self._used.add(action)
                if equals:
                    self.said[action.dest] = value
                elif _takes_value(action):
                    self.awaits = action
        elif (action := self.positional) is not None:
            if isinstance(action, argparse._SubParsersAction):
                self.command = self.command or word
                chosen = action.choices.get(word)
                self._ahead.pop(0)
                if chosen is not None:
                    self._enter(chosen)
                else:
                    self.options, self._ahead = {}, []  # nobody knows what follows a word that nobody knows
            elif action.nargs not in ("*", "+"):
                self._ahead.pop(0)

    def unused(self) -> Iterator[tuple[str, str]]:
        """The options that may still be given, in their long form."""
        for action in dict.fromkeys(self.options.values()):
            if action not in self._used or isinstance(action, argparse._AppendAction):
                yield action.option_strings[-1], _first_line(action.help)


def _whole(words: Sequence[str]) -> list[str]:
    """Bash takes `--format=md` apart at the `=`: put together again, as everywhere else."""
    whole: list[str] = []
    for word in words:
        if whole and whole[-1].startswith("--") and (word == "=" or whole[-1].endswith("=")):
            whole[-1] += word
        else:
            whole.append(word)
    return whole


def _takes_value(action: argparse.Action) -> bool:
    return action.nargs != 0


def _values(action: argparse.Action, now: str, here: _Place) -> Answer:
    if isinstance(action, argparse._SubParsersAction):
        return Answer("values", _beginning(now, ((one.dest, _first_line(one.help)) for one in action._choices_actions)))
    if action.choices is not None:
        return Answer("values", _beginning(now, ((str(one), "") for one in action.choices)))
    name = action.metavar if isinstance(action.metavar, str) else ""
    found: list[tuple[str, str]] = []
    if name in _IDS:
        found += ((each, "incident") for each in _ids(here.said.get("records")))
    if name in _RUNBOOKS or action.dest == "runbook":
        from incident_console.runbook.shipped import shipped

        found += ((path.stem, "a runbook that ships") for path in shipped())
    return Answer(_WANTS.get(name, "values"), _beginning(now, found))


def _ids(records: str | None) -> tuple[str, ...]:
    """The incidents' ids, newest first: the names of folders, which no journal is read for."""
    from incident_console import settings
    from incident_console.errors import ConsoleError
    from incident_console.record.folders import all_records

    with contextlib.suppress(ConsoleError, OSError):
        folder = settings.load(os.environ, records=Path(records).expanduser() if records else None).records
        return tuple(path.name for path in reversed(all_records(folder)))
    return ()


def _beginning(start: str, found: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((word, meaning) for word, meaning in found if word.startswith(start))


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split("\n", 1)[0].split())


SCRIPTS = {
    "bash": r"""
_incident_console() {
    local IFS=$'\n' now="${COMP_WORDS[COMP_CWORD]}" answers
    local program="${COMP_WORDS[0]/#\~/$HOME}"
    answers=($(command "$program" completion bash -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)) || return
    [ "$now" = = ] && now=
    COMPREPLY=("${answers[@]:1}")
    # Bash has cut the word at its `=`: the candidates are what stands behind it.
    case "$COMP_WORDBREAKS" in *=*) COMPREPLY=("${COMPREPLY[@]#--*=}") ;; esac
    case "${answers[0]}" in
        files) compopt -o filenames; COMPREPLY+=($(compgen -f -- "$now")) ;;
        folders) compopt -o filenames; COMPREPLY+=($(compgen -d -- "$now")) ;;
        commands) COMPREPLY+=($(compgen -c -- "$now")) ;;
    esac 2>/dev/null
}
complete -F _incident_console incident-console
""",
    "zsh": r"""
#compdef incident-console
_incident_console() {
    local line wants
    local -a described
    while IFS= read -r line; do
        if [[ -z $wants ]]; then wants=$line; continue; fi
        local word=${line%%$'\t'*} meaning=${line#*$'\t'}
        described+=("${word//:/\\:}${meaning:+:$meaning}")
    done < <(command ${(Q)words[1]} completion zsh -- "${(@Q)words[1,CURRENT]}" 2>/dev/null)
    (( $#described )) && _describe -V incident-console described
    case $wants in
        files) compset -P '--*='; _files ;;
        folders) compset -P '--*='; _files -/ ;;
        commands) compset -P '--*='; _command_names -e ;;
    esac
}
compdef _incident_console incident-console
""",
    "fish": r"""
function __incident_console
    set -l words (commandline -opc)
    set -l now (commandline -ct)
    set -l answers (command $words[1] completion fish -- $words "$now" 2>/dev/null)
    switch "$answers[1]"
        case files
            __fish_complete_path "$now"
        case folders
            __fish_complete_directories "$now"
        case commands
            complete -C "$now"
    end
    printf '%s\n' $answers[2..]
end
complete -c incident-console -f -k -a '(__incident_console)'
""",
}
