from __future__ import annotations

from typing import Any

import pytest

from airstrip.errors import ImageError
from airstrip.images import AirflowImageRequest, ReadyImage
from airstrip.images.airflow import image_key
from airstrip.images.request import without_credentials

DEFAULT = AirflowImageRequest("3.3.2", ("cncf-kubernetes", "postgres", "fab"))


def test_equal_needs_are_equal_values() -> None:
    other = AirflowImageRequest("3.3.2", ("fab", "postgres", "CNCF.kubernetes", "fab"))

    assert other == DEFAULT
    assert image_key(other) == image_key(DEFAULT)


@pytest.mark.parametrize(
    "other",
    [
        AirflowImageRequest("3.3.1", DEFAULT.extras),
        AirflowImageRequest("3.3.2", ("amazon", *DEFAULT.extras)),
        AirflowImageRequest("3.3.2", DEFAULT.extras, requirements=("pandas>=2",)),
        AirflowImageRequest("3.3.2", DEFAULT.extras, packages=("libaio1",)),
    ],
)
def test_each_need_changes_the_image(other: AirflowImageRequest) -> None:
    assert image_key(other) != image_key(DEFAULT)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"version": "latest"}, "image.version"),
        ({"extras": ("amazon]==1; x",)}, "image.extra"),
        ({"packages": ("git,?essential",)}, "image.package-name"),
        ({"packages": ("--setup-hook=x",)}, "image.package-name"),
        ({"requirements": ("--index-url https://example.org",)}, "image.requirement"),
        ({"requirements": ("../mine",)}, "image.requirement"),
        ({"requirements": ("a\nb",)}, "image.requirement"),
    ],
)
def test_what_a_tool_would_misread_is_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(ImageError) as caught:
        AirflowImageRequest(**{"version": "3.3.2", "extras": (), **fields})

    assert caught.value.code == code
    assert caught.value.fix


def test_passwords_in_urls_are_masked() -> None:
    assert without_credentials("a @ https://me:pw@host/x.whl") == "a @ https://****@host/x.whl"


def test_ready_image_needs_a_digest() -> None:
    pinned = f"registry.example.org/team/airflow@sha256:{'a' * 64}"

    assert ReadyImage(pinned).pinned == pinned
    with pytest.raises(ImageError) as caught:
        ReadyImage("registry.example.org/team/airflow:3.3.2")
    assert caught.value.code == "image.no-digest"
