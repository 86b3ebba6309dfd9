"""Does a well-known client, packer or one-liner change something: a table, a bucket, a server, a file?

Only what its words say for certain; a read by an unusual option is told as a change rather than the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DATABASES = _set("psql mysql mariadb sqlite3 duckdb clickhouse-client")
_READS = re.compile(r"\s*(show|describe|desc|explain(?!\s*\(?\s*analy[sz]e))\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"\b(delete\s+from|update\s+\S+\s+set|(insert|replace|merge)\s+into|insert\s+or|truncate\s+\S"
    r"|(create|drop|alter)\s+(or\s+replace\s+|temp\s+|temporary\s+|unique\s+|materialized\s+)*"
    r"(table|view|index|schema|database|role|user|function|trigger|sequence|type|column|constraint|procedure|extension)"
    r"|(grant|revoke)\s+\w+.*\s(to|from)\s)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"'[^']*'")
_CURL_VALUES = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_CHANGING_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_NOWHERE = ("-", "/dev/null", "/dev/stdout")
_BUCKETS = {
    "gsutil": _set("rm cp mv rsync mb rb compose rewrite setmeta"),
    "rclone": _set(
        "delete deletefile purge copy copyto copyurl move moveto sync bisync rcat touch mkdir rmdir rmdirs cleanup"
        " dedupe"
    ),
}
_BUCKET_VERBS = {
    ("aws", "s3"): _set("rm mv cp sync mb rb"),
    ("gcloud", "storage"): _set("rm mv cp rsync"),
}
_AWS_CHANGES = re.compile(
    r"(delete|put|create|update|terminate|stop|start|reboot|modify|run|send|copy|upload|cancel|remove|invoke)(-|$)"
)
_PACKERS = _set("gzip gunzip xz unxz bzip2 bunzip2 zstd unzstd lzma unlzma pigz")
_PACKER_LOOKS = _set("--test --list --stdout --to-stdout --help --version")
_PYTHON = re.compile(r"(python|pypy)[\d.]*")
_PYTHON_CHANGES = re.compile(
    r"\b(os\.(remove|unlink|rmdir|removedirs|rename|replace|truncate|mkdir|makedirs|chmod|chown|symlink|link|kill|system)"
    r"|shutil\.(rmtree|move|copy\w*|chown)|rmtree)\s*\("
    r"|\.(unlink|rmdir|write_text|write_bytes|touch|mkdir|rename|symlink_to|hardlink_to|chmod)\s*\("
    r"|\bopen\s*\([^)]*,\s*(mode\s*=\s*)?['\"][^'\"]*[wax+][^'\"]*['\"]"
    r"|\.open\s*\(\s*(mode\s*=\s*)?['\"][^'\"]*[wax+][^'\"]*['\"]"
)
Wrong = tuple[str, str]


def changes(program: str, options: Sequence[str]) -> Wrong | None:
    """What the command changes and which effects to declare; None where it only reads, or nothing is known of it."""
    if program in _DATABASES:
        return _database(program, options)
    if program in ("curl", "wget"):
        return _curl(options) if program == "curl" else _wget(options)
    if program in _PACKERS:
        return _packer(program, options)
    if _PYTHON.fullmatch(program):
        return _python(program, options)
    return _archive(program, options) if program in ("tar", "unzip") else _bucket(program, options)


def _database(program: str, options: Sequence[str]) -> Wrong | None:
    for word in options:
        for statement in _QUOTED.sub("q", re.sub(r"^(--\w+=|-[ce](?=\w))", "", word)).split(";"):
            found = None if _READS.match(statement) else _STATEMENT.search(statement)
            if found:
                named = " ".join(found[0].split()[:2]).upper()
                return f"`{program}` is told to {named}, which changes the database", "effects: writes, or deletes"
    return None


def _curl(options: Sequence[str]) -> Wrong | None:
    given = dict(_curl_options(options))
    if method := given.get("X", given.get("request", "")).upper():
        sends = method
    elif given.keys() & {"T", "upload-file"}:
        sends = "PUT"
    elif any(name in ("d", "F", "json", "form", "form-string") or name.startswith("data") for name in given):
        sends = "GET" if given.keys() & {"G", "get"} else "POST"
    else:
        sends = "GET"
    if sends in _CHANGING_METHODS:
        return f"`curl` sends {sends}, which changes what is there", "effects: writes, or deletes"
    if given.keys() & {"O", "remote-name", "remote-name-all"} or _into_file(given, "o", "output"):
        return "`curl` writes what it fetches to a file", "effects: writes"
    return None


def _curl_options(options: Sequence[str]) -> list[tuple[str, str]]:
    """Each option with its value. `-sXDELETE` is s, and X with DELETE; a long option's next word may be its value."""
    found: list[tuple[str, str]] = []
    for word, following in zip(options, [*options[1:], ""], strict=True):
        if word.startswith("--"):
            found.append((word[2:].partition("=")[0], word.partition("=")[2] or following))
        elif word.startswith("-"):
            for at, letter in enumerate(word[1:], 2):
                found.append((letter, word[at:] or following))
                if letter in _CURL_VALUES:
                    break
    return found


