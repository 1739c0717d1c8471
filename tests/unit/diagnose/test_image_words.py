"""What a registry's words mean: a digest or a tag may hold the number of a refusal."""

from __future__ import annotations

import pytest

from airstrip.diagnose import Facts, diagnose
from tests.unit.diagnose.making import failing, pod, waiting

PULL = 'failed to pull and unpack image "r.example.com/etl'


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (f'{PULL}@sha256:ab401c{"0" * 58}": r.example.com/etl@sha256:ab401c{"0" * 58}: not found', "image.missing"),
        (f'{PULL}:2401": r.example.com/etl:2401: not found', "image.missing"),
        (f'{PULL}:401": r.example.com/etl:401: not found', "image.missing"),
        (f'{PULL}:v1.401": r.example.com/etl:v1.401: not found', "image.missing"),
        ('Head "https://r.example.com/v2/etl/manifests/401": dial tcp: no such host', "image.registry-unreachable"),
        ('Head "https://r.example.com/v2/etl/manifests/401": 500 Internal Server Error', "image.missing"),
        (f'{PULL}:1": unexpected status from HEAD request to https://r.example.com/v2: 401 ', "image.login-refused"),
        (f'{PULL}:1": failed to authorize: failed to fetch token: 401', "image.login-refused"),
        (f'{PULL}:1": response status code 401: unauthorised', "image.login-refused"),
    ],
)
def test_a_login_is_not_read_out_of_an_image_s_name(said: str, code: str) -> None:
    (finding,) = diagnose(Facts(pods=[pod("task", waiting("ErrImagePull", said, image="r.example.com/etl:1"))]))
    assert finding.code == code


def pulled(image: str, said: str) -> str:
    (finding,) = diagnose(Facts(pods=[pod("task", waiting("ErrImagePull", said.replace("IMAGE", image), image=image))]))
    return finding.code


NOT_FOUND = 'failed to pull and unpack image "IMAGE": failed to resolve reference "IMAGE": IMAGE: not found'
DENIED = 'failed to pull and unpack image "IMAGE": pull access denied, repository does not exist'


@pytest.mark.parametrize(
    "image",
    [
        "reg.local/denied-claims:1",
        "reg.local:5000/denied-claims",
        "reg.local/etl:denied",
        f"reg.local/unauthorized/etl@sha256:{'0' * 64}",
        "denied.local/etl:1",
        "denied-claims:1",
        "reg.local/tls:1",
    ],
)
def test_an_image_may_be_named_after_a_refusal(image: str) -> None:
    assert pulled(image, NOT_FOUND) == "image.missing"
    assert pulled(image, DENIED) == "image.login-refused"
    assert pulled(image, f"{NOT_FOUND}: i/o timeout") == "image.registry-unreachable"


@pytest.mark.parametrize("name", ["reg.local/denied-claims", "reg.local:5000/etl/unauthorized"])
def test_its_name_may_be_told_otherwise_than_in_the_file(name: str) -> None:
    host, _, path = name.partition("/")
    for said in (f'"{name}@sha256:{"0" * 64}": not found', f'Head "https://{host}/v2/{path}/manifests/1": 500'):
        assert pulled(f"{name}:1", said) == "image.missing"


FOREIGN = "no match for platform in manifest: not found"
EXEC_FORMAT = "exec /usr/bin/dumb-init: exec format error"


@pytest.mark.parametrize(
    ("log", "is_told"),
    [
        (EXEC_FORMAT, True),
        ("./convert: cannot execute binary file: Exec format error ", True),
        ("AssertionError: no match for platform foo", False),
        ("the image's architecture is gothic; no matching manifest", False),
        ("OSError: [Errno 8] Exec format error: 'data.csv'", False),
    ],
)
def test_a_user_s_own_words_are_no_foreign_image(log: str, is_told: bool) -> None:
    found = diagnose(Facts(pods=[pod("task", failing(log, restarts=2))]))
    assert [finding.code for finding in found] == ["image.wrong-architecture" if is_told else "pod.crash-loop"]


@pytest.mark.parametrize("said", [FOREIGN, "exec: exec format error: unknown"])
def test_in_what_the_node_says_these_words_tell(said: str) -> None:
    (finding,) = diagnose(Facts(pods=[pod("task", waiting("ErrImagePull", said))]))
    assert finding.code == "image.wrong-architecture"
