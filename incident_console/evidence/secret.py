"""Where in some bytes a secret stands, and what kind it is: what the redaction rules find."""

from typing import NamedTuple


class Secret(NamedTuple):
    start: int
    end: int
    kind: str
    """Lower-case words joined by hyphens."""
