"""The file's JSON Schema, generated from the models: for editors, and for the reference page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.spec.models import SpecFile
from airstrip.spec.written import TargetSpec


def json_schema(target_specs: Mapping[str, type[TargetSpec]]) -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of an airstrip.yaml, with the part of each place."""
    schema = SpecFile.model_json_schema(by_alias=True)
    places: dict[str, Any] = {}
    for place, model in target_specs.items():
        own = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{place}-{{model}}")
        for name, definition in own.pop("$defs", {}).items():
            schema["$defs"][f"{place}-{name}"] = definition
        places[place] = own
    schema["properties"]["target"] |= {
        "anyOf": [
            {"enum": list(places)},
            *(
                {
                    "type": "object",
                    "properties": {place: own},
                    "required": [place],
                    "additionalProperties": False,
                }
                for place, own in places.items()
            ),
        ],
    }
    schema["properties"]["target"].pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
