from __future__ import annotations

from typing import Any

import pytest

from airstrip.errors import ImageError
from airstrip.images import AirflowImageRequest, ReadyImage
from airstrip.images.airflow import image_key

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


@pytest.mark.parametrize("line", ["-i https://me:pw@host/x", "-i https://pw@host/x", "-i x --password pw"])
def test_a_refused_line_is_told_without_its_password(line: str) -> None:
    with pytest.raises(ImageError) as caught:
        AirflowImageRequest("3.3.2", (), requirements=(line,))
    assert "***" in caught.value.message
    assert "pw" not in caught.value.message


def test_ready_image_needs_a_digest() -> None:
    pinned = f"registry.example.org/team/airflow@sha256:{'a' * 64}"

    assert ReadyImage(pinned).pinned == pinned
    with pytest.raises(ImageError) as caught:
        ReadyImage("registry.example.org/team/airflow:3.3.2")
    assert caught.value.code == "image.no-digest"
