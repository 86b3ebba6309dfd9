"""The published bundle: the summary, what made it, and a manifest that it can be checked against."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lab import say  # type: ignore[import-not-found, unused-ignore]


def git(*words: str) -> str | None:
    """What git says, or None without git or without a repository."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def snakemake_version() -> str | None:
    try:
        return version("snakemake")
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("summary", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("settings", nargs="+", help="NAME=VALUE")
    args = parser.parse_args()

    shutil.copyfile(args.summary, args.bundle / "summary.tsv")
    changes = git("status", "--porcelain")
    provenance = {
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "config": dict(setting.split("=", 1) for setting in args.settings),
        "versions": {"python": platform.python_version(), "snakemake": snakemake_version()},
        "platform": platform.platform(),
        "git_commit": git("rev-parse", "HEAD"),
        "git_dirty": None if changes is None else bool(changes),
    }
    (args.bundle / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")

    names = ("provenance.json", "summary.tsv")
    files = {name: hashlib.sha256((args.bundle / name).read_bytes()).hexdigest() for name in names}
    (args.bundle / "manifest.json").write_text(json.dumps({"sha256": files}, indent=2) + "\n", encoding="utf-8")
    say(f"published {', '.join(files)} in {args.bundle}")
