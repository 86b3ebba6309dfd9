"""How is a fault in a file somebody wrote told? `file:line:column: what is wrong; what is allowed`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from incident_console.errors import InputError

SHOWN = 100
"""Faults printed of one file; a file with more is not a runbook with slips in it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, at a line and column counted from 1."""

    file: str
    line: int
    column: int
    message: str
    allowed: str = ""
    """What is allowed, or what to do."""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        warning = "warning: " if self.severity == "warning" else ""
        told = f"{self.file}:{self.line}:{self.column}: {warning}{self.message}"
        return f"{told}; {self.allowed}" if self.allowed else told


class RunbookFaults(InputError):
    """Every fault of a runbook or an answers file at once, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = in_order(faults)
        lines = [str(fault) for fault in self.faults[:SHOWN]]
        if len(self.faults) > SHOWN:
            lines.append(f"and {len(self.faults) - SHOWN} more faults; put these right first")
        super().__init__("\n".join(lines))


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults by their place in the file, each told once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line, fault.column)))


def clip(text: str, width: int = 60) -> str:
    """`text` on one line and short enough to stand within a sentence."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"
