"""Secrets planted in lines as programs write them, and lines that must stay as they are."""

from __future__ import annotations

import base64
import json
import time

import pytest

from airstrip.redaction import Redaction, lines_without_credentials, without_credentials
from airstrip.secret_forms import MAY_HIDE

JWT = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0abcd.c2lnbmF0dXJlLW9m"
FERNET = "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmE="
OPENSSH_LINE = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABlwAAAAdzc2gtcn"
PEM_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("could not reach postgresql+psycopg2://airflow:hunter2@db:5432/airflow", "hunter2"),
        ("could not reach mysql://airflow:p@ss/w:rd@db/airflow", "p@ss/w:rd"),
        ("broker amqp://u:hunter2@one,amqp://u:hunter3@two", "hunter3"),
        ("redis://:hunter2@redis:6379/0 is away", "hunter2"),
        ("git clone https://x-access-token:hunter2@github.com/a/b", "hunter2"),
        (f"token {JWT} was refused", JWT),
        (f"Authorization: Bearer {JWT}", JWT),
        ("Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
        ("{'authorization': 'Token hunter2'}", "hunter2"),
        ("headers={'Authorization': 'hunter2'}", "hunter2"),
        ("curl -H 'authorization: bearer abc.def-123'", "abc.def-123"),
        ("sent Bearer 0123456789abcdef", "0123456789abcdef"),
        ("AIRFLOW__CORE__FERNET_KEY=hunter2", "hunter2"),
        ("AIRFLOW__API__SECRET_KEY: hunter two", "hunter "),
        ('"AIRFLOW__API_AUTH__JWT_SECRET": "hunter two"', "hunter two"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:////tmp/hunter2", "hunter2"),
        ("AIRFLOW__CELERY__RESULT_BACKEND=db+postgresql://db/hunter2", "hunter2"),
        ("AIRFLOW__SECRETS__BACKEND_KWARGS={'token': 'x', 'url': 'hunter2'}", "hunter2"),
        ('AIRFLOW_CONN_WAREHOUSE=\'{"login": "a", "extra": "hunter2"}\'', "hunter2"),
        ("AIRFLOW_CONN_WAREHOUSE=postgres://db/hunter2", "hunter2"),
        ("AIRFLOW_VAR_CODE=hunter2", "hunter2"),
        ('AIRFLOW__CORE__FERNET_KEY\\": \\"hunter two\\"', "hunter two"),
        ('{"name": "AIRFLOW__CORE__FERNET_KEY", "value": "hunter2"}', "hunter2"),
        ("- name: DB_PASSWORD\n  value: hunter2", "hunter2"),
        ("[database] sql_alchemy_conn = sqlite:////tmp/hunter2", "hunter2"),
        ("password=hunter2", "hunter2"),
        ("INFO password: correcthorse for the user ada", "correcthorse"),
        ("connect(user='ada', password='correct horse')", "correct horse"),
        ('{"db_password": "correct \\"horse\\" battery"}', "battery"),
        ('msg="{\\"client_secret\\": \\"correct horse\\"}"', "correct horse"),
        ("secretAccessKey: wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
        ("found AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("found ghp_0123456789abcdefghij0123", "ghp_0123456789"),
        ("https://hooks.example.com/?api_key=hunter2&x=1", "hunter2"),
        ("Server=db;UID=ada;PWD=hunter2;", "hunter2"),
        ("psql --db-password hunter2 -h db", "hunter2"),
        (f"the key is {FERNET}", FERNET),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{PEM_LINE}\nabc=\n-----END RSA PRIVATE KEY-----", "abc="),
        (PEM_LINE, PEM_LINE),
        (OPENSSH_LINE, OPENSSH_LINE),
        ("abcdefgh\nijkl=\n-----END OPENSSH PRIVATE KEY-----", "ijkl="),
        ("https://a.blob.core.windows.net/x?sv=2024&sig=hunter2%3D", "hunter2"),
        ("https://b.s3.amazonaws.com/x?X-Amz-Signature=hunter2&y=1", "hunter2"),
        ("https://hunter2token@github.com/a/b", "hunter2token"),
        ("could not read https://conda.anaconda.org/t/xx-hunter2/team/noarch/repodata.json", "hunter2"),
        ("channel https://conda.example.org:8080/get/t/hunter2", "hunter2"),
        ("DB_PASS: hunter2", "hunter2"),
        ("dbPass: hunter2", "hunter2"),
        ("pass=hunter22", "hunter22"),
        ("api_key: hunter more words", "hunter"),
        ("token: swordfish, retry", "swordfish"),
        ("token: 123-456-789-secret", "123-456-789-secret"),
        ("token: 401abc", "401abc"),
    ],
)
def test_what_has_the_form_of_a_secret_is_struck_out(line: str, secret: str) -> None:
    assert MAY_HIDE.search(line)
    struck = without_credentials(line)
    assert secret not in struck
    assert "***" in struck


@pytest.mark.parametrize(
    "line",
    [
        'FATAL:  password authentication failed for user "airflow"',
        "Invalid auth token: Signature has expired",
        "jwt.exceptions.InvalidSignatureError: Signature verification failed",
        'MountVolume.SetUp failed for volume "keys" : secret "airflow-keys" not found',
        "references non-existent secret key: fernet-key",
        "Error: couldn't find key fernet-key in Secret airflow/airflow-keys",
        "failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized",
        "failed to fetch oauth token: denied: requested access to the resource is denied",
        "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
        "Could not create Fernet object: Fernet key must be 32 url-safe base64-encoded bytes.",
        "cryptography.fernet.InvalidToken",
        "TaskInstanceKey(dag_id='d', task_id='load', run_id='r', try_number=1, map_index=-1)",
        'Failed to pull image "http://localhost:5000/airflow@sha256:' + "a" * 64 + '"',
        'airflow.exceptions.AirflowConfigException: check "max_tis_per_query" key in "scheduler" section.',
        "http://localhost:8080/login?next=/home answered 302",
        "password=None",
        "the compass: north, and passing: true",
        "/Users/Ada/Airflow3/dags/team/warehouse/daily/loads/orders/Load2024.py",
        "ssh://git@example.com/data/dags.git",
        "see https://forum.example.com/t/a-task-that-hangs/4711",
        "2026-11-21T05:11:17.048530Z INFO hello",
    ],
)
def test_what_explains_itself_stays_as_it_is(line: str) -> None:
    assert without_credentials(line) == line


def test_a_scheme_is_told_and_its_secret_is_not() -> None:
    assert without_credentials("Authorization: Bearer abc.def") == "Authorization: Bearer ***"


VALUE = "correct horse/battery+staple"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (VALUE, VALUE),
        (f"{VALUE}\n", VALUE),
        (VALUE, base64.b64encode(VALUE.encode()).decode()),
        (f"{VALUE}\n", base64.b64encode(f"{VALUE}\n".encode()).decode()),
        (VALUE, "correct%20horse%2Fbattery%2Bstaple"),
        ('quote"d-value', json.dumps('quote"d-value')[1:-1]),
        ("mysql://ada:p%40ssw0rd@db/x", "p@ssw0rd"),
        ("mysql://ada:p%40ssw0rd@db/x", "p%40ssw0rd"),
        ("mysql://ada:pass/w[rd@db/x", "pass/w[rd"),
        (json.dumps({"auths": {"r.example.com": {"auth": "dXNlcjpw", "password": "swordfish"}}}), "swordfish"),
        ("username=ada\npassword=correct horse\n", "correct horse"),
        ("first line of a long key\nsecond line of a long key", "second line of a long key"),
    ],
)
def test_a_value_that_is_known_is_struck_out_in_whatever_form(secret: str, said: str) -> None:
    assert Redaction([secret])(f"it is <{said}>, is it?") == "it is <***>, is it?"


