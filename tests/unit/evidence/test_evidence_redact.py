"""Made-up secrets in their real shapes go; what only looks like one stays."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.evidence.redact import redact, redact_argv

A36 = "Zx9" * 12
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq1x2v3Zc8Jm0Qw5Tt6Yy7Uu8Ii9Oo0PpAaSsDdFfGgHhJj\n" * 3
PEM += "abcd\n-----END RSA PRIVATE KEY-----\n"


def clean(text: str) -> str:
    return redact(text.encode()).data.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2", "password=[redacted password]"),
        ("DB_PASSWORD = hunter2 user=x", "DB_PASSWORD = [redacted password] user=x"),
        ("export PGPASSWORD='a b'\\''c'", None),
        ('{"password": "hunter \\"2\\"", "user": "x"}', '{"password": "[redacted password]", "user": "x"}'),
        ("{'token': 'abc', 'n': 1}", "{'token': '[redacted token]', 'n': 1}"),
        ('{\\"api_key\\": \\"abc1\\"}', '{\\"api_key\\": \\"[redacted api-key]\\"}'),
        ("  client_secret: swordfish\n", "  client_secret: [redacted secret]\n"),
        ("- apiKey: swordfish  # prod\n", "- apiKey: [redacted api-key]  # prod\n"),
        ("password: correct horse battery # staple", "password: [redacted password] # staple"),
        ("{user: x, password: abc, host: y}", "{user: x, password: [redacted password], host: y}"),
        ("connect(user='x',password='abc',host='y')", "connect(user='x',password='[redacted password]',host='y')"),
        ("connect(user=x,password=abc,host=y)", "connect(user=x,password=[redacted password],host=y)"),
        ("GET /x?token=abc1&n=1 HTTP", "GET /x?token=[redacted token]&n=1 HTTP"),
        ("secret => abc", "secret => [redacted secret]"),
        ('password="never closed\nnext', 'password="[redacted password]\nnext'),
        ("password=b'abc'", "password=b'[redacted password]'"),
        ("login failed, db password: hunter2", "login failed, db password: [redacted password]"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [redacted access-key]"),
        ("AccountKey=abc==;x", "AccountKey=[redacted account-key];x"),
        ("curl --token abc1 --password 'x y' u", "curl --token [redacted token] --password '[redacted password]' u"),
        ("postgres://u:p@ss:w0rd@host/db", "postgres://u:[redacted url-password]@host/db"),
        ("https://:tok@host", "https://:[redacted url-password]@host"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [redacted bearer]"),
        ('-H "authorization: basic dXNlcjpwYXNz"', '-H "authorization: basic [redacted basic]"'),
        ("got Bearer abcdef123456 back", "got Bearer [redacted bearer] back"),
        ("key AKIAIOSFODNN7EXAMPLE.", "key [redacted aws-key]."),
        (f"ghp_{A36} x", "[redacted github-token] x"),
        (f"github_pat_{'1A' * 11}_{'b2' * 20}", "[redacted github-token]"),
        ("glpat-aaBBccDDeeFF00112233", "[redacted gitlab-token]"),
        ("xoxb-123456789012-abcDEF", "[redacted slack-token]"),
        ("https://hooks.slack.com/services/T00000000/B0000/XXXX1111", None),
        ("AIza" + "Sy0_-" * 7, "[redacted google-key]"),
        (f"npm_{A36}", "[redacted npm-token]"),
        ("hf_" + "aB3" * 11, "[redacted huggingface-token]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.abc-_1", "[redacted jwt]"),
        (f"x\n{PEM}y", "x\n[redacted private-key]\ny"),
        (f'{{"key": "{PEM!r}"}}', None),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----", None),
        ("x\n" + PEM[:170] + "\nERROR: disk full\n", "x\n[redacted private-key]\nERROR: disk full\n"),
        ("log line\n" + PEM[60:], None),
    ],
)
def test_secrets_go(text: str, expected: str | None) -> None:
    got = clean(text)
    if expected is not None:
        assert got == expected
    assert "[redacted " in got
    for secret in ("hunter", "swordfish", "a b'", "MIIE", "Hh", "lQ", "B0000", "p@ss", "Qw5Tt6"):
        assert secret not in got


LOOK_ALIKES = [
    "password_file: /etc/snakemake/pw",
    "token_count: 7",
    "token: 512",
    "pad_token=0 max_new_token=2048",
    "tokenizer=fast detokenize: yes secretary: Bob",
    "tiktoken=0.5.1=py311_0",
    "private_key: /home/u/.ssh/id_ed25519",
    "secret: ~/keys/prod.txt",
    "SyntaxError: unexpected token: end of input",
    "error: bad token: ')' expected",
    "Token: invalid or expired",
    "def connect(user: str, password: str = None, token: Optional[str] = None):",
    "connect(password=password, token=self.token, secret=cfg.auth.client_secret)",
    'password = os.environ["DB_PASSWORD"]',
    "password=$DB_PASSWORD token=${TOKEN} secret=%(secret)s api_key={params.api_key}",
    "password=None secret=null token='' api_key=false token: ~",
    "password=*** token=<token>",
    'if token == "abc": pass',
    "Enter password:\nsample_A",
    "https://host:8080/path@2x.png",
    "http://user@host/x",
    "git@github.com:org/repo.git",
    "https://${USER}:${PASS}@host/x",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  results/A.bam",
    "secret_sample_A.fastq.gz token_B_R1.fastq.gz.md5",
    ">seq1 token\nACGTACGTACGTNNACGTACGTACGTACGTACGTACGTACGTACGT",
    ">P1\nMAKIASIAGHPGLPATXKWLPAKIAAAAAAAAAAAAAAAAAAAAAAA",
    "rule align: jobid: 4 wildcards: sample=AKIA benchmark: benchmarks/B/align.txt",
    "ghp_short glpat-x AIza xoxb-1 hf_model npm_install eyJ.eyJ",
    "bearer of bad news; Authorization: failed",
    "use --token to authenticate and --password or --secret",
    "--password-file pw.txt --token-count 7",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_stay(text: str) -> None:
    got = redact(text.encode())
    assert (got.data.decode(), got.counts) == (text, {})


def test_what_was_found_is_counted_by_kind() -> None:
    got = redact(b"password=a1 password=b2 token=c3 AKIAIOSFODNN7EXAMPLE")
    assert got.counts == {"password": 2, "token": 1, "aws-key": 1}


def test_a_token_behind_its_name_is_one_secret() -> None:
    got = redact(f"token=ghp_{A36}".encode())
    assert (got.data, got.counts) == (b"token=[redacted github-token]", {"github-token": 1})


def test_with_a_key_equal_secrets_are_seen_to_be_equal() -> None:
    got = redact(b'password=hunter2\npassword: "hunter2"\npassword=other1\n', key=b"k").data.decode()
    marks = re.findall(r"\[redacted password:([0-9a-f]{8})\]", got)
    assert len(marks) == 3 and marks[0] == marks[1] != marks[2]
    assert redact(b"password=hunter2", key=b"other").data.decode() not in got


def test_bytes_of_any_encoding_come_through() -> None:
    assert redact(b"\xff\xfe\x00\x80 caf\xe9 password=\xe9\xff1 x").data.endswith(b" password=[redacted password] x")
    wide = "pässword x\npassword=hunter2\n".encode("utf-16")
    assert redact(wide).data.decode("utf-16") == "pässword x\npassword=[redacted password]\n"


def test_a_key_cut_off_at_its_beginning_is_still_a_key() -> None:
    got = clean("[... 99 bytes left out here ...]\n" + PEM[-150:] + "next\n")
    assert got == "[... 99 bytes left out here ...]\n[redacted private-key]\nnext\n"


def test_a_lone_begin_line_does_not_swallow_the_log() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nERROR: the key ends here\n" + "line of the log\n" * 9000
    text += "-----END PRIVATE KEY-----\n"
    assert clean(text).count("line of the log\n") == 9000


@given(
    st.lists(st.sampled_from([*LOOK_ALIKES, PEM, "password=", "token: ", "a1b2c3d4", '"', "'", "\\", "\n", " ", ","]))
)
def test_redacting_twice_changes_nothing_more(pieces: list[str]) -> None:
    once = redact("".join(pieces).encode(), key=b"k")
    assert redact(once.data, key=b"k") == type(once)(once.data, {})


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    for mark in (b"", b"\xff\xfe", b"\xfe\xff"):
        redact(mark + data + b" password=hunter2 ")


HOSTILE = {
    "one word": b"a",
    "names": b"token=",
    "names without a secret": b"token:",
    "harmless values": b"token=none ",
    "openers": b"{token:",
    "open quotes": b"token='\\",
    "dashes": b"-",
    "options": b"--a-a-a-a-a-",
    "key edges": b"-----BEGIN PRIVATE KEY-----\n",
    "tokens": b"ghp_",
    "web tokens": b"eyJ",
    "urls": b"://a:b",
    "commas": b",a",
    "spaces": b" ",
    "headers": b"authorization:",
    "digests": b"authorization: digest abcdefgh ",
    "cookies": b"cookie: a=b",
    "block scalars": b"token: |\n",
    "nested scalars": b" token: |\n  ",
    "tools": b"mysql ",
    "tools and quotes": b"curl -u '",
    "elements": b"<password>a",
    "queries": b"?sig=",
    "machines": b"machine a login b ",
    "password files": b"a:5432:b:c:",
    "settings": b"set a_token",
    "calls": b"'password','",
    "quotes twice": b"token='a''b",
}


OPENINGS = {
    "password: |\n  ": "one word",
    "token='": "one word",
    "mysql ": "spaces",
    "token=": "commas",
    "://a:": "one word",
}


@pytest.mark.parametrize(
    ("name", "before"), [*((name, "") for name in HOSTILE), *((b, a) for a, b in OPENINGS.items())]
)
def test_no_text_takes_longer_than_its_length_asks(name: str, before: str) -> None:
    """Eight times the text may take eight times as long, and some noise; were it the square, it would be 64 times."""

    def took(size: int) -> float:
        text = before.encode() + HOSTILE[name] * (size // len(HOSTILE[name]))
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    small = max(took(64 * 1024), 0.002)
    assert took(512 * 1024) < 24 * small or took(512 * 1024) < 24 * small


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("curl", "--token=abc1", "x"), ("curl", "--token=[redacted token]", "x")),
        (("tool", "--db-password", "hunter two", "x"), ("tool", "--db-password", "[redacted password]", "x")),
        (("tool", "--API_KEY", "abc", "-n"), ("tool", "--API_KEY", "[redacted api-key]", "-n")),
        (("tool", "--use-token", "--verbose"), ("tool", "--use-token", "--verbose")),
        (("tool", "--token-file", "abc"), ("tool", "--token-file", "abc")),
        (("tool", "--token", "${TOKEN}"), ("tool", "--token", "${TOKEN}")),
        (("tool", "--password"), ("tool", "--password")),
        (("git", "clone", "https://u:pw@h/x"), ("git", "clone", "https://u:[redacted url-password]@h/x")),
        (("sh", "-c", "PASSWORD=x1 run"), ("sh", "-c", "PASSWORD=[redacted password] run")),
        (("cat", "a\udcffb"), ("cat", "a\\xffb")),
        (("snakemake", "-n", "-p", "results/A.bam"), ("snakemake", "-n", "-p", "results/A.bam")),
        ((), ()),
    ],
)
def test_secrets_in_a_command_line(argv: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert redact_argv(argv)[0] == expected
