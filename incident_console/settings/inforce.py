"""What holds in the end? Defaults, then the config file, then the environment, then flags; each with its source."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from incident_console.record.folders import records_dir
from incident_console.session.ways import Way
from incident_console.settings import toml
from incident_console.settings.known import KNOWN, Known

DEFAULT = "default"


class Notify(NamedTuple):
    """Which of `known.NOTICES` are told, and how."""

    toasts: tuple[str, ...]
    bell: tuple[str, ...]
    title: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Settings:
    operator: str
    is_login: bool
    """Nobody said who works here: `operator` is the login name."""
    records: Path
    runbook: str | None
    """The default runbook; None: what fits the folder."""
    secrets: tuple[str, ...]
    """Names of environment variables; their values are secrets."""
    theme: str | None
    """None: the console's own choice."""
    layout: str
    """auto, wide or narrow."""
    motion: str
    """auto, full or none."""
    glyphs: str
    """auto, unicode or ascii."""
    plain: bool
    editor: str
    """A command as one types it; empty where nobody says."""
    pager: str
    keys: Mapping[str, str]
    """By a binding's id, its keys with commas between, as Textual's keymap takes them."""
    notify: Notify
    commands: tuple[Way, ...]
    file: Path
    """Where the config file is, or would be."""
    sources: Mapping[str, str]
    """By a setting's key: `default`, `file PATH`, `environment NAME` or `--flag`."""
    untaken: tuple[str, ...] = ()
    """What the file says and cannot be taken, a line each: it is left out, and the rest holds."""

    @property
    def trust(self) -> Path:
        """Which runbooks this user has trusted.

        Never beside the records, which may lie where others write: a trusted runbook runs commands.
        """
        import platformdirs  # only when it is needed: `verify` and the like run in hooks

        return Path(platformdirs.user_state_dir("incident-console")) / "trusted-runbooks.jsonl"


def load(
    environ: Mapping[str, str],
    *,
    operator: str | None = None,
    records: Path | None = None,
    plain: bool = False,
    fallback: str | None = None,
    without_file: bool = False,
) -> Settings:
    """`operator`, `records`, `plain`: what flags said.

    `fallback`: the operator where nothing else says, before the login name. `without_file`: as if there were none.
    Raises InputError for a config file that cannot be read, or says wrong who works where and what is secret.
    """
    file = toml.config_path(environ)
    said = toml.Said({}, ()) if without_file else toml.read(file, required=bool(environ.get("INCIDENT_CONSOLE_CONFIG")))
    flags: dict[str, Any] = {"operator": operator, "records": records, "plain": plain}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for known in KNOWN:
        values[known.key], sources[known.key] = _one(known, flags, environ, said.values, file)
    return Settings(
        operator=values["operator"] or _name(fallback) or _login(),
        is_login=not (values["operator"] or _name(fallback)),
        records=toml.home(Path(values["records"] or records_dir(environ))).absolute(),
        editor=values["editor"] or "",
        pager=values["pager"] or "",
        notify=Notify(*(values[f"notify.{where}"] for where in ("toasts", "bell", "title"))),
        **{
            name: values[name]
            for name in ("runbook", "secrets", "theme", "layout", "motion", "glyphs", "plain", "keys")
        },
        commands=values["commands"],
        file=file,
        sources=sources,
        untaken=said.untaken,
    )


def _one(
    known: Known, flags: Mapping[str, Any], environ: Mapping[str, str], said: Mapping[str, Any], file: Path
) -> tuple[Any, str]:
    flag = flags.get(known.key)
    if _name(flag) if isinstance(flag, str) else flag:
        return (_name(flag) if isinstance(flag, str) else flag), f"--{known.key}"
    for name in known.environment:
        if value := _name(environ.get(name)):
            return value, f"environment {name}"
    if known.key in said:
        return said[known.key], f"file {file}"
    for name in known.shared:
        if value := _name(environ.get(name)):
            return value, f"environment {name}"
    return known.default, DEFAULT


def _name(said: str | None) -> str | None:
    return (said or "").strip() or None


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid{os.getuid()}"
