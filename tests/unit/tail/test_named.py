"""Which files do the words of a command name?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from incident_console.tail.places.named import Names, Search, labels


def made(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text\n")


def found(root: Path, *words: str) -> set[str]:
    return names(root, Names(words, root).find())


def names(root: Path, search: Search) -> set[str]:
    return {str(file.path.relative_to(root)) for file in search.files}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made(tmp_path, "run.log", "logs/A/align.log", "logs/B/align.log", "logs/B/note.txt", "logs/.hidden/x.log", ".y.log")
    return tmp_path


def test_a_file_is_that_file_and_one_word_of_it_is_shown_alone(tree: Path) -> None:
    assert found(tree, "run.log") == {"run.log"}
    assert Names(["run.log"], tree).one_file == tree / "run.log"
    assert Names(["run.log", "logs"], tree).one_file is None


def test_a_folder_is_all_that_is_below_it_but_what_is_hidden(tree: Path) -> None:
    assert found(tree, "logs") == {"logs/A/align.log", "logs/B/align.log", "logs/B/note.txt"}
    assert Names(["logs"], tree).one_file is None


def test_a_glob_is_what_it_says(tree: Path) -> None:
    assert found(tree, "logs/**/*.log") == {"logs/A/align.log", "logs/B/align.log"}
    assert found(tree, "logs/[B]/*") == {"logs/B/align.log", "logs/B/note.txt"}
    assert found(tree, "logs/.hidden/*") == {"logs/.hidden/x.log"}
    assert found(tree, str(tree / "logs" / "A" / "*")) == {"logs/A/align.log"}


def test_a_file_named_twice_is_there_once(tree: Path) -> None:
    search = Names(["logs/A/align.log", "logs", "logs/**"], tree).find()
    assert len(search.files) == len({file.path for file in search.files}) == 3


def test_a_name_with_wildcards_in_it_is_the_file_of_that_name(tmp_path: Path) -> None:
    made(tmp_path, "odd[1].log", "odd1.log", "odd[2]/x.log")
    assert found(tmp_path, "odd[1].log") == {"odd[1].log"}
    assert found(tmp_path, "odd[2]") == {"odd[2]/x.log"}


def test_what_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    search = Names(["later.log", "logs/"], tmp_path).find()
    (later,) = search.files
    assert later.size == -1
    assert tmp_path / "logs" in search.folders


def test_a_folder_that_cannot_be_listed_is_told_until_it_can(tmp_path: Path) -> None:
    wanted = Names(["logs/"], tmp_path)
    told = wanted.obstacle()
    assert told is not None and str(tmp_path / "logs") in told and "does not exist" in told
    (tmp_path / "logs").mkdir()
    assert wanted.obstacle() is None


def test_a_pipe_among_the_logs_is_left_out(tree: Path) -> None:
    os.mkfifo(tree / "logs" / "pipe.log")
    assert "logs/pipe.log" not in found(tree, "logs")


@pytest.mark.parametrize(
    ("word", "path", "taken"),
    [
        ("logs", "logs/C/new.log", True),
        ("logs", "logs/C/.new.log", False),
        ("logs", "logs/.C/new.log", False),
        ("logs", "logs2/new.log", False),
        ("logs/*.log", "logs/new.log", True),
        ("logs/*.log", "logs/C/new.log", False),
        ("logs/**/*.log", "logs/new.log", True),
        ("logs/**/*.log", "logs/C/D/new.log", True),
        ("logs/**/*.log", "logs/C/D/new.txt", False),
        ("run.log", "run.log", True),
        ("run.log", "run.log.1", False),
    ],
)
def test_what_appears_belongs_to_it_or_not(tree: Path, word: str, path: str, taken: bool) -> None:
    assert Names([word], tree).takes(str(tree / path)) is taken


def test_a_new_folder_is_looked_into_and_a_known_one_not_again(tree: Path) -> None:
    wanted = Names(["logs"], tree)
    known = frozenset(wanted.find().folders)
    made(tree, "logs/C/D/count.log", "elsewhere/x.log")
    fresh = wanted.look([tree / "logs" / "C", tree / "elsewhere"], known, 0.0)
    assert names(tree, fresh) == {"logs/C/D/count.log"}
    assert {tree / "logs" / "C", tree / "logs" / "C" / "D"} <= set(fresh.folders)
    # A known folder tells of what is in it when it changed since.
    assert names(tree, wanted.look([tree / "logs" / "A"], known, 0.0)) == {"logs/A/align.log"}
    later = (tree / "logs" / "A").stat().st_mtime + 1
    assert names(tree, wanted.look([tree / "logs" / "A"], known, later)) == set()


def test_a_label_is_the_shortest_end_of_a_path_that_no_other_has() -> None:
    paths = [Path("/w/logs/A/align.log"), Path("/w/logs/B/align.log"), Path("/w/run.log"), Path("/v/logs/B/align.log")]
    assert labels(paths) == ["A/align.log", "w/logs/B/align.log", "run.log", "v/logs/B/align.log"]


def test_a_path_that_is_the_end_of_another_still_has_a_label_of_its_own() -> None:
    assert labels([Path("/x.log"), Path("/a/x.log")]) == ["/x.log", "a/x.log"]
