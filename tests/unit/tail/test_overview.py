"""The scroll bar's marks are where the errors are."""

from pathlib import Path

import pytest

from incident_console.tail.filtering.filtered import Filtered
from incident_console.tail.filtering.filters import parse
from incident_console.tail.finding import blocks
from incident_console.tail.finding.overview import Overview
from incident_console.tail.logfile import LogFile
from incident_console.tail.source import TextSource

OK, BAD = b"INFO all is fine here\n", b"ERROR something broke\n"


def finish(overview: Overview) -> None:
    while not overview.step(1):
        pass


def test_errors_are_counted_where_they_are() -> None:
    data = OK * 300 + BAD * 2 + OK * 99 + b"INFO ERROR_RATE=0 errors" + OK * 198 + BAD * 399 + OK
    overview = Overview(TextSource("t", data))
    finish(overview)
    assert overview.progress == 1
    assert sum(overview.marks(10)) == 401
    assert overview.marks(10)[:5] == (0, 0, 0, 2, 0)
    assert min(overview.marks(10)[6:]) > 50
    assert overview.marks(0) == ()
    assert Overview(TextSource("t", b"")).marks(3) == (0, 0, 0)


@pytest.mark.parametrize("block", [7, 1 << 19])
def test_a_growing_file_is_counted_on_and_its_ranges_join(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", block)
    path = tmp_path / "a.log"
    path.write_bytes(OK * 10 + BAD)
    log = LogFile(path)
    log.poll()
    overview = Overview(log, buckets=8)
    finish(overview)
    errors = 1
    for number in range(200):
        with path.open("ab") as file:
            file.write((BAD if number % 2 else OK) * 5 + b"ERR")
            file.flush()
            log.poll()
            finish(overview)
            # Whether it is one is known when the line is complete.
            file.write(b"OR at last\n" if number % 2 else b"AND\n")
        log.poll()
        finish(overview)
        errors += 6 if number % 2 else 0
        assert sum(overview.marks(5)) == errors
    assert all(0 < cell < errors / 2 for cell in overview.marks(5))
    log.close()


def test_after_a_rotation_or_a_truncation_it_counts_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(BAD * 3 + OK)
    log = LogFile(path)
    log.poll()
    overview = Overview(log)
    finish(overview)
    path.rename(tmp_path / "b")
    path.write_bytes(OK * 3 + BAD)
    log.poll()
    finish(overview)
    assert overview.marks(2) == (3, 1)
    path.write_bytes(BAD)
    while log.poll().more:
        pass
    finish(overview)
    assert sum(overview.marks(2)) == 4
    log.close()


def test_rows_of_a_view_are_counted_when_all_are_known() -> None:
    view = Filtered(TextSource("t", (OK * 3 + BAD) * 50), parse("-missing"))
    overview = Overview(view)
    finish(overview)
    while not view.index_step(1):
        pass
    finish(overview)
    assert overview.marks(5) == (10, 10, 10, 10, 10)
