"""Profiles and provenance laid side by side: what differs, what is alike, and what cannot be read."""

from pathlib import Path, PurePath

from incident_console.snakemake.contexts import context_of, other_profiles, other_provenance, side_by_side

LOCAL = b"cores: 2\nretries: 0\nset-threads:\n  align: 1\ndefault-resources:\n  - mem_mb=100\nkeep-going: true\n"
CLUSTER = b"executor: slurm\nretries: 3\nset-threads: {align: 4}\ndefault-resources: [mem_mb=100]\nkeep-going: true\n"


def profile(workdir: Path, name: str, text: bytes, file: str = "config.yaml") -> None:
    (workdir / "profiles" / name).mkdir(parents=True, exist_ok=True)
    (workdir / "profiles" / name / file).write_bytes(text)


def test_settings_that_differ_stand_beside_each_other() -> None:
    laid = side_by_side(
        [
            context_of(PurePath(f"profiles/{name}/config.yaml"), text)
            for name, text in (("local", LOCAL), ("cluster", CLUSTER))
        ]
    )
    assert [(row.setting, row.values) for row in laid.rows] == [
        ("cores", ("2", None)),
        ("executor", (None, "slurm")),
        ("retries", ("0", "3")),
        ("set-threads.align", ("1", "4")),
    ]
    assert laid.alike == 2 and laid.line == "local against cluster: 4 settings differ, 2 alike"


def test_the_other_profiles_are_found_with_the_newer_file_first(tmp_path: Path) -> None:
    profile(tmp_path, "local", LOCAL)
    profile(tmp_path, "cluster", LOCAL)
    profile(tmp_path, "cluster", CLUSTER, "config.v8+.yaml")
    (tmp_path / "profiles" / "empty").mkdir()
    (other,) = other_profiles(tmp_path, PurePath("profiles/local/config.yaml"))
    assert other.name == "cluster" and other.values["retries"] == "3"


def test_the_other_published_versions_are_found(tmp_path: Path) -> None:
    for version, commit in (("v1", "a"), ("v2", "b")):
        (tmp_path / "publish" / version).mkdir(parents=True)
        (tmp_path / "publish" / version / "provenance.json").write_text(
            f'{{"git": {{"commit": "{commit}"}}, "n": [1, 2]}}'
        )
    (other,) = other_provenance(tmp_path, PurePath("publish/v1/provenance.json"))
    own = context_of(PurePath("publish/v1/provenance.json"), b'{"git": {"commit": "a"}, "n": [1, 2]}')
    laid = side_by_side((own, other))
    assert [(row.setting, row.values) for row in laid.rows] == [("git.commit", ("a", "b"))] and laid.alike == 1


def test_hostile_text_is_no_context_and_costs_little() -> None:
    bomb = b"a: &a [x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 9)) for n in range(ord("b"), ord("k"))
    )
    assert len(context_of(PurePath("p/config.yaml"), bomb).values) <= 2000
    for name, text in (
        ("config.yaml", b"- just\n- a list\n"),
        ("config.yaml", b"a: [\xff"),
        ("config.yaml", b"[" * 50_000),
        ("config.yaml", b"!!python/object/apply:os.system [touch /tmp/never]\n"),
        ("config.yaml", b"x: " + b"y" * 100_000),
        ("provenance.json", b"{broken"),
        ("provenance.json", b"[" * 5000),
    ):
        context = context_of(PurePath("p") / name, text)
        assert not context.readable
        assert "cannot be read" in side_by_side((context,)).line
