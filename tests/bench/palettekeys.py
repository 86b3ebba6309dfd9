"""How long does one key in the palette take on 2,000 logs and 1,000 incidents, against the toolkit's own matcher?

    python -m tests.bench.palettekeys

Prints milliseconds a key for both, measured in the same run, and their ratio.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.fuzzy import Matcher

from incident_console.tui.matching import best
from incident_console.tui.offers import MOST, Entry

TYPED = ("a", "al", "ali", "alig", "align", "align s19", "algn", "inc 2026", "zzz")


def entries() -> list[Entry]:
    logs = [f"logs/sample{n:04}/{('align', 'count', 'trim', 'index')[n % 4]}.log" for n in range(2000)]
    past = [f"INC-202611{n % 28 + 1:02}T{n % 24:02}4501Z-align-retries-{n}" for n in range(1000)]
    return [
        Entry.make("≡", title, "opens it", lambda: None, told="log · succeeded · 4.1 kB") for title in (*logs, *past)
    ]


def slowest_ms(search: Callable[[str], object]) -> float:
    """The slowest key, each at its best of three."""

    def once(typed: str) -> float:
        began = time.perf_counter()
        search(typed)
        return time.perf_counter() - began

    return max(min(once(typed) for _ in range(3)) for typed in TYPED) * 1000


def main() -> None:
    found = entries()

    def peer(typed: str) -> object:
        matcher = Matcher(typed)
        return sorted((matcher.match(each.title) for each in found), reverse=True)[:MOST]

    ours, theirs = slowest_ms(lambda typed: best(found, typed, MOST)), slowest_ms(peer)
    print(f"slowest key: {ours:.1f} ms; the toolkit's matcher {theirs:.1f} ms; ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
