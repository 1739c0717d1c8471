from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field

from airstrip.errors import Problem, SpecError
from airstrip.spec import Spec, TargetSpec, load_spec


class Here(TargetSpec):
    place: ClassVar[str] = "here"
    port: int | None = Field(None, ge=1, le=65535)


class There(TargetSpec):
    place: ClassVar[str] = "there"


PLACES: dict[str, type[TargetSpec]] = {"here": Here, "there": There}
PLANNED = ("moon",)


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str | bytes], Spec]:
    """Loads a text as the file of a deployment."""

    def load_text(text: str | bytes) -> Spec:
        file = tmp_path / "airstrip.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_spec(file, PLACES, PLANNED)

    return load_text


@pytest.fixture
def problems(load: Callable[[str | bytes], Spec]) -> Callable[[str | bytes], list[Problem]]:
    """Every problem of a text that cannot be loaded."""

    def problems_of(text: str | bytes) -> list[Problem]:
        with pytest.raises(SpecError) as raised:
            load(text)
        return list(raised.value.problems)

    return problems_of
