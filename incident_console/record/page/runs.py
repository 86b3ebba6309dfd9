"""What ran, what failed and why, and what did the time go into?"""

from collections.abc import Callable, Iterator

from incident_console.counting import counted
from incident_console.events import UNKNOWN
from incident_console.record import weighed
from incident_console.record.findings import SHOWN, Failure, failures
from incident_console.record.findingstext import each_time
from incident_console.record.incident import Incident
from incident_console.record.page.charts import cost_chart, job_chart, patterns
from incident_console.record.page.html import bullets, code, event, pill, table, text, when

_RUNS = 200


def failing(incident: Incident, read_blob: Callable[[str], bytes | None]) -> Iterator[str]:
    found = failures(incident, read_blob)
    if not found.causes:
        yield '<p class="quiet">No failed attempt was kept.</p>'
        return
    if found.run:
        which = "Of an earlier run, as none was kept of the latest" if found.earlier else "Of the run"
        yield f"<p>{which}: {code(found.run)} ({text(found.status)}).</p>"
    yield '<ol class="cards">'
    for cause in found.causes[:SHOWN]:
        yield _cause(cause)
    yield "</ol>"
    if len(found.causes) > SHOWN:
        yield f"<p>And {len(found.causes) - SHOWN} more causes; every kept attempt is listed with the evidence.</p>"


def _cause(cause: Failure) -> str:
    jobs = [f"{job} (attempt {', '.join(map(str, numbers))})" for job, numbers in cause.attempts.items()]
    ended = f"exit {cause.exit_code}" if cause.exit_code is not None else "exit code unknown"
    more = f"; and {len(jobs) - 12} more" if len(jobs) > 12 else ""
    alike = "".join(f"<p><strong>{text(told)}.</strong></p>" for told in each_time(cause))
    lacking = f"<strong>Not every attempt was kept:</strong> {text('; '.join(cause.lacking[:12]))}"
    return (
        f"<li><p><strong>{text(cause.rule)}</strong> {pill(ended, 'bad')} {counted(len(jobs), 'job')}, "
        f"{counted(cause.count, 'failed attempt')}</p><pre>{text(cause.words or UNKNOWN, 600)}</pre>{alike}"
        f'<p class="quiet">{text("; ".join(jobs[:12]) + more)}. '
        f"{lacking if cause.lacking else 'Every attempt was kept whole.'}</p></li>"
    )


def runs(incident: Incident, read_blob: Callable[[str], bytes | None]) -> Iterator[str]:
    if not incident.runs:
        yield '<p class="quiet">No run was seen.</p>'
        return
    shown = list(incident.runs.values())[-_RUNS:]
    rows = [
        [
            code(run.event.log) + (f" {pill('latest')}" if run is incident.run else ""),
            pill(
                run.event.status, {"succeeded": "good", "failed": "bad", "interrupted": "bad"}.get(run.event.status, "")
            ),
            when(run.event.started_at),
            when(run.event.ended_at) if run.event.ended_at else "not seen",
            text(", ".join(f"{count} {name}" for name, count in run.event.figures.items()) or UNKNOWN),
            event(run.seq),
        ]
        for run in shown
    ]
    yield table("Runs seen during the incident", ("run", "state", "started", "ended", "jobs", "seen"), rows)
    differing = [run for run in shown if run.event.differs]
    if differing:
        yield "<h3>What differs from the run before</h3>"
        yield bullets(f"{code(run.event.log)}: {text('; '.join(run.event.differs))}" for run in differing)
    picture = weighed.latest(incident.lines, read_blob)
    if picture is None:
        yield '<p class="quiet">What the run cost, and when its jobs ran, was not kept in this record.</p>'
        return
    yield patterns()
    yield from cost_chart(picture)
    yield from job_chart(picture)
