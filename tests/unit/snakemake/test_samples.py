"""The samples that are planned, against those of the runs before."""

from incident_console.snakemake.samples import Odd, compare_samples


def jobs(rule: str, *samples: str) -> list[tuple[str, dict[str, str]]]:
    return [(rule, {"sample": sample}) for sample in samples]


def test_checksum_files_that_were_taken_for_samples_are_told_with_the_sample_they_stand_beside() -> None:
    found = compare_samples(jobs("clean", "A", "A.txt.md5", "B.txt.md5"), jobs("clean", "A", "B"))
    assert found.added == (("sample", "A.txt.md5"), ("sample", "B.txt.md5")) and found.absent == (("sample", "B"),)
    assert found.odd == (Odd("sample", "A.txt.md5", "A", False), Odd("sample", "B.txt.md5", "B", False))
    assert found.sentence == (
        "2 values of sample planned that no earlier run knew: A.txt.md5, B.txt.md5; perhaps no samples, but the name "
        "of another one with an ending: A.txt.md5 beside A, B.txt.md5 beside B; 1 value of sample of the earlier runs "
        "not planned now (up to date, or no longer found): B"
    )


def test_what_is_merely_up_to_date_is_nothing_to_tell() -> None:
    found = compare_samples(jobs("count", "A"), jobs("align", "A", "B"))
    assert found.absent == (("sample", "B"),) and found.sentence == ""


def test_without_an_earlier_run_nothing_is_new_but_odd_names_are_odd() -> None:
    found = compare_samples(jobs("clean", "A", "A.md5"), ())
    assert not found.compared and not found.added and [one.value for one in found.odd] == ["A.md5"]


def test_an_odd_name_that_earlier_runs_had_too_is_marked_so() -> None:
    found = compare_samples(jobs("clean", "A.md5"), jobs("clean", "A", "A.md5"))
    assert [(one.value, one.before) for one in found.odd] == [("A.md5", True)]


def test_a_wildcard_that_is_no_sample_is_not_compared_with_one() -> None:
    found = compare_samples([("index", {"ref": "hg38"})], jobs("align", "A"))
    assert not found.added and not found.absent
