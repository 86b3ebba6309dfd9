"""Which text did an attempt of a job leave, and where is it? In the record when it failed, at the log's path when it
was the last one: before every attempt the engine deletes the log of the one before."""

from __future__ import annotations

from dataclasses import dataclass

from incident_console.errors import InputError
from incident_console.events import AttemptKept
from incident_console.evidence.redact import without_prints
from incident_console.evidence.redactor import Redactor
from incident_console.session.logs import job_label
from incident_console.session.view import View
from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.run import Run

TEXT_LIMIT = 48 << 20
"""Bytes of a log that are compared: its first ones, since where two logs part is what is sought."""
SETTLED_S = 5.0
"""A log that was written to so long after its attempt ended may be another run's."""

Tried = tuple[Job, Attempt]


@dataclass(frozen=True, slots=True)
class Text:
    data: bytes
    source: str
    """Where it is from; no other attempt's text has the same."""
    remark: str
    """What must be known of it; empty when it is whole and this attempt's for certain."""
    redacted: bool = False
    """Secrets were replaced in it."""
    kept: AttemptKept | None = None


class Texts:
    """The texts that attempts left: in the record when they failed, at the log's path when they were the last."""

    def __init__(self, session: View, run: Run) -> None:
        self._session = session
        self._kept = {
            (item.event.jobid, item.event.attempt): (item.seq, item.event)
            for item in tuple(session.incident.evidence)
            if isinstance(item.event, AttemptKept) and item.event.run == run.log
        }
        self._read: dict[tuple[int, int], Text | None] = {}

    def of(self, one: Tried) -> Text | None:
        key = (one[0].jobid, one[1].number)
        if key not in self._read:
            self._read[key] = self._from_record(*key) or self._from_disk(*one)
        return self._read[key]

    def source_of(self, one: Tried) -> str:
        text = self.of(one)
        return text.source if text is not None else ""

    def why_not(self, one: Tried) -> str:
        job, attempt = one
        if not job.logs:
            return f"{job.rule} has no log: of its own, so there is nothing to compare"
        _, event = self._kept.get((job.jobid, attempt.number), (0, None))
        why = event.missing if event is not None and event.missing else "a retry deletes it, and it was not kept"
        return f"the log of {job_label(job)}, attempt {attempt.number}, is gone: {why}"

    def _from_record(self, jobid: int, number: int) -> Text | None:
        seq, event = self._kept.get((jobid, number), (0, None))
        if event is None or event.sha256 is None:
            return None
        try:
            data = self._session.record.blobs.get(event.sha256)
        except InputError:
            return None
        told = [] if event.complete or not event.missing else [event.missing]
        return Text(
            data[:TEXT_LIMIT],
            f"kept when it failed (event {seq})",
            "; ".join((*told, *_cut(len(data)))),
            redacted=bool(event.redactions),
            kept=event,
        )

    def _from_disk(self, job: Job, attempt: Attempt) -> Text | None:
        """Only the last attempt's text stands at the path."""
        if attempt is not job.attempts[-1] or not job.logs:
            return None
        _, event = self._kept.get((job.jobid, attempt.number), (0, None))
        parts, remarks = [], []
        for log in job.logs:
            path = self._session.workdir / log
            try:
                if not path.is_file():
                    continue
                with path.open("rb") as file:
                    data = file.read(TEXT_LIMIT)
                facts = path.stat()
            except (OSError, ValueError):
                continue
            parts.append(b"==> " + log.encode("utf-8", "replace") + b" <==\n" + data if len(job.logs) > 1 else data)
            remarks += _cut(facts.st_size)
            if attempt.ended is not None and facts.st_mtime > attempt.ended + SETTLED_S:
                remarks.append("written to after this attempt ended, maybe by another run")
        if not parts:
            return None
        text = b"\n".join(parts)
        return Text(text[:TEXT_LIMIT], ", ".join(job.logs), "; ".join(dict.fromkeys(remarks)), kept=event)


def _cut(size: int) -> list[str]:
    return [f"only its first {TEXT_LIMIT >> 20} MiB are compared"] if size > TEXT_LIMIT else []


def redacted(text: Text, redactor: Redactor) -> Text:
    """With its secrets replaced, and without fingerprints: who took an incident over makes other ones."""
    data = text.data if text.redacted else redactor.data(text.data).data
    return Text(without_prints(data), text.source, text.remark, redacted=True, kept=text.kept)
