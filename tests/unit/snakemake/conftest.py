import time
from collections.abc import Iterator

import pytest

from incident_console.snakemake import fields


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The labelled logs were written in UTC; a log's times are local."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    fields._minutes.clear()
    yield
    monkeypatch.undo()
    time.tzset()
    fields._minutes.clear()
