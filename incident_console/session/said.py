"""How may something that a person typed stand in the record? Odd bytes told, never empty; it is redacted there."""

from __future__ import annotations

from typing import Any

from incident_console.errors import Refused
from incident_console.events import UNKNOWN
from incident_console.evidence.names import shown


def clean_text(text: str) -> str:
    """What somebody typed, without white space around it and with odd bytes told."""
    return shown(text.strip())


def clean_value(value: Any) -> Any:
    """An answer's value, its texts cleaned; anything that is no text is left for the ladder to judge."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list | tuple):
        return [clean_value(part) for part in value]
    return value


def said(text: str, what: str) -> str:
    """The cleaned text. Raises Refused when it says nothing; `what` begins the sentence."""
    cleaned = clean_text(text)
    if not cleaned:
        raise Refused(f"{what} needs some text")
    return cleaned


def said_or_unknown(text: str) -> str:
    return clean_text(text) or UNKNOWN
