"""Where in a block of bytes does this text stand, found as fast as Python can?

`bytes.find` reads some 2 GB/s for a longer text, and five times that for one single byte. So where the text has a byte
that is rare in what is searched, that byte is looked for. Upper and lower case are told apart or not; of other
alphabets than ASCII every letter counts as it is.
"""

from collections.abc import Sequence

SAMPLE = 4 * 1024
CHUNK = 32 * 1024
RARE = 1024
"""A byte is rare that stands at most once in so many bytes."""
GOOD_FOR = 8 * 1024 * 1024
"""Bytes searched before it is asked again which byte is rare."""
PIECE = 128 * 1024
LAP = 1024
"""Bytes lowered beyond a piece, so that a text may begin in it and end behind it."""
WORTH_IT = 64 * 1024
"""Shorter texts are searched without asking."""


class Folded:
    """Finds lower-case texts in data of any case. A piece is lowered at a time, which stays in the CPU's cache."""

    def __init__(self) -> None:
        self._seen: tuple[bytes, int, bytes] = (b"", -1, b"")

    def find(self, data: bytes, text: bytes, at: int, stop: int) -> int:
        if len(text) > LAP:
            return data.lower().find(text, at, stop)
        while at + len(text) <= stop:
            begin = at - at % PIECE
            seen, where, lowered = self._seen
            if seen is not data or where != begin:
                lowered = data[begin : begin + PIECE + LAP].lower()
                self._seen = (data, begin, lowered)
            found = lowered.find(text, at - begin, min(stop, begin + PIECE + LAP) - begin)
            if found >= 0:
                return begin + found
            at = begin + PIECE
        return -1


class Needle:
    """One text. `fold`: upper and lower case are the same."""

    def __init__(self, text: bytes, *, fold: bool = False, folded: Folded | None = None) -> None:
        self._fold = fold and text.lower() != text.upper()
        self.text = text.lower() if self._fold else text
        self._folded = folded or Folded()
        self._good_for = 0
        self._anchor: int | None = None
        """Where in the text the rare byte stands; None: it has none here."""
        self._rare: tuple[bytes, ...] = ()

    def find(self, data: bytes, start: int, stop: int) -> int:
        """Where the text begins first in data[start:stop]; -1: nowhere."""
        at = start
        if stop - start >= WORTH_IT:
            if self._good_for <= 0:
                self._choose(data, start, stop)
            if self._anchor is not None:
                found, at = self._by_rare_byte(data, start, stop, self._anchor)
                if found >= 0 or at >= stop:
                    self._good_for -= (stop if found < 0 else found) - start
                    return found
        found = self._folded.find(data, self.text, at, stop) if self._fold else data.find(self.text, at, stop)
        self._good_for -= (stop if found < 0 else found) - start
        return found

    def _choose(self, data: bytes, start: int, stop: int) -> None:
        middle = (start + stop) // 2
        sample = data[start : start + SAMPLE] + data[middle : middle + SAMPLE]
        if self._fold:
            sample = sample.lower()
        self._good_for, self._anchor = GOOD_FOR, None
        often, at = min(((sample.count(self.text[i : i + 1]), i) for i in range(len(self.text))), default=(RARE, 0))
        if often * RARE <= len(sample):
            byte = self.text[at : at + 1]
            self._anchor = at
            self._rare = (byte, byte.upper()) if self._fold and byte.upper() != byte else (byte,)

    def _by_rare_byte(self, data: bytes, start: int, stop: int, anchor: int) -> tuple[int, int]:
        """The place or -1, and how far it was looked: not to the end where the byte turns out not to be rare."""
        length = len(self.text)
        first, last = start + anchor, stop - length + anchor + 1
        misses = 0
        # In chunks: with two bytes to look for, the one that never comes would be looked for again after each match.
        for begin in range(first, last, CHUNK):
            until = min(last, begin + CHUNK)
            places = [data.find(byte, begin, until) for byte in self._rare]
            while (at := min((place for place in places if place >= 0), default=-1)) >= 0:
                candidate = at - anchor
                there = data[candidate : candidate + length]
                if (there.lower() if self._fold else there) == self.text:
                    return candidate, candidate
                misses += 1
                if misses > 16 + (at - first) // RARE:
                    self._anchor = None
                    return -1, candidate + 1
                which = places.index(at)
                places[which] = data.find(self._rare[which], at + 1, until)
        return -1, stop


class Needles:
    """Several texts, of which the first to come is wanted. Meant to be asked on and on through one block."""

    def __init__(self, texts: Sequence[bytes], *, fold: bool = False) -> None:
        folded = Folded()
        self._needles = [Needle(text, fold=fold, folded=folded) for text in texts]
        self._asked: tuple[bytes, int, int] = (b"", 0, 0)
        self._next: list[int] = []

    def find(self, data: bytes, start: int, stop: int) -> int:
        """Where the first of the texts begins in data[start:stop]; -1: nowhere."""
        if len(self._needles) == 1:
            return self._needles[0].find(data, start, stop)
        seen, earlier, end = self._asked
        if seen is not data or end != stop or start < earlier:
            self._next = [-1] * len(self._needles)
        self._asked = (data, start, stop)
        for number, needle in enumerate(self._needles):
            if self._next[number] < start:
                found = needle.find(data, start, stop)
                self._next[number] = stop if found < 0 else found
        first = min(self._next)
        return -1 if first >= stop else first
