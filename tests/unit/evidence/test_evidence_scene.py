import os
from pathlib import Path

import pytest

from incident_console.evidence import scene
from incident_console.evidence.scene import changed, look

WATCH = ("Snakefile", "config/**")


def write(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_came_went_or_was_written_is_told(tmp_path: Path) -> None:
    for name in ("Snakefile", "config/a.yaml", "config/b.yaml", ".snakemake/locks/0.input.lock"):
        write(tmp_path / name)
    before = look(tmp_path, WATCH)
    write(tmp_path / "Snakefile", "longer")
    (tmp_path / "config/b.yaml").unlink()
    write(tmp_path / ".snakemake/log/query.log")
    (tmp_path / ".snakemake/locks/0.input.lock").unlink()
    assert changed(before, look(tmp_path, WATCH)) == (
        ".snakemake/locks/0.input.lock",
        ".snakemake/log/query.log",
        "Snakefile",
        "config/b.yaml",
    )


def test_nothing_changed_is_nothing_told(tmp_path: Path) -> None:
    write(tmp_path / "Snakefile")
    assert changed(look(tmp_path, WATCH), look(tmp_path, WATCH)) == ()


def test_outputs_and_the_depths_of_snakemake_are_not_looked_at(tmp_path: Path) -> None:
    before = look(tmp_path, WATCH)
    write(tmp_path / "results/big.bam")
    write(tmp_path / ".snakemake/conda/env/bin/python")
    assert changed(before, look(tmp_path, WATCH)) == ()


def test_a_touch_or_a_replaced_file_is_seen(tmp_path: Path) -> None:
    write(tmp_path / "Snakefile")
    before = look(tmp_path, WATCH)
    os.utime(tmp_path / "Snakefile", (1, 1))
    assert changed(before, look(tmp_path, WATCH)) == ("Snakefile",)


def test_a_look_that_was_cut_short_says_so_and_invents_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(10):
        write(tmp_path / f"config/{n}.yaml")
    whole = look(tmp_path, WATCH)
    assert whole.complete
    monkeypatch.setattr(scene, "LIMIT", 4)
    short = look(tmp_path, WATCH)
    assert not short.complete and len(short.states) == 4
    assert changed(whole, short) == changed(short, whole) == ()
    write(tmp_path / "config/0.yaml", "longer")
    assert changed(short, look(tmp_path, WATCH)) == ("config/0.yaml",)


def test_huge_bookkeeping_does_not_hide_the_watched_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "ENTRIES", 5)
    for n in range(20):
        write(tmp_path / f".snakemake/metadata/{n}")
    write(tmp_path / "config/a.yaml")
    assert "config/a.yaml" in look(tmp_path, WATCH).states


def test_a_workdir_that_is_gone_is_an_empty_scene(tmp_path: Path) -> None:
    assert look(tmp_path / "gone", WATCH).states == {}


def test_pipes_and_dangling_links_do_not_disturb(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    os.mkfifo(tmp_path / "config/pipe")
    (tmp_path / "config/link").symlink_to("nowhere")
    assert set(look(tmp_path, WATCH).states) == {"config/pipe"}
