"""Files in a folder that are read as one stream, with a clock that stands still."""

from datetime import UTC, datetime
from pathlib import Path

from incident_console.tail.merging.merged import Member, Merged
from incident_console.tail.source import Mark, Source

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC).timestamp()


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Stream:
    """A merged stream over files in a folder, with a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.source = Merged("all", clock=self.clock)
        self.names: list[str] = []

    def add(self, *names: str) -> None:
        self.names += names
        self.set(*self.names)

    def set(self, *names: str) -> None:
        self.names = list(names)
        self.source.set_members(Member(self.folder / name, name.removesuffix(".log")) for name in names)

    def write(self, name: str, text: str | bytes) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def look(self, *names: str) -> None:
        self.source.changed(self.folder / name for name in names or self.names)
        while self.source.poll().more:
            pass

    def shown(self) -> list[str]:
        return shown(self.source)


def shown(source: Source) -> list[str]:
    rows = [source.row(row) for row in range(source.row_count)]
    return [row.text if isinstance(row, Mark) else f"{row.tag}|{row.text.decode('utf-8', 'replace')}" for row in rows]


def stamp(offset: float = 0) -> str:
    return datetime.fromtimestamp(START + offset, UTC).isoformat(" ", "milliseconds").replace("+00:00", "Z")


def opened(stream: Stream, *names: str) -> Stream:
    for name in names:
        stream.write(name, "")
    stream.add(*names)
    stream.look()
    return stream
