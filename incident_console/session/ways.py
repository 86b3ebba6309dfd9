"""What is a way out? A command of the user's own that takes something of the record elsewhere, as settings declare it.

Kept apart from what carries it out (`session.waysout`), so that reading the settings loads no more than this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDERS = {
    "note": "a file with the incident note (Markdown)",
    "brief": "a file with the brief, at most twelve lines",
    "record": "a file with the whole record (Markdown)",
    "html": "a file with the whole record as one page (HTML)",
    "handoff": "a file with what a receiver must know (Markdown)",
    "bundle": "a file with the sealed record (zip)",
    "id": "the incident's id",
    "title": "the incident's title",
    "workdir": "the workflow's folder",
}
"""What may stand in a way's words as `{name}`, and what it becomes. Other braces are left alone."""

PLACEHOLDER = r"\{([A-Za-z_]+)\}"
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Way:
    name: str
    run: tuple[str, ...]
    """The words of the command, with placeholders; no shell reads them."""
    title: str
    timeout_s: int = TIMEOUT_S

    @property
    def asks_for(self) -> tuple[str, ...]:
        """The placeholders in its words, each once, in their order."""
        return tuple(dict.fromkeys(name for word in self.run for name in re.findall(PLACEHOLDER, word)))
