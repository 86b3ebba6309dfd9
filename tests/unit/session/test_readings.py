"""What stands beside a captured output: what it says, which of its jobs ran then, and which known lie applies."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from incident_console.events import EvidenceCaptured
from incident_console.runbook.load import Loaded
from incident_console.session.collect import collect
from incident_console.session.core import Session
from incident_console.session.opening import open_incident
from incident_console.session.readings import Reading, Readings, has_reading
from incident_console.session.who import Who
from incident_console.snakemake.dryrun import DryRun
from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.run import Run

CORPUS = Path(__file__).parents[2] / "corpus"
LOG = ".snakemake/log/2026-11-22T133700.000000.snakemake.log"
AT = datetime(2026, 11, 22, 13, 38, 0, tzinfo=UTC).timestamp()
SUMMARY = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n"


def output(case: str, name: str) -> bytes:
    return (CORPUS / case / "cmd" / name).read_bytes()


def taken(
    session: Session, surface: str, argv: str, out: bytes, err: bytes = b"", run: str | None = LOG
) -> EvidenceCaptured:
    """A captured output, from 13:38:00 to 13:38:02."""
    sha256, size, _ = session.keep(out)
    err_sha256, err_size, _ = session.keep(err)
    event = session.append(
        EvidenceCaptured(
            item="command",
            rung="look",
            surface=surface,
            question="?",
            argv=tuple(argv.split()),
            sha256=sha256,
            size=size,
            stderr_sha256=err_sha256,
            stderr_size=err_size,
            started_at="2026-11-22T13:38:00.000000Z",
            ended_at="2026-11-22T13:38:02.000000Z",
            exit_code=0,
            run=run,
        )
    ).event
    assert isinstance(event, EvidenceCaptured)
    return event


def read(session: Session, event: EvidenceCaptured, run: Run | None = None) -> Reading:
    reading = Readings(session).of(event, run)
    assert reading is not None
    return reading


def job(sample: str, start: float, end: float | None = None) -> Job:
    attempt = Attempt(1, started=AT + start, ended=None if end is None else AT + end)
    return Job(1, "slow", {"s": sample}, "running" if end is None else "succeeded", (attempt,))


def half_written(workdir: Path, *outputs: str) -> None:
    folder = workdir / ".snakemake" / "incomplete"
    folder.mkdir(parents=True)
    for name in outputs:
        (folder / urlsafe_b64encode(name.encode()).decode()).write_text("{}")


def test_jobs_that_ran_while_the_plan_was_made_are_told_as_running_and_not_as_missing(session: Session) -> None:
    event = taken(
        session,
        "dry-run",
        "snakemake -n --nolock --ignore-incomplete",
        output("g-sigkill-v9", "15-dryrun-nolock-ignore-incomplete.stdout"),
    )
    reading = read(session, event, Run(LOG, "running", jobs=(job("A", -30), job("B", -30, -5))))
    assert [one.label for one in reading.running] == ["slow A"]
    assert reading.line == "2 jobs, 1 of them running then: 1 missing output, 1 updated upstream"
    assert reading.lies[0].startswith(
        "1 of these jobs was running when it was captured (slow A): listed as work, but not"
    )


def test_what_ran_is_told_by_the_time_of_the_capture_and_not_by_when_it_is_read(session: Session) -> None:
    out = output("g-sigkill-v9", "15-dryrun-nolock-ignore-incomplete.stdout")
    event = taken(session, "dry-run", "snakemake -n", out)
    ended = Run(LOG, "succeeded", ended_at="2026-11-22T13:39:00Z", jobs=(job("A", -30, 40),))
    assert [one.label for one in read(session, event, ended).running] == ["slow A"]
    for other in (job("A", 10, 40), job("A", -30, -10)):
        before = Run(LOG, "succeeded", ended_at="2026-11-22T13:37:55Z", jobs=(other,))
        assert read(session, event, before).running == ()
    assert read(session, event, Run("another.log", "running", jobs=(job("A", -30),))).running == ()


def test_a_query_that_half_written_files_stop_is_offered_in_the_form_that_works(session: Session) -> None:
    out = output("g-sigkill-v9", "11-dryrun-while-running.stdout")
    reading = read(session, taken(session, "dry-run", "snakemake -n", out))
    assert reading.failed.startswith("IncompleteFilesException")
    assert reading.offer == ("snakemake", "-n", "--nolock", "--ignore-incomplete")
    assert read(session, taken(session, "dry-run", "make plan", out)).offer == ()
    changes = taken(
        session,
        "change-list",
        "snakemake --list-changes code",
        b"",
        output("g-sigkill-v9", "13-list-changes-while-running.stderr"),
    )
    reading = read(session, changes)
    assert reading.line.startswith("no answer: IncompleteFilesException")
    assert reading.offer[-2:] == ("--nolock", "--ignore-incomplete")
    assert "says nothing about changes" in reading.lies[0]


def test_half_written_files_that_a_summary_calls_ok_are_named(session: Session, workdir: Path) -> None:
    half_written(workdir, "out/B.txt", "elsewhere.txt")
    event = taken(session, "summary", "snakemake --summary", output("g-sigkill-v9", "12-summary-while-running.stdout"))
    reading = read(session, event, Run(LOG, "running"))
    assert reading.line == "3 outputs: 1 missing, 2 ok"
    assert reading.lies[0] == "Told as ok, but marked as half-written now: out/B.txt."
    assert "A run was going on when it was captured" in reading.lies[1]
    assert read(session, event).lies == reading.lies[:1]


def test_a_params_list_is_held_against_the_reasons_of_the_plan(session: Session) -> None:
    out = output("a-discovery-widened-v9", "12-list-changes-params.stdout")
    event = taken(session, "change-list", "snakemake --list-changes params", out)
    assert read(session, event).lies == (
        "Snakemake 8.30 to 9.27 list an output of every job here, changed or not: believe a dry run's reasons instead.",
    )
    taken(session, "dry-run", "snakemake -n", output("a-discovery-widened-v9", "10-dryrun.stdout"))
    event = taken(session, "change-list", "snakemake --list-changes params", out)
    (lie,) = read(session, event).lies
    assert lie.endswith("the dry run that was captured before gives params as a reason for no job. Believe that one.")
    seven = taken(session, "change-list", "snakemake --list-params-changes", out)
    assert read(session, seven).line == "params: 4 outputs"
    assert "8.30" not in " ".join(read(session, seven).lies)


def test_words_that_became_targets_and_an_empty_code_list_are_told(session: Session) -> None:
    event = taken(session, "change-list", "snakemake --list-changes code input", b"")
    assert read(session, event).lies == (
        "It asked about code only: the option takes one class, and input became targets.",
        "An empty list does not clear the code: helper modules that a rule runs as a command are not seen.",
    )


def test_the_newest_log_that_is_only_a_query_is_told(session: Session, workdir: Path) -> None:
    logs = workdir / ".snakemake" / "log"
    logs.mkdir(parents=True)
    (logs / "2026-11-22T133800.000000.snakemake.log").write_text("Building DAG of jobs...\n")
    reading = read(session, taken(session, "summary", "snakemake --summary", SUMMARY.encode()))
    assert "2026-11-22T133800.000000.snakemake.log, was left by a query" in reading.lies[-1]


def test_samples_of_the_plan_are_held_against_the_runs_before(session: Session, workdir: Path) -> None:
    logs = workdir / ".snakemake" / "log"
    logs.mkdir(parents=True)
    source = CORPUS / "a-discovery-widened-v9" / "wd" / ".snakemake" / "log"
    first = min(path for path in source.iterdir() if path.stat().st_size > 200)
    (logs / first.name).write_bytes(first.read_bytes())
    now = logs / "2027-01-01T000000.000000.snakemake.log"
    now.write_bytes(first.read_bytes())
    out = output("a-discovery-widened-v9", "10-dryrun.stdout")
    reading = read(session, taken(session, "dry-run", "snakemake -n", out, run=f".snakemake/log/{now.name}"))
    assert reading.discovery is not None
    assert [value for _, value in reading.discovery.added] == ["A.txt.md5", "B.txt.md5", "C.txt.md5"]
    assert [one.other for one in reading.discovery.odd] == ["A", "B", "C"]


def test_what_is_no_such_output_has_no_reading(session: Session) -> None:
    readings = Readings(session)
    assert readings.of(taken(session, "dry-run", "echo hello", b"hello\n"), None) is None
    assert readings.of(taken(session, "summary", "echo hello", b"hello\n"), None) is None
    assert readings.of(taken(session, "rule-log", "cat x", b"Nothing to be done\n"), None) is None


def test_a_failure_that_only_standard_error_tells_is_read_there(session: Session) -> None:
    event = taken(
        session, "dry-run", "snakemake -n", b"", output("g-sigkill-v9", "13-list-changes-while-running.stderr")
    )
    reading = read(session, event)
    assert isinstance(reading.parsed, DryRun) and reading.parsed.fault_kind == "incomplete-files" and reading.offer


def profile_taken(
    session: Session, path: str, data: bytes, surface: str = "profile", at: str = "13:38:00"
) -> EvidenceCaptured:
    sha256, size, _ = session.keep(data)
    event = session.append(
        EvidenceCaptured(
            item="file",
            rung="look",
            surface=surface,
            question="?",
            path=path,
            sha256=sha256,
            size=size,
            started_at=f"2026-11-22T{at}.000000Z",
            ended_at=f"2026-11-22T{at}.000000Z",
        )
    ).event
    assert isinstance(event, EvidenceCaptured)
    return event


def test_a_profile_is_laid_beside_the_others_and_alone_has_no_reading(session: Session, workdir: Path) -> None:
    event = profile_taken(session, "profiles/local/config.yaml", b"cores: 2\n")
    assert Readings(session).of(event, None) is None
    (workdir / "profiles" / "cluster").mkdir(parents=True)
    (workdir / "profiles" / "cluster" / "config.yaml").write_text("cores: 90\n")
    assert read(session, event).line == "local against cluster: 1 setting differs, 0 alike"


def test_a_provenance_is_laid_beside_what_it_was_before(session: Session) -> None:
    profile_taken(session, "publish/v1/provenance.json", b'{"commit": "a"}', "provenance", "13:00:00")
    event = profile_taken(session, "publish/v1/provenance.json", b'{"commit": "b"}', "provenance", "14:00:00")
    assert read(session, event).line == "v1 against v1 as of 13:00:00Z: 1 setting differs, 0 alike"


def test_without_a_terminal_the_reading_is_said_too(who: Who, workdir: Path, loaded: Loaded) -> None:
    out = CORPUS / "a-discovery-widened-v9" / "cmd" / "10-dryrun.stdout"
    item = loaded.runbook.rung("look").evidence[0].model_copy(update={"run": ("cat", str(out))})
    rung = loaded.runbook.rung("look").model_copy(update={"evidence": (item,)})
    others = tuple(other for other in loaded.runbook.rungs if other.id != "look")
    runbook = loaded.runbook.model_copy(update={"rungs": (*others, rung)})
    session = open_incident(who, workdir, replace(loaded, runbook=runbook), title="t")
    said: list[str] = []
    collect(session, None, say=said.append)
    session.close()
    assert "    5 jobs: 3 missing output, 2 updated upstream" in said


def test_what_another_program_lists_is_no_list_of_changed_outputs(session: Session) -> None:
    event = taken(session, "change-list", "make -n --debug=b export", b"GNU Make 4.3\nThere is NO WARRANTY\n")
    assert not has_reading(event)
