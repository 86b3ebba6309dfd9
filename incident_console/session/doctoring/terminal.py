"""What can this terminal do, and what does the console make of it?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from incident_console.evidence.command import Command, run
from incident_console.evidence.environment import allowed
from incident_console.session.doctoring.finding import Finding

ASK_S = 1.5
SMALLEST = (60, 15)
LONGEST_ESC_MS = 100
_COLOURLESS = ("dumb", "unknown", "vt100", "vt102", "vt220")


def abilities(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    return (*_kind(environ), _colours(environ), _size(), _locale(environ), _far(environ))


def _kind(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    there = [os.isatty(stream) for stream in (0, 1, 2)]
    if not any(there):
        return (Finding("terminal", "none: `open` needs one; `collect` climbs without"),)
    term = environ.get("TERM", "")
    if not term:
        return (Finding("TERM", "not set", "broken", "Set it to what your terminal is, for example xterm-256color."),)
    if term == "dumb":
        return (Finding("TERM", term, "mind", "No screen can be drawn on it; use --plain, or set TERM."),)
    return (Finding("TERM", term),)


def _colours(environ: Mapping[str, str]) -> Finding:
    term, said = environ.get("TERM", ""), environ.get("COLORTERM", "")
    if "NO_COLOR" in environ:
        return Finding("colours", "none, as NO_COLOR asks; states are told by glyph and word")
    if term in _COLOURLESS:
        return Finding("colours", f"none, as TERM {term} has none; states are told by glyph and word")
    if said.lower() in ("truecolor", "24bit") or "direct" in term:
        return Finding("colours", f"16 million (COLORTERM {said})")
    if "256color" in term:
        return Finding("colours", "256")
    return Finding("colours", "16; set COLORTERM=truecolor if this terminal has more")


def _size() -> Finding:
    for stream in (1, 2, 0):
        try:
            size = os.get_terminal_size(stream)
        except OSError:
            continue
        if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
            wanted = f"{SMALLEST[0]} x {SMALLEST[1]}"
            return Finding("size", f"{size.columns} x {size.lines}", "mind", f"Make it {wanted} or more.")
        return Finding("size", f"{size.columns} x {size.lines}")
    return Finding("size", "not known: this is no terminal")


def _locale(environ: Mapping[str, str]) -> Finding:
    said = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if not said or "utf-8" in said.lower() or "utf8" in said.lower():
        return Finding("locale", said or "not set; UTF-8 is taken for granted")
    return Finding("locale", said, "mind", "Frames and marks are drawn in ASCII; set LANG=C.UTF-8 for the others.")


def _far(environ: Mapping[str, str]) -> Finding:
    far = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    return Finding("reached by", "ssh: nothing moves by itself, unless the settings say so" if far else "no ssh")


def clipboard(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Whether what is copied (OSC 52) gets through a multiplexer. tmux(1), `set-clipboard`."""
    if environ.get("TMUX"):
        said = _tmux("set-clipboard", environ)
        if not said:
            return (Finding("clipboard", "tmux did not say whether it lets copies through"),)
        if said == "on":
            return (Finding("clipboard", "tmux lets copies through (set-clipboard on)"),)
        follows = "What is copied here does not leave tmux: `tmux set -s set-clipboard on`."
        return (Finding("clipboard", f"tmux: set-clipboard {said}", "mind", follows),)
    if environ.get("STY") or environ.get("TERM", "").startswith("screen"):
        return (Finding("clipboard", "screen keeps copies to itself", "mind", "Save lines into a file instead: S."),)
    return (Finding("clipboard", "copies go to the terminal (OSC 52), which may refuse them"),)


def escape(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """How long a multiplexer holds Esc back, which might begin the code of another key. tmux(1), `escape-time`."""
    if not environ.get("TMUX"):
        return ()
    said = _tmux("escape-time", environ)
    if not said.isdecimal():
        return (Finding("Esc", "tmux did not say how long it holds it back"),)
    if int(said) <= LONGEST_ESC_MS:
        return (Finding("Esc", f"tmux holds it back for {said} ms"),)
    follows = "Esc does its work late, and with a key typed after it is another: `tmux set -s escape-time 20`."
    return (Finding("Esc", f"tmux holds it back for {said} ms", "mind", follows),)


def _tmux(option: str, environ: Mapping[str, str]) -> str:
    """What this tmux says of a server's option; empty where it does not."""
    tmux = shutil.which("tmux", path=environ.get("PATH")) or "tmux"
    argv = (tmux, "show-options", "-sv", option)
    outcome = run(Command(argv, Path("/"), ASK_S, cap=4096, env={**allowed(environ), "TMUX": environ["TMUX"]}))
    return outcome.stdout.decode("utf-8", "backslashreplace").strip() if outcome.exit_code == 0 else ""
