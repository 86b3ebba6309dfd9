"""How is a hand-off edited as text? A commented template, a section a field, read back strictly.

    # what the field asks
    [told]
    the lab, 14:10

Lines that begin with `#` are not read. A line of text that begins with `#`, `[` or a backslash has a backslash before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from incident_console.record.handfields import ALL, FIELDS, Handoff
from incident_console.record.text import visible

FAULT = "#! "
"""Begins a line that tells what is wrong with the line below it."""
DRAFTED = "#= "
"""Begins the line that tells what stood in the fields: of a run that goes on, it may be something else by now."""
_SECTION = re.compile(r"\[([^\[\]]{0,80})\]\s*\Z")
_HEAD = """\
# Hand-off of {id}
# Lines that begin with # are not read. A field is a line with its name in
# brackets, and the lines below it; one that is left as it is stays as it is.
# Where nobody knows it, say unknown. Nothing below the name says nothing.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    """From 1."""
    because: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.because}"


@dataclass(frozen=True, slots=True)
class Parsed:
    fields: Mapping[str, str]
    """By name, the text that stands in it, which may be empty."""
    faults: tuple[Fault, ...] = ()
    drafted: Mapping[str, str] = field(default_factory=dict)
    """By name, the fingerprint of what the template said in it."""


def template(handoff: Handoff) -> str:
    """Every field with what stands in it now."""
    prints = " ".join(f"{name}={_fingerprint(_shown(handoff, name))}" for name in FIELDS)
    end = f"\n# The next line tells what was changed; leave it as it is.\n{DRAFTED}{prints}\n"
    return _HEAD.format(id=handoff.id) + "\n".join(_sections(handoff)) + "\n" + end


def parse(text: str) -> Parsed:
    """What stands in the fields, or every fault. Nothing is taken of a text that has one."""
    texts: dict[str, list[str]] = {}
    began: dict[str, int] = {}
    faults: list[Fault] = []
    lines: list[str] | None = None
    stray = False
    drafted: dict[str, str] = {}
    for number, line in enumerate(_lines(text), 1):
        if line.startswith(DRAFTED):
            drafted = {name: print for name, _, print in (word.partition("=") for word in line.split()[1:])}
        if line.startswith("#"):
            continue
        if found := _SECTION.match(line):
            name, lines, stray = found[1].strip(), [], False
            if name not in FIELDS:
                faults.append(Fault(number, f"there is no field [{name}]"))
            elif name in texts:
                faults.append(Fault(number, f"[{name}] stands a second time; the first time is line {began[name]}"))
            else:
                texts[name], began[name] = lines, number
        elif lines is not None:
            lines.append(line[1:] if line[:2] in ("\\#", "\\[", "\\\\") else line)
        elif line.strip() and not stray:
            stray = True  # one fault for all that stands there
            faults.append(Fault(number, "this stands in no field: put a line such as [summary] above it"))
    fields = {name: "\n".join(lines).strip() for name, lines in texts.items()}
    return Parsed({} if faults else fields, tuple(faults), drafted)


def changes(parsed: Parsed, before: Handoff) -> dict[str, str]:
    """What is said anew; an empty text takes back what was said. A field that stands as it did says nothing."""
    return {
        name: text
        for name, text in parsed.fields.items()
        if (text or name in before.said)
        and parsed.drafted.get(name, _fingerprint(_shown(before, name))) != _fingerprint(text)
    }


def with_faults(text: str, faults: tuple[Fault, ...]) -> str:
    """The text with each fault above the line that it is in, and without those of an earlier reading."""
    told: dict[int, list[str]] = {}
    for fault in faults:
        told.setdefault(fault.line, []).append(f"{FAULT}{fault.because}")
    numbered = enumerate(_lines(text), 1)
    return (
        "\n".join(
            each for number, line in numbered if not line.startswith(FAULT) for each in (*told.get(number, ()), line)
        )
        + "\n"
    )


def _sections(handoff: Handoff) -> Iterator[str]:
    section = ""
    for each in ALL:
        if each.section != section:
            section = each.section
            yield f"\n# ---- {section}"
        source = handoff.sources.get(each.name)
        yield f"\n# {each.prompt}" + (f". {each.help}" if each.help else "") + (f" ({source})" if source else "")
        yield f"[{each.name}]"
        text = _shown(handoff, each.name)
        if text:
            yield "\n".join(f"\\{line}" if line[:1] in ("#", "[", "\\") else line for line in text.split("\n"))


def _shown(handoff: Handoff, name: str) -> str:
    return "" if handoff.state(name) == "silent" else visible(handoff.text(name)).strip()


def _lines(text: str) -> list[str]:
    """Ended by line feeds alone, as editors count them; a last one ends the text and begins no line."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
