"""How is a report laid out for a terminal? Lines of one width, with labels, headings, rows and bars."""

from __future__ import annotations

import textwrap

from incident_console.snakemake.textfile import printable

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LABEL = 9


class Page:
    """Lines of one width. What comes from outside is made printable before it gets here."""

    def __init__(self, width: int, colours: bool, blocks: bool) -> None:
        self.width, self.colours, self.blocks = width, colours, blocks
        self.lines: list[str] = []

    def add(self, text: str = "", indent: int = 0, hang: int | None = None) -> None:
        """A paragraph, folded to the width."""
        if not text:
            self.lines.append("")
            return
        self.lines += textwrap.wrap(
            printable(text),
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent if hang is None else hang),
            break_on_hyphens=False,
        )

    def row(self, text: str) -> None:
        """One line, cut at the width."""
        text = printable(text)
        self.lines.append(text if len(text) <= self.width else text[: self.width - 1] + "…")

    def labelled(self, label: str, text: str) -> None:
        before = len(self.lines)
        self.add(f"{label:<{_LABEL}}{text}", hang=_LABEL)
        self.lines[before] = self.bold(label) + self.lines[before][len(label) :]

    def heading(self, text: str) -> None:
        self.lines.append("")
        self.row(text)
        self.lines[-1] = self.bold(self.lines[-1])

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colours else text

    def bar(self, share: float, cells: int) -> str:
        share = min(1.0, max(0.0, share))
        if not self.blocks:
            return ("#" * round(share * cells)).ljust(cells, ".")
        eighths = round(share * cells * 8)
        if share > 0:
            eighths = max(1, eighths)
        whole, rest = divmod(eighths, 8)
        return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(cells)
