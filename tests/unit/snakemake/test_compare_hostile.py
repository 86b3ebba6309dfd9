"""What if a side is missing, broken, huge or made to harm? It is told in a sentence, and nothing outside is read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_console.errors import InputError
from incident_console.snakemake.compare import as_json, as_note, compare, from_json, read_side, take, to_json
from incident_console.snakemake.compare.command import read_command
from incident_console.snakemake.compare.files import Budget
from incident_console.snakemake.compare.state import SIZE_LIMIT, State
from incident_console.snakemake.compare.texts import read_texts, rules_of, yaml_values
from tests.unit.snakemake.compareflow import Flow


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    made = Flow(tmp_path / "flow")
    made.write()
    return made


def test_what_is_no_side_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("hello\n")
    (tmp_path / "nul.log").write_bytes(b"\0" * 100_000)
    os.mkfifo(tmp_path / "pipe")
    for name, why in {
        "gone": "there is no",
        "empty": "nothing to compare",
        "note.txt": "tells of no run",
        "nul.log": "tells of no run",
        "pipe": "neither a folder nor a regular file",
    }.items():
        with pytest.raises(InputError, match=why):
            read_side(tmp_path / name)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[]",
        '{"schema": "incident-console/state/2", "taken_at": "x", "workdir": "/", "from": "workdir"}',
        '{"schema": "incident-console/state/1", "taken_at": "x", "workdir": "/", "from": "elsewhere"}',
        '{"schema": "incident-console/state/1", "taken_at": "x", "workdir": "/", "from": "workdir", "jobs": {"a": 1}}',
        '{"schema": "incident-console/state/1", "taken_at": "x", "workdir": "/", "from": "workdir",'
        ' "run": {"log": "x", "status": "succeeded", "elapsed_s": 1e999}}',
        '{"schema": "incident-console/state/1", "taken_at": "' + "x" * 10_000 + '", "workdir": "/", "from": "workdir"}',
        '{"a": ' * 5000,
    ],
)
def test_a_state_that_nobody_captured_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text if text.startswith("{") else "{" + text)
    with pytest.raises(InputError, match="is no state that was captured"):
        read_side(tmp_path / "state.json")


def test_a_state_larger_than_any_that_is_captured_is_refused() -> None:
    with pytest.raises(InputError, match="larger than"):
        from_json(b"{" + b" " * SIZE_LIMIT, "huge.json")


def test_a_state_is_the_same_when_it_is_read_again(flow: Flow, tmp_path: Path) -> None:
    state = take(flow.root)
    (tmp_path / "state.json").write_bytes(to_json(state))
    assert read_side(tmp_path / "state.json") == state
    assert compare(state, take(flow.root)).verdict == "same-meaning"


def test_names_in_a_state_are_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    state = msgspec.convert(
        {
            "taken_at": "now",
            "workdir": str(tmp_path),
            "from": "workdir",
            "outputs": [{"path": str(secret)}, {"path": "../secret"}],
            "jobs": [{"rule": "\x1b[2J`|<b>", "output": [str(secret)], "input": ["../../etc/passwd"]}],
        },
        State,
    )
    before = secret.stat().st_atime_ns
    found = compare(state, state)
    assert found.verdict == "cannot-tell" and secret.stat().st_atime_ns == before
    assert "\x1b" not in as_note(found)


def test_links_out_of_the_folder_are_not_followed(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret")
    (flow.root / "out/A.n").unlink()
    (flow.root / "out/A.n").symlink_to(tmp_path / "outside" / "secret.txt")
    (flow.root / "publish" / "link").symlink_to(tmp_path / "outside")
    (flow.root / "config" / "more.yaml").symlink_to(tmp_path / "outside" / "secret.txt")
    (flow.root / "logs" / "loop").symlink_to(flow.root / "logs")
    state = take(flow.root)
    assert next(one for one in state.outputs if one.path == "out/A.n").digest is None
    assert [one.path for one in state.published] == ["publish/summary.tsv"]
    assert "config/more.yaml" not in state.sources and not any("loop" in name for name in state.evidence)


def test_a_pipe_and_a_folder_in_the_place_of_an_output(flow: Flow) -> None:
    (flow.root / "out/A.n").unlink()
    os.mkfifo(flow.root / "out/A.n")
    (flow.root / "out/B.n").unlink()
    flow.put("out/B.n/part", "1")
    by_path = {one.path: one for one in take(flow.root).outputs}
    assert by_path["out/A.n"].digest is None and by_path["out/B.n"].digest is not None


def test_names_that_are_no_text_are_compared_all_the_same(flow: Flow, tmp_path: Path) -> None:
    for root in (flow.root, Flow(tmp_path / "other").write()):
        folder = os.fsencode(root / "publish")
        Path(os.fsdecode(folder + b"/caf\xe9.txt")).write_bytes(b"same")
        (root / "publish" / "line\nfeed\x1b[31m").write_bytes(root.name.encode())
    found = compare(read_side(flow.root), read_side(tmp_path / "other"))
    assert [one.path for one in found.meaning.published_changed] == ["publish/line\nfeed\x1b[31m"]
    assert "\x1b" not in as_note(found) and json.dumps(as_json(found))
    assert any(one.path == "publish/caf\\xe9.txt" and one.digest for one in found.before.published)


def test_what_was_not_hashed_is_said(flow: Flow) -> None:
    state = take(flow.root, budget=Budget(files=2))
    assert sum(one.digest is not None for one in (*state.outputs, *state.inputs)) <= 2
    assert any("content of" in sentence for sentence in state.not_seen)
    assert compare(state, state).verdict == "cannot-tell"


def test_a_folder_with_very_many_files_is_cut_and_said(flow: Flow) -> None:
    for number in range(6000):
        (flow.root / "publish" / f"{number:05}").touch()
    state = take(flow.root)
    assert any("more files than are listed" in sentence for sentence in state.not_seen)
    assert compare(state, state).verdict == "cannot-tell"


def test_metadata_may_hold_anything(flow: Flow) -> None:
    flow.metadata("out/A.n", params={"no": "list"}, input_checksums=["no", "dict"])
    flow.metadata("out/B.n", params=[["nested"], None], input_checksums={"a": 1, "b": "sha256:short"})
    flow.put(".snakemake/metadata/not base64 at all", "{}")
    flow.put(".snakemake/metadata/b3V0L0MubgA=", "\x80\x04pickled")
    assert compare(read_side(flow.root), read_side(flow.root)).verdict == "same-meaning"


@pytest.mark.parametrize(
    "data",
    [
        b"- " * 200_000,
        b"[" * 200_000,
        b"? " * 50_000,
        b"&a {x: *a, y: *a}",
        b"a: !!python/name:os.system x",
        b"\xff\xfe\x00",
    ],
    ids=["sequences", "flow", "keys", "itself", "tag", "bytes"],
)
def test_yaml_that_is_built_to_harm_is_read_as_far_as_it_makes_sense(data: bytes) -> None:
    assert len(yaml_values(data)) < 10


def test_a_yaml_file_flat() -> None:
    text = b"samples:\n  A: {fq: x.fq}\n  B: [1, two]\nnone: []\nalias: &a q\nagain: *a\n"
    assert yaml_values(text) == {
        "samples.A.fq": "x.fq",
        "samples.B[0]": "1",
        "samples.B[1]": "two",
        "none": "[]",
        "alias": "q",
        "again": "*a",
    }


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="rule ab:\n\t\"'#(){},\\", max_size=300))
def test_any_text_may_be_a_snakefile(text: str) -> None:
    for rule in rules_of("rule first:\n" + text):
        assert rule.rule


def test_text_in_triple_quotes_is_no_rule() -> None:
    shell = '        """\nrule fake:\n    input: "x"\n        """\n'
    text = f'rule a:\n    shell:\n{shell}    retries: 2\nrule b:\n    input: "y"\n'
    found = {rule.rule: rule.directives for rule in rules_of(text)}
    assert found.keys() == {"a", "b"} and found["a"]["retries"] == "2"


def test_a_source_that_is_too_large_is_said(flow: Flow) -> None:
    flow.put("config/huge.yaml", "a: b\n" * 300_000)
    assert read_texts(flow.root).cut and any("too large" in one for one in take(flow.root).not_seen)


@pytest.mark.parametrize(
    ("line", "targets", "policy"),
    [
        (
            "snakemake -c2 out/a -T=3 out/b -k",
            ("out/a", "out/b"),
            {"cores": "2", "retries": "3", "keep-going": "yes"},
        ),
        ("python -m snakemake --cores 4 -- -odd", (), {"cores": "4"}),
        ("snakemake --rerun-triggers mtime code --until x", (), {"rerun-triggers": "mtime code", "until": "x"}),
        ("snakemake -T3 -w 60 'a b'", ("a b",), {"retries": "3", "latency-wait": "60"}),
        ("snakemake --unheard-of x y", (), {"unheard-of": "x y"}),
        ("snakemake 'open quote -c2", (), {"cores": "2"}),
    ],
)
def test_a_command_line(line: str, targets: tuple[str, ...], policy: dict[str, str]) -> None:
    found = read_command(line)
    assert found is not None and dict(found.policy) == policy
    assert not targets or found.targets == targets
