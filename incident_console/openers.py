"""Which program opens a longer text: one that $VISUAL, $EDITOR or $PAGER name, or one that is found?"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from incident_console.errors import Refused


@dataclass(frozen=True, slots=True)
class Opener:
    what: str
    variables: tuple[str, ...]
    """The first that says anything names it."""
    otherwise: tuple[str, ...]
    """Which are looked for where none is named: never one that begins with a question of its own."""

    def named(self, environ: Mapping[str, str]) -> tuple[str, str] | None:
        """The variable that names it, and what it says."""
        said = ((variable, environ.get(variable, "").strip()) for variable in self.variables)
        return next((each for each in said if each[1]), None)

    def found(self, environ: Mapping[str, str]) -> str | None:
        """The one that opens where none is named."""
        return next((name for name in self.otherwise if _is_there(name, environ)), None)

    def command(self, environ: Mapping[str, str]) -> list[str]:
        """Its words. Raises Refused with a sentence."""
        if (named := self.named(environ)) is None:
            if (found := self.found(environ)) is None:
                raise Refused(f"there is no {self.what} here: ${self.variables[-1]} may name one")
            return [found]
        variable, value = named
        try:
            words = shlex.split(value)
        except ValueError:
            raise Refused(f"${variable} is {value!r}, in which a quote is not closed") from None
        if not words or not _is_there(words[0], environ):
            raise Refused(f"${variable} is {value!r}, and there is no such program: set it to one, or to nothing")
        return words


EDITOR = Opener("editor", ("VISUAL", "EDITOR"), ("vi", "nano"))
PAGER = Opener("pager", ("PAGER",), ("less", "more"))


def _is_there(program: str, environ: Mapping[str, str]) -> bool:
    return shutil.which(program, path=environ.get("PATH")) is not None
