"""What was changed by an edit? git's own diff where git knows the file, else one against the text that was kept."""

from __future__ import annotations

import difflib
from pathlib import Path

from incident_console.gate.baseline import MAX_TEXT, Edit, read_text
from incident_console.gate.git import ask
from incident_console.gate.watch import on_disk

_MAX_LINES = 5_000


def diff(edit: Edit, workdir: Path, before_text: bytes | None = None) -> bytes:
    """The edit as a diff, not redacted, of about a megabyte at most.

    git's against HEAD where the file is tracked, else against `before_text`, else a sentence that says why there is
    none.
    """
    path = on_disk(workdir, edit.path)
    after = read_text(path)
    if after is not None or edit.after_sha256 is None:
        tracked = ask(
            workdir,
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "HEAD",
            "--",
            str(path.relative_to(workdir)),
        )
        if tracked:
            return tracked
    name = edit.path.encode()
    if edit.after_sha256 is not None and after is None:
        return b"%s: no diff: it is longer than %d bytes or can no longer be read; its hashes tell\n" % (name, MAX_TEXT)
    if before_text is None and edit.before_sha256 is not None:
        return b"%s: no diff: git does not know it and its text before the edit was not kept; its hashes tell\n" % name
    old, new = (before_text or b"").splitlines(keepends=True), (after or b"").splitlines(keepends=True)
    if len(old) > _MAX_LINES or len(new) > _MAX_LINES:
        return b"%s: no diff: it is longer than %d lines; its hashes tell\n" % (name, _MAX_LINES)
    source = b"/dev/null" if edit.before_sha256 is None else b"a/" + name
    target = b"/dev/null" if edit.after_sha256 is None else b"b/" + name
    lines = difflib.diff_bytes(difflib.unified_diff, old, new, source, target)
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)
