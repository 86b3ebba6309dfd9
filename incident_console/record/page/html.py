"""How does text from outside stand on the page, and what do its parts look like alike?

Every function gives HTML; every text that it is given is escaped here, once. What is HTML already is named so.
"""

from collections.abc import Iterable
from html import escape

from incident_console.record.text import clock_time, visible

LONGEST = 20_000
"""Characters of one text that are shown; what people write is shorter."""
NATURES = {"F": "fact", "I": "inference", "D": "decision"}


def text(said: str, limit: int = LONGEST) -> str:
    """`said` as text, control and bidirectional characters shown, cut at `limit` with a word on how much is left."""
    more = len(said) - limit
    shown = escape(visible(said[:limit]), quote=True)
    return f"{shown}… ({more} characters more)" if more > 0 else shown


def code(said: str) -> str:
    return f"<code>{text(said)}</code>"


def said(words: str) -> str:
    """A text with its own line breaks."""
    return f'<span class="said">{text(words)}</span>'


def when(at: str | None) -> str:
    return f'<time datetime="{text(at or "")}">{text(clock_time(at))}</time>'


def pill(label: str, tone: str = "") -> str:
    """A word in a frame; `tone` is good, bad, warn or nothing."""
    return f'<span class="pill {tone}">{text(label)}</span>'


def nature(letter: str) -> str:
    """F, I or D, with the word for who cannot see it."""
    name = NATURES.get(letter, "")
    return f'<abbr class="nature {name}" title="{name}">{letter}</abbr>' if name else ""


def event(seq: int) -> str:
    """A link to an event of the timeline."""
    return f'<a class="ev" href="#e{seq}">event&nbsp;{seq}</a>'


def pairs(html: Iterable[tuple[str, str]], tone: str = "") -> str:
    """A list of names (plain) with what they are (HTML)."""
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>" for name, value in html)
    return f'<dl class="{tone}">{rows}</dl>'


def bullets(html: Iterable[str], none: str = "None.") -> str:
    items = "".join(f"<li>{each}</li>" for each in html)
    return f"<ul>{items}</ul>" if items else f'<p class="quiet">{text(none)}</p>'


def table(caption: str, heads: Iterable[str], html: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML, in a region of its own that scrolls where the screen is narrow."""
    head = "".join(f'<th scope="col">{text(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in html)
    return (
        f'<div class="scrolls" role="region" tabindex="0" aria-label="{text(caption)}"><table><caption>{text(caption)}'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def section(id: str, title: str, html: Iterable[str]) -> str:
    body = "\n".join(html)
    return f'<section aria-labelledby="{id}"><h2 id="{id}" tabindex="-1">{text(title)}</h2>\n{body}\n</section>'
