from __future__ import annotations

from airstrip.spec import json_schema
from tests.unit.spec.conftest import PLACES

CONTRACT = """
apiVersion name target namespaces airflow components image dags logs database expose auth size projects secrets patches
"""


def test_the_schema_has_exactly_the_contracts_keys() -> None:
    assert list(json_schema(PLACES)["properties"]) == CONTRACT.split()


def test_what_is_not_built_is_refused_by_editors_too() -> None:
    assert json_schema(PLACES)["properties"]["auth"]["not"] == {}


def test_a_target_is_a_word_or_a_mapping_of_one_key() -> None:
    words, here, there = json_schema(PLACES)["properties"]["target"]["anyOf"]
    assert words == {"enum": ["here", "there"]}
    assert here["required"] == ["here"]
    assert "port" in here["properties"]["here"]["properties"]
    assert there["required"] == ["there"]
