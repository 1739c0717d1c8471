"""What a registry's words mean: a digest or a tag may hold the number of a refusal."""

from __future__ import annotations

import pytest

from airstrip.diagnose import Facts, diagnose
from tests.unit.diagnose.making import pod, waiting

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
