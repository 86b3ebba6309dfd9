"""Are these lines, as this console writes them, the next links of the chain? The quick way of saying yes.

A line that `journal` wrote has its keys in one order and nothing to spare between them, so that its canonical form is
put together from pieces of it. Only `data` must be looked into. It is written out again for many lines at a time: as
it stands, which shows that no key stands twice and no number or text is written in a second way, and sorted, which is
then as long to the byte. What is not surely good is never judged here, but line by line and by the letter in `chain`.
"""

import re
from hashlib import sha256

import orjson

from incident_console.errors import InputError
from incident_console.events import Recorded, parse_all

_TEXT = r'"([ !#-\[\]-~]*+)"'
"""Text that stands in JSON as it is."""
_LINES = re.compile(
    rf'^{{"seq":([1-9][0-9]*),"at":{_TEXT},"mono_s":((?:0|[1-9][0-9]{{0,11}})\.(?:[0-9]|[0-9]{{1,2}}[1-9]))'
    rf',"session":{_TEXT},"by":{_TEXT},"kind":{_TEXT},"data":({{.*}}),"prev":"(.{{64}})","hash":"(.{{64}})"}}\n',
    re.MULTILINE,
).findall
_SMALL_OR_LARGE = re.compile(rb"e[-+]?[0-9]+[,\]}]|[\[:,-]0\.0000").search
"""A part of a number that other JSON writers write in another way: 0.00001 is 1e-05. (It may be in a text, too.)"""


def links(block: bytes, number: int, prev: str) -> list[Recorded] | None:
    """The whole lines of `block`, the first being line `number` after `prev`; None when one is not surely good."""
    try:
        lines = _LINES(block.decode())
        if not lines or len(lines) != block.count(b"\n") or not block.endswith(b"\n"):
            return None
        pieces = [line[6] for line in lines]
        contents = [orjson.loads(piece) for piece in pieces]  # one by one: a piece must be one object, and a whole one
        together = f"[{','.join(pieces)}]".encode()
        if orjson.dumps(contents) != together or _SMALL_OR_LARGE(together):
            return None
        ordered = orjson.dumps(contents, option=orjson.OPT_SORT_KEYS).decode()
        events = parse_all((line[5] for line in lines), contents)
        good: list[Recorded] = []
        place = 1
        for (seq, at, mono_s, session, by, kind, piece, before, digest), event in zip(lines, events, strict=True):
            end = place + len(piece)
            told = (
                f'{{"at":"{at}","by":"{by}","data":{ordered[place:end]},"kind":"{kind}","mono_s":{mono_s},'
                f'"prev":"{prev}","seq":{seq},"session":"{session}"}}'
            )
            if seq != str(number) or before != prev or digest != sha256(told.encode()).hexdigest():
                return None
            good.append(Recorded(number, at, float(mono_s), session, by, kind, event, prev, digest))
            place, prev, number = end + 1, digest, number + 1
        return good
    except (UnicodeDecodeError, orjson.JSONDecodeError, orjson.JSONEncodeError, InputError):
        return None
