"""Where in some bytes a secret stands, and what kind it is: what the redaction rules find."""

import re
from typing import NamedTuple

_REFERENCE = re.compile(rb"\$\{\w{1,100}\}|\$[A-Za-z_]\w{0,100}|\*{3,}|<\w{1,100}>|\{\{?[\w. ]{1,100}\}?\}")


class Secret(NamedTuple):
    start: int
    end: int
    kind: str
    """Lower-case words joined by hyphens; `env NAME` for the value of a variable that the settings name."""


def is_reference(value: bytes) -> bool:
    """`${TOKEN}` and `$TOKEN` name a secret without telling it."""
    return _REFERENCE.fullmatch(value) is not None
