"""Outputs by status, and the change list, as 7 and 9 print them."""

from pathlib import Path

from incident_console.snakemake.changes import asked, read_changes
from incident_console.snakemake.summary import Status, Summary, SummaryRow, read_summary

CORPUS = Path(__file__).parents[2] / "corpus"
HEAD = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n"


def test_outputs_are_counted_by_status() -> None:
    told = read_summary(((CORPUS / "a-discovery-widened-v9" / "cmd" / "11-summary.stdout").read_bytes(),))
    assert told.line == "7 outputs: 3 missing, 1 set of input files changed, 3 ok"
    assert [(one.words, one.outputs, one.pending) for one in told.statuses] == [
        ("missing", 3, 3),
        ("set of input files changed", 1, 1),
        ("ok", 3, 0),
    ]
    assert told.rows[0] == SummaryRow(
        "out/summary.tsv", "summarize", "Sun Nov 22 13:26:50 2026", "set of input files changed", True
    )


def test_the_extra_columns_of_seven_and_of_the_detailed_form_are_passed_over() -> None:
    seven = read_summary(((CORPUS / "c2-deterministic-fail-keepgoing-v7" / "cmd" / "30-summary.stdout").read_bytes(),))
    assert Summary(True, 1, 1, (Status("updated input files", 1, 1, ()),), (), 0).line.endswith(
        "1 with updated input files"
    )
    assert seven.line == "7 outputs: 2 missing, 5 ok" and seven.rows[1].rule == "parse"
    head = "output_file\tdate\trule\tlog-file(s)\tinput-file(s)\tshellcmd\tstatus\tplan\n"
    row = "out/a\t-\talign\t-\tx,y\tprintf 'a\tb' > out/a\tparams changed\tupdate pending\n"
    told = read_summary(((head + row).encode(),))
    assert told.rows == (SummaryRow("out/a", "align", "-", "params changed", True),)


def test_what_is_no_row_is_counted_and_not_guessed() -> None:
    told = read_summary(((HEAD + "out/a\t-\talign\n" + "hello\n" + "out/b\t-\tb\t-\tok\tno upd").encode(),))
    assert (told.outputs, told.odd) == (0, 3)
    assert not read_summary((b"Building DAG of jobs...\nout/a\n",)).is_summary


def test_cut_anywhere_and_with_endless_lines_it_reads_the_same() -> None:
    data = (
        HEAD + "out/a\t-\talign\t" + "l," * 100_000 + "\tmissing\tupdate pending\nb\t-\tb\t-\tok\tno update"
    ).encode()
    whole = read_summary((data,))
    assert [(row.path, row.status) for row in whole.rows] == [("out/a", "missing"), ("b", "ok")]
    assert read_summary(data[at : at + 7] for at in range(0, len(data), 7)) == whole


def test_a_million_rows_are_counted_and_not_all_kept() -> None:
    rows = b"out/a\t-\talign\t-\tmissing\tupdate pending\n" * 1000
    told = read_summary((HEAD.encode(), *[rows] * 60))
    assert told.outputs == 60_000 and len(told.rows) == 50_000


def test_the_class_of_a_change_list_is_taken_from_the_command() -> None:
    assert asked(("snakemake", "--list-changes", "code")).change == "code"
    assert asked(("snakemake", "--list-changes=params", "-c1")).change == "params"
    assert asked(("snakemake", "--list-params-changes")).old
    assert asked(("snakemake", "--list-changes", "input", "code", "params")).targets == ("code", "params")
    assert asked(("snakemake", "--list-changes", "code", "--list-changes", "input")).change == "input"
    assert asked(("make", "changes")).change is None


def test_a_change_list_is_its_outputs() -> None:
    told = read_changes(("snakemake", "--list-changes", "code"), (b"Building DAG of jobs...\nout/a\n\nout/b\n",))
    assert (told.count, told.outputs, told.line) == (2, ("out/a", "out/b"), "code: 2 outputs")
    assert read_changes(("snakemake", "--list-changes", "input"), ()).line == "input: no outputs"
    by_make = read_changes(("make", "x"), (b"snakemake --list-changes params\nout/a\n",))
    assert by_make.line == "params: 1 output"
    assert read_changes((), (b"\x1b[31mout\x07/a" + b"x" * 100_000,)).outputs[0].startswith("out /ax")
