"""Whole files against what they load to: the spec, or every problem of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.errors import SpecError
from airstrip.spec import json_schema, load_spec
from airstrip.targets.local.spec import LocalSpec

FOLDER = Path(__file__).parent
PLACES = {"local": LocalSpec}
PLANNED = ("kind", "minikube", "context", "onprem", "eks", "gke", "oke")

Golden = Callable[[Path, str], None]


def as_text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace(str(FOLDER), "FOLDER") + "\n"


@pytest.mark.parametrize("case", ["built", "git", "pushed"])
def test_every_key_that_is_built(golden: Golden, case: str) -> None:
    """What excludes something else stands in a file of its own."""
    spec = load_spec(FOLDER / case / "airstrip.yaml", PLACES, PLANNED)
    golden(FOLDER / case / "spec.json", as_text(spec.model_dump(mode="json")))


def test_every_key_of_the_contract(golden: Golden) -> None:
    with pytest.raises(SpecError) as raised:
        load_spec(FOLDER / "every-key" / "airstrip.yaml", PLACES, PLANNED)
    golden(FOLDER / "every-key" / "problems.json", as_text(raised.value.to_dicts()))


def test_the_golden_file_has_every_key() -> None:
    text = (FOLDER / "every-key" / "airstrip.yaml").read_text()
    written = [line.split(":")[0] for line in text.splitlines() if line[0] not in "# "]
    assert written == list(json_schema(PLACES)["properties"])


def test_the_schema(golden: Golden) -> None:
    golden(FOLDER / "schema.json", as_text(json_schema(PLACES)))