@pytest.mark.parametrize("value", ["true", "5432", "1234567", "airflow", "mine-workers", ""])
def test_words_that_stand_everywhere_are_told(value: str) -> None:
    assert Redaction([value], names=["mine-workers"])(f"see {value} there") == f"see {value} there"


def test_a_secret_at_the_end_of_a_long_line_is_found() -> None:
    """Backtracking over lines this long takes longer than anybody waits for the tests."""
    redact = Redaction([f"value-number-{number}" for number in range(200)])
    pieces = (
        "a1-",
        "://",
        "eyJ",
        "eyJ-",
        "password",
        "secret_",
        "token-",
        "AIRFLOW_VAR_A={",
        "name: ",
        "\\",
        '"',
        "-----",
    )
    for piece in pieces:
        line = piece * (60_000 // len(piece))
        assert "number-7" not in redact(f"{line} value-number-7"), piece


def test_a_key_on_several_lines_of_a_log_is_struck_out_to_its_last_one() -> None:
    lines = [
        "read",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        OPENSSH_LINE,
        "c2hvcnQ=",
        "-----END OPENSSH PRIVATE KEY-----",
    ]
    assert lines_without_credentials([*lines, "failed"]) == ["read", "***", "failed"]
    assert lines_without_credentials([]) == []


def test_a_number_is_struck_out_where_it_stands_alone() -> None:
    redact = Redaction(["20240117"])
    assert redact("20240117, run x20240117 and 202401171") == "***, run x20240117 and 202401171"


def test_many_keys_take_no_time() -> None:
    """One expression of all of their lines took 8 s to make and 22 s to use."""
    keys = ["\n".join(f"{key:04d}{line:04d}{PEM_LINE[8:]}" for line in range(50)) for key in range(120)]
    begun = time.thread_time()
    redact = Redaction(keys)
    lines = [redact(f"2026-11-21 INFO line {number} of a log that tells nothing at all") for number in range(3000)]
    assert time.thread_time() - begun < 3
    assert lines[7].endswith("line 7 of a log that tells nothing at all")
    assert redact(f"a {keys[99].splitlines()[42]} b") == "a *** b"


@pytest.mark.parametrize("value", ["[" * 200_000, "[" * 9000, '{"a":' * 3000])
def test_a_value_as_deep_as_no_parser_goes_stops_nothing(value: str) -> None:
    assert Redaction([value, "swordfish"])("it is swordfish") == "it is ***"


@pytest.mark.parametrize("length", range(6, 21))
def test_the_half_of_a_value_before_a_cut_is_struck_out(length: int) -> None:
    redact = Redaction(["correct horse battery", "airflow"])
    assert redact(f"it is {'correct horse battery'[:length]}…") == "it is ***…"
    assert redact("it is correct… horse, of airflo…") == "it is ***… horse, of airflo…"
    assert redact("correct horses") == "correct horses"


def test_lines_that_were_made_one_are_known() -> None:
    assert Redaction(["one two\nthree four"])("see one two three four") == "see ***"


def test_what_was_struck_out_whole_is_counted_with_its_reason() -> None:
    redact = Redaction()
    assert redact.unread() == ""
    assert redact("hello " * 100_000) == "***"
    assert redact.unread() == "1 text stands here as ***: too long to look for secrets in it."
    late = redact.telling(names=(), until=lambda: True)
    assert [late("a"), late("b"), late.word("key"), late("c" * 200_001)] == ["***"] * 4
    assert late.unread("in facts.json") == (
        "3 texts stand in facts.json as ***: there was no time to look for secrets in them."
        " 1 text stands in facts.json as ***: too long to look for secrets in it."
    )


def test_a_late_word_is_told_where_it_has_no_form_of_a_secret() -> None:
    """To look at thousands of them takes time, too."""
    late = Redaction(until=lambda: True)
    assert late.word("2026-01-01T00:00:00Z") == "2026-01-01T00:00:00Z"
    assert (late.word("fernet_key:x"), late.word(FERNET), late.word(JWT)) == ("***", "***", "***")


def test_an_error_quotes_no_secret_and_stays_what_it_is() -> None:
    error = KeyError("the key swordfish", 7)
    with pytest.raises(KeyError) as raised, Redaction(["swordfish"]).of_errors():
        raise error
    assert raised.value is error
    assert raised.value.args == ("the key ***", 7)


def test_what_the_system_refused_quotes_no_secret() -> None:
    """Nor does what came of it."""
    refused = FileNotFoundError(2, "no swordfish here", "/run/swordfish", None, "/tmp/swordfish")
    with pytest.raises(ValueError, match=r"^no \*\*\*$") as raised, Redaction(["swordfish"]).of_errors():
        raise ValueError("no swordfish") from refused
    assert raised.value.__cause__ is refused
    assert str(refused) == "[Errno 2] no *** here: '/run/***' -> '/tmp/***'"


def test_what_there_is_no_time_for_is_struck_out_whole() -> None:
    assert Redaction(until=lambda: True)("hello") == "***"
    # Names and codes cost no time: rules go by them.
    assert Redaction(until=lambda: True).word("ConfigMap") == "ConfigMap"
    assert "hunter2" not in Redaction(until=lambda: True).word("postgresql://u:hunter2@h")
    assert Redaction()("hello " * 100_000) == "***"
