from incident_console.evidence.environment import FIXED, allowed, reentry_environment


def test_secrets_of_the_profile_never_reach_a_command() -> None:
    environ = {
        "HOME": "/home/u",
        "AWS_SECRET_ACCESS_KEY": "x",
        "GITHUB_TOKEN": "x",
        "SLURM_JWT": "x",
        "CONDA_TOKEN": "x",
        "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "x",
        "SNAKEMAKE_STORAGE_HTTP_URL": "https://u:hunter2@host/x",
        "http_proxy": "http://u:hunter2@proxy",
        "LD_PRELOAD": "/x.so",
    }
    assert set(allowed(environ)) - set(FIXED) == {"HOME", "PATH"}


def test_what_makes_the_same_workflow_is_passed_on() -> None:
    environ = {
        "PATH": "/a",
        "LC_ALL": "C.UTF-8",
        "CONDA_PREFIX": "/c",
        "MAMBA_ROOT_PREFIX": "/m",
        "VIRTUAL_ENV": "/v",
        "PYTHONPATH": "/p",
        "SNAKEMAKE_PROFILE": "profiles/slurm",
        "XDG_CONFIG_HOME": "/x",
        "SLURM_CONF": "/etc/slurm.conf",
    }
    got = allowed(environ)
    assert {name: got[name] for name in environ if name != "PATH"} == {k: v for k, v in environ.items() if k != "PATH"}


def test_an_allocation_does_not_leak_into_a_query() -> None:
    assert "SLURM_JOB_ID" not in allowed({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "4"})


def test_nothing_waits_for_a_key_or_colours_or_locks() -> None:
    got = allowed({"TERM": "xterm-256color", "PAGER": "less", "GIT_PAGER": "delta", "GIT_OPTIONAL_LOCKS": "1"})
    assert FIXED.items() <= got.items()
    assert (got["TERM"], got["PAGER"], got["GIT_OPTIONAL_LOCKS"]) == ("dumb", "cat", "0")


def test_the_consoles_own_tools_are_found_last() -> None:
    assert allowed({"PATH": "/a:/b"}, python="/venv/bin/python")["PATH"] == "/a:/b:/venv/bin"
    assert allowed({"PATH": "/venv/bin:/b"}, python="/venv/bin/python")["PATH"] == "/venv/bin:/b"
    assert allowed({}, python="/venv/bin/python")["PATH"].endswith(":/venv/bin")


def test_the_activated_environment_is_told_in_words() -> None:
    assert reentry_environment({}) is None
    assert reentry_environment({"CONDA_DEFAULT_ENV": "qc", "CONDA_PREFIX": "/c/qc"}) == "conda env qc"
    assert reentry_environment({"VIRTUAL_ENV": "/v\udcff"}) == "venv /v\\xff"
    assert reentry_environment({"LOADEDMODULES": "gcc/12:python/3.11", "VIRTUAL_ENV": "/v"}) == (
        "venv /v; module load gcc/12 python/3.11"
    )