def _wget(options: Sequence[str]) -> Wrong | None:
    if any(re.match(r"--(post-|body-|method=(?!get\b|head\b))", word, re.IGNORECASE) for word in options):
        return "`wget` sends something, which changes what is there", "effects: writes, or deletes"
    into = dict(_short_and_long(options, "O", "output-document"))
    if "--spider" in options or (into and not _into_file(into, "O", "output-document")):
        return None
    return "`wget` writes what it fetches to a file", "effects: writes"


def _short_and_long(options: Sequence[str], letter: str, name: str) -> list[tuple[str, str]]:
    found = []
    for word, following in zip(options, [*options[1:], ""], strict=True):
        if match := re.fullmatch(rf"-[a-zA-Z]*?{letter}(.*)|--{name}(?:=(.*))?", word):
            found.append((letter, match[1] or match[2] or following))
    return found


def _into_file(given: dict[str, str], *names: str) -> bool:
    return any(given[name] not in _NOWHERE for name in names if name in given)


def _packer(program: str, options: Sequence[str]) -> Wrong | None:
    looks = any(word in _PACKER_LOOKS or re.fullmatch(r"-[a-zA-Z0-9]*[tlch][a-zA-Z0-9]*", word) for word in options)
    if looks or not any(not word.startswith("-") for word in options):
        return None
    return f"`{program}` puts another file in the place of the one it is given, or beside it", "-t, or effects: writes"


def _archive(program: str, options: Sequence[str]) -> Wrong | None:
    if program == "unzip":
        looks = any(re.fullmatch(r"-[a-zA-Z]*[ltpvzZ][a-zA-Z0-9]*", word) for word in options)
        return None if looks or not options else ("`unzip` writes the files of the archive", "-l, or effects: writes")
    mode = options[0].lstrip("-") if options and not options[0].startswith("--") else ""
    unpacks = ("x" in mode and "O" not in mode) or ("--extract" in options and "--to-stdout" not in options)
    packs = bool(set(mode) & set("cru")) or bool({"--create", "--append", "--update", "--delete"} & set(options))
    return ("`tar` writes files", "-t, or effects: writes") if unpacks or packs else None


def _python(program: str, options: Sequence[str]) -> Wrong | None:
    code = options[options.index("-c") + 1] if "-c" in options[:-1] else ""
    if found := _PYTHON_CHANGES.search(code):
        return f"`{program} -c` changes files by `{' '.join(found[0].split())}`", "effects: writes, or deletes"
    return None


def _bucket(program: str, options: Sequence[str]) -> Wrong | None:
    words = [word for word in options if not word.startswith("-")]
    verb = next((word for word in words if word in _BUCKETS.get(program, ())), "")
    if verb and verb != next((word for word in words if "=" not in word), ""):
        verb = ""
    for (client, group), verbs in _BUCKET_VERBS.items():
        if program == client and group in words[:-1] and (named := words[words.index(group) + 1]) in verbs:
            verb = f"{group} {named}"
    if not verb and program == "aws":
        verb = " ".join(next((words[:2] for word in words[1:2] if _AWS_CHANGES.match(word)), []))
    tries = {"--dryrun", "--dry-run", "-n"} & set(options)
    reads = options[-1:] in (["-"], ["--help"]) and verb.endswith(("cp", "--help"))
    if not verb or tries or reads:
        return None
    return f"`{program} {verb}` changes what is stored there", "effects: writes, or deletes"
