"""Is what is installed from a wheel whole, without the checkout? The wheel is built from the sdist."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from incident_console import __version__

CHECKOUT = Path(__file__).parents[2]
RUNBOOKS = sorted(path.stem for path in (CHECKOUT / "runbooks").glob("*.yaml"))
BESIDE = [str(path.relative_to(CHECKOUT / "runbooks")) for path in (CHECKOUT / "runbooks/rehearsals").glob("*.yaml")]

pytestmark = pytest.mark.timeout(180)


def run(*words: str | Path, cwd: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env = {**kept, "HOME": str(cwd)}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a fresh environment that holds nothing but pip."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "venv", with_pip=True)
    return folder / "venv/bin/python"


@pytest.fixture(scope="module")
def wheel(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist; an sdist that lacks something gives a wheel that lacks it."""
    folder = tmp_path_factory.mktemp("built")
    run(python, "-m", "pip", "install", "-q", "hatchling>=1.27", cwd=folder)
    run(python, "-m", "hatchling", "build", "-t", "sdist", "-d", folder / "sdist", cwd=CHECKOUT)
    (sdist,) = (folder / "sdist").glob("*.tar.gz")
    run(python, "-m", "pip", "wheel", "-q", sdist, "--no-deps", "--no-build-isolation", "-w", folder, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(python: Path, wheel: Path) -> Path:
    """The scripts' folder of the fresh environment with the wheel; the other packages are those of this one."""
    folder = python.parents[2]
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    # A .pth named in a .pth is not read, so the editable install of the checkout stays out.
    borrowed = "".join(f"{path}\n" for path in sys.path if path.endswith("-packages"))
    (packages / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    where = run(python, "-c", "import incident_console; print(incident_console.__file__)", cwd=folder)
    assert where.startswith(str(folder))
    return python.parent


def test_the_wheel_holds_the_package_the_runbooks_and_the_demo_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    ours = [name for name in names if not name.startswith("incident_console-")]
    assert {name.split("/")[0] for name in ours} == {"incident_console"}
    checkout = CHECKOUT / "incident_console"
    there = {str(path.relative_to(CHECKOUT)) for path in checkout.rglob("*") if path.is_file()}
    there = {name for name in there if "__pycache__" not in name}
    assert there <= set(ours)
    extra = set(ours) - there
    shipped = {*(f"{name}.yaml" for name in RUNBOOKS), *BESIDE, "runbook.schema.json", "rehearsal.schema.json"}
    assert {name for name in extra if name.endswith((".yaml", ".json"))} == {
        f"incident_console/_runbooks/{name}" for name in shipped
    }
    assert all(name.startswith("incident_console/_runbooks/") for name in extra)


def test_the_version_is_told_by_the_command_and_by_the_module(installed: Path, tmp_path: Path) -> None:
    told = f"incident-console {__version__}\n"
    assert run(installed / "incident-console", "--version", cwd=tmp_path) == told
    assert run(installed / "python", "-m", "incident_console", "--version", cwd=tmp_path) == told


def test_the_shipped_runbooks_are_found_and_without_fault(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "incident-console", "runbook", "list", cwd=tmp_path)
    assert sorted(line.split()[0] for line in listed.splitlines()) == RUNBOOKS
    assert "no fault" in run(installed / "incident-console", "runbook", "check", *RUNBOOKS, cwd=tmp_path)


def test_the_command_lists_records_where_there_are_none(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "incident-console", "list", "--records", tmp_path / "none", cwd=tmp_path) == ""
