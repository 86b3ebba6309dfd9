"""Which environment does an evidence command get? Enough to see the same workflow, nothing that is a secret.

The list is an allow-list: a token that a shell profile exports never reaches a command, nor what it prints.
What is let through, and why:
- who and where: HOME USER LOGNAME SHELL PATH TMPDIR TZ and the locale, or the tools misbehave;
- the activated environment (VIRTUAL_ENV, CONDA_*, MAMBA_*, PYTHONPATH, LD_LIBRARY_PATH of loaded modules): the dry-run
  must import what the run imported;
- the engine's own settings (SNAKEMAKE_*, XDG_CONFIG_HOME for its profiles, XDG_CACHE_HOME for its caches);
- how to reach a scheduler (SLURM_CONF and its like), but not SLURM_JOB_ID and its siblings: inside an allocation they
  would make a query believe it is a job step.
A variable that came in by a pattern is dropped again when its name or its value looks like a secret.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from incident_console.evidence.names import shown
from incident_console.evidence.redact import redact

_PERSON = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE"}
_ACTIVATED = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONNOUSERSITE", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"}
_SCHEDULER = {"SLURM_CONF", "SLURM_CLUSTERS", "SGE_ROOT", "SGE_CELL", "SGE_CLUSTER_NAME", "PBS_CONF_FILE", "LSF_ENVDIR"}
_NAMES = _PERSON | _ACTIVATED | _SCHEDULER
_PREFIXES = ("LC_", "CONDA_", "MAMBA_", "SNAKEMAKE_")
_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|JWT|COOKIE", re.IGNORECASE)

FIXED: Mapping[str, str] = {
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_OPTIONAL_LOCKS": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""Plain text, nothing that waits for a key, nothing written in passing: evidence must not change the scene."""


def allowed(environ: Mapping[str, str], *, python: str = sys.executable) -> dict[str, str]:
    """The environment for a command.

    The folder of the console's own interpreter comes last on PATH: a snakemake installed beside the console is found
    though nothing was activated, and one that the operator activated still wins.
    """
    kept = {name: value for name, value in environ.items() if name in _NAMES or _passes(name, value)}
    folders = kept.get("PATH", os.defpath).split(os.pathsep)
    own = str(Path(python).parent)
    if python and own not in folders:
        folders.append(own)
    return {**kept, "PATH": os.pathsep.join(folders), **FIXED}


def reentry_environment(environ: Mapping[str, str]) -> str | None:
    """What was activated, in words a receiver can follow: `conda env qc`, `venv /path`, `module load a/1 b/2`."""
    found = []
    if conda := environ.get("CONDA_DEFAULT_ENV") or environ.get("CONDA_PREFIX"):
        found.append(f"conda env {conda}")
    if venv := environ.get("VIRTUAL_ENV"):
        found.append(f"venv {venv}")
    if modules := environ.get("LOADEDMODULES"):
        found.append(f"module load {' '.join(modules.split(':'))}")
    return shown("; ".join(found)) or None


def _passes(name: str, value: str) -> bool:
    if not name.startswith(_PREFIXES) or _SECRET_NAME.search(name):
        return False
    return not redact(value.encode("utf-8", "replace")).counts
