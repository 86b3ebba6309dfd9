"""Is a value of the config file one that a setting takes? Each check gives the value typed, or says what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from incident_console.session.ways import PLACEHOLDER, PLACEHOLDERS, TIMEOUT_S, Way

Check = Callable[[Any], Any]
"""Gets a value as TOML gives it; gives it typed. Raises NotAllowed."""

LONGEST = 4096
"""Characters of a text, and members of a list or table: nobody writes more by hand."""
# Patterns are compiled when they are needed: settings are read in hooks, mostly without a file.
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_BINDING = r"[a-z0-9][a-z0-9_.-]{0,63}"
_HOUR_S = 3600


class NotAllowed(Exception):
    """Says what is allowed instead; `under` is the key below the setting's own, where the fault lies deeper."""

    def __init__(self, allowed: str, *under: str) -> None:
        super().__init__(allowed)
        self.under = under


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST or not value.isprintable():
        raise NotAllowed("must be text in quotes, on one line")
    return value.strip()


def yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotAllowed("must be true or false, without quotes")
    return value


def one_of(*allowed: str) -> Check:
    def check(value: Any) -> str:
        if value not in allowed or not isinstance(value, str):
            raise NotAllowed(f"must be {either(allowed)}{near(value, allowed)}")
        return value

    return check


def words(value: Any) -> str:
    """A command as one types it, with quotes closed."""
    import shlex  # seldom set, and settings are read in hooks

    line = text(value)
    try:
        shlex.split(line)
    except ValueError as fault:
        raise NotAllowed(f"must be a command as one types it: {str(fault).lower()}") from None
    return line


def variables(value: Any) -> tuple[str, ...]:
    allowed = 'must be a list of names of environment variables, such as ["DB_PASSWORD"]'
    if not isinstance(value, list) or len(value) > LONGEST:
        raise NotAllowed(allowed)
    for name in value:
        if not isinstance(name, str) or not re.fullmatch(_VARIABLE, name):
            raise NotAllowed(allowed)
    return tuple(dict.fromkeys(value))


def some_of(*kinds: str) -> Check:
    """true: all of them; false: none; or a list."""

    def check(value: Any) -> tuple[str, ...]:
        if isinstance(value, bool):
            return kinds if value else ()
        if not isinstance(value, list):
            raise NotAllowed(f"must be true, false, or a list of {', '.join(kinds)}")
        for kind in value:
            if kind not in kinds or not isinstance(kind, str):
                raise NotAllowed(f"must be true, false, or a list of {', '.join(kinds)}{near(kind, kinds)}")
        return tuple(kind for kind in kinds if kind in value)

    return check


def keymap(value: Any) -> Mapping[str, str]:
    """By a binding's id, its keys: names as `?` shows them, with commas between."""
    for id, keys in _table(value).items():
        if not re.fullmatch(_BINDING, id):
            raise NotAllowed("is no binding's id; `Keys and their ids` in the palette lists them", id)
        if not isinstance(keys, str) or not all(key.strip() and " " not in key.strip() for key in keys.split(",")):
            raise NotAllowed('must be names of keys with commas between, such as "n,f4"', id)
    return {id: ",".join(key.strip() for key in keys.split(",")) for id, keys in value.items()}


def ways(value: Any) -> tuple[Way, ...]:
    return tuple(_way(name, way) for name, way in _table(value).items())


def _way(name: str, way: Any) -> Way:
    if not re.fullmatch(_NAME, name):
        raise NotAllowed("is no name for a command: letters, digits, `-` and `_`, at most 64", name)
    if not isinstance(way, dict):
        raise NotAllowed(f"must be a table: [commands.{name}] with run, title, timeout", name)
    for key in way:
        if key not in ("run", "title", "timeout"):
            raise NotAllowed(
                f"is no setting; allowed: run, title, timeout{near(key, ('run', 'title', 'timeout'))}", name, key
            )
    if "run" not in way:
        raise NotAllowed('needs run = ["PROGRAM", "WORD", …]', name)
    timeout = way.get("timeout", TIMEOUT_S)
    if not isinstance(timeout, int) or isinstance(timeout, bool) or not 1 <= timeout <= _HOUR_S:
        raise NotAllowed(f"must be a whole number of seconds from 1 to {_HOUR_S}", name, "timeout")
    try:
        title = text(way.get("title", name))
    except NotAllowed as fault:
        raise NotAllowed(str(fault), name, "title") from None
    return Way(name, _argv(name, way["run"]), title, timeout)


def _argv(name: str, run: Any) -> tuple[str, ...]:
    if not isinstance(run, list) or not run or len(run) > LONGEST or not run[0]:
        raise NotAllowed('must be a list of words, the program first, such as ["mail", "-s", "{title}"]', name, "run")
    for word in run:
        if not isinstance(word, str) or "\0" in word or len(word) > LONGEST:
            raise NotAllowed("must be a list of words, each in quotes", name, "run")
        for asked in re.findall(PLACEHOLDER, word):
            if asked not in PLACEHOLDERS:
                known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                raise NotAllowed(f"asks for {{{asked}}}; there is {known}{near(asked, PLACEHOLDERS)}", name, "run")
    if re.search(PLACEHOLDER, run[0]):
        raise NotAllowed("must name its program in plain words", name, "run")
    return tuple(run)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > LONGEST:
        raise NotAllowed("must be a table")
    return value


def near(said: object, known: Sequence[str] | Mapping[str, str]) -> str:
    """`; did you mean "auto"?`, or nothing where nothing is near."""
    import difflib  # only for a fault, and settings are read in hooks

    found = difflib.get_close_matches(str(said)[:64], list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""


def either(names: Sequence[str]) -> str:
    """`"auto", "full" or "none"`"""
    quoted = [f'"{name}"' for name in names]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
