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
from incident_console.events import Recorded, parse

_TEXT = r'"([ !#-\[\]-~]*)"'
"""Text that stands in JSON as it is."""
_HEAD = re.compile(
    rf'{{"seq":([1-9][0-9]*),"at":{_TEXT},"mono_s":((?:0|[1-9][0-9]{{0,11}})\.(?:[0-9]|[0-9]{{1,2}}[1-9]))'
    rf',"session":{_TEXT},"by":{_TEXT},"kind":{_TEXT},"data":(?={{)'
).match
_TAIL = len(',"prev":"","hash":""}') + 2 * 64
_SMALL_OR_LARGE = re.compile(rb"e[-+]?[0-9]+[,\]}]")
"""The end of a number that other JSON writers write in another way. (It may stand in a text, too.)"""


def links(block: bytes, number: int, prev: str) -> list[Recorded] | None:
    """The whole lines of `block`, the first being line `number` after `prev`; None when one is not surely good."""
    try:
        lines = block.decode().split("\n")
        if lines.pop() or len(block) < 2:
            return None
        heads = [_HEAD(line) for line in lines]
        pieces = [line[found.end() : -_TAIL] for line, found in zip(lines, heads, strict=True) if found]
        contents = [orjson.loads(piece) for piece in pieces]
        together = f"[{','.join(pieces)}]".encode()
        if len(pieces) < len(lines) or orjson.dumps(contents) != together or _SMALL_OR_LARGE.search(together):
            return None
        ordered = orjson.dumps(contents, option=orjson.OPT_SORT_KEYS).decode()
        good: list[Recorded] = []
        place = 1
        for line, head, piece, content in zip(lines, heads, pieces, contents, strict=True):
            seq, at, mono_s, session, by, kind = head.groups()  # type: ignore[union-attr]  # all were found, see above
            end = place + len(piece)
            digest = sha256(
                f'{{"at":"{at}","by":"{by}","data":{ordered[place:end]},"kind":"{kind}","mono_s":{mono_s},'
                f'"prev":"{prev}","seq":{seq},"session":"{session}"}}'.encode()
            ).hexdigest()
            if line[-_TAIL:] != f',"prev":"{prev}","hash":"{digest}"}}' or seq != str(number):
                return None
            event = parse(kind, content)
            good.append(Recorded(number, at, float(mono_s), session, by, kind, event, prev, digest))
            place, prev, number = end + 1, digest, number + 1
        return good
    except (UnicodeDecodeError, orjson.JSONDecodeError, orjson.JSONEncodeError, InputError):
        return None
