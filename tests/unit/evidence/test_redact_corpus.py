"""The shapes of secrets and of what only looks like one, as data: `secrets_that_go.txt`, `lookalikes_that_stay.txt`."""

import re
import zlib
from pathlib import Path

import pytest

from incident_console.evidence.redact import redact

BLOCK = 64 * 1024
HERE = Path(__file__).parent
SECRET = re.compile(r"«([a-z0-9-]+)\|([^»]*)»")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def cases(name: str) -> list[tuple[str, str]]:
    """Each case of a corpus; one whose lines all stand alone is as many cases as it has lines."""
    found = []
    for part in (HERE / name).read_text().split("\n=== ")[1:]:
        title, _, text = part.partition("\n")
        text = text.rstrip("\n").replace("·", "")
        alone = title.rsplit(" ", 1)[-1] in ("assignments", "JSON", "lines", "URLs", "headers", "tokens")
        texts = text.split("\n") if alone else [text]
        found += [(f"{title}: {each[:40]}", each) for each in texts]
    return found


SECRETS = cases("secrets_that_go.txt")


@pytest.mark.parametrize("text", [text for _, text in SECRETS], ids=[name for name, _ in SECRETS])
def test_a_secret_goes_and_what_is_around_it_stays(text: str) -> None:
    got = redact(SECRET.sub(lambda found: found[2], text).encode())
    assert got.data.decode() == SECRET.sub(lambda found: f"[redacted {found[1]}]", text)
    kinds = SECRET.findall(text)
    assert kinds and sum(got.counts.values()) == len(kinds)
    assert redact(got.data).data == got.data


LOOK_ALIKES = cases("lookalikes_that_stay.txt")


@pytest.mark.parametrize("text", [text for _, text in LOOK_ALIKES], ids=[name for name, _ in LOOK_ALIKES])
def test_a_look_alike_stays(text: str) -> None:
    for each in (text, *text.split("\n")):
        got = redact(each.encode())
        assert (got.data.decode(), got.counts) == (each, {})


def test_the_made_up_tokens_have_the_checksums_of_real_ones() -> None:
    """GitHub and npm: the last six characters are the CRC32 of the thirty before them, in base 62."""
    text = "\n".join(text for _, text in SECRETS)
    tokens = re.findall(r"(?:gh[po]|npm)_([A-Za-z0-9]{30})([A-Za-z0-9]{6})\b", text)
    assert len(tokens) == 3
    for body, checksum in tokens:
        number = 0
        for digit in checksum:
            number = number * 62 + ALPHABET.index(digit)
        assert number == zlib.crc32(body.encode())


@pytest.mark.parametrize("text", [text for _, text in SECRETS], ids=[name for name, _ in SECRETS])
def test_a_secret_where_one_block_of_the_search_ends_is_found(text: str) -> None:
    plain = SECRET.sub(lambda found: found[2], text).encode()
    filler = b"x" * 99 + b"\n"
    given = filler * ((BLOCK - len(plain) // 2) // len(filler)) + plain
    assert redact(given).data.removeprefix(filler * (given.count(filler))) == redact(plain).data
