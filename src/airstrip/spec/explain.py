"""pydantic's errors in plain words, at their place in the file."""

from __future__ import annotations

import copy
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from airstrip.errors import Problem
from airstrip.spec.document import Document
from airstrip.spec.fields import API_VERSION, did_you_mean
from airstrip.spec.source import KeyPath, write_path
from airstrip.spec.written import MARKERS, Alternatives, keys_of, list_keys

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
}


# Kubernetes' words, which are asked for where Kubernetes has them.
_ELSEWHERE = {"imagePullSecrets": "image.pullSecrets", "serviceAccountName": "patches", "securityContext": "patches"}


def explain(error: ValidationError, model: type[BaseModel], document: Document, prefix: KeyPath = ()) -> list[Problem]:
    """Every problem of `model`, which stands at `prefix` in the file."""
    details = error.errors(include_url=False)
    as_text = _as_text(details, model, document, prefix)
    return [_explain(as_text.get(detail["loc"], detail), model, document, prefix) for detail in details]


def _explain(error: ErrorDetails, model: type[BaseModel], document: Document, prefix: KeyPath) -> Problem:
    path = _path(error, prefix)
    place = document.place(path)
    mark = place.value
    context: dict[str, Any] = error.get("ctx", {})
    code, message, fix = error["type"], error["msg"], context.get("fix", "")
    if code == "missing":
        code, message, fix = "spec.missing-key", f"{path[-1]} is missing", _missing_fix(path)
        mark = document.key(path[:-1])
    elif code == "extra_forbidden":
        code, message, fix = _unknown_key(str(path[-1]), model_at(model, error["loc"][:-1]), document.key(path) == mark)
        mark = document.key(path)
    elif code == "spec.not-yet":
        message = message or f"{write_path(path)} is known, but this release does not build it yet"
        mark = document.key(path)
    elif code in _EXPECTED:
        message, fix = _wrong_type(path, code, error["input"], place.raw)
        code = "spec.wrong-type"
    elif code == "spec.wrong-type":
        message = f"{write_path(path)} {message}"
    elif not code.startswith("spec."):
        code, message, fix = _plain(path, error)
    return document.source.problem(code, path, message, fix, mark, secret=bool(context.get("secret")))


def _unknown_key(word: str, model: type[BaseModel] | None, bare: bool) -> tuple[str, str, str]:
    """Code, message and fix for a key that is not there; `bare` is a word that stands for a key alone."""
    known = "" if model is None else list_keys(model)
    near = "" if model is None else did_you_mean(word, keys_of(model))
    near = f"It is {_ELSEWHERE[word]} here. " if word in _ELSEWHERE else near
    if bare and not near and model is not None and issubclass(model, Alternatives) and model.scalar:
        near = f"Write {{{model.scalar}: {word}}}. "
    return "spec.unknown-key", f"the key {word} is not known here", near + known


def _path(error: ErrorDetails, prefix: KeyPath) -> KeyPath:
    return (*prefix, *(part for part in error["loc"] if part not in MARKERS))


def _as_text(
    errors: list[ErrorDetails], model: type[BaseModel], document: Document, prefix: KeyPath
) -> dict[KeyPath, ErrorDetails]:
    """For numbers where text belongs: what would be wrong with them as text, by their place.

    Else the fix would be to put quotes around what is then refused.
    """
    numbers = [error for error in errors if error["type"] == "string_type" and isinstance(error["input"], int | float)]
    if not numbers:
        return {}
    data = copy.deepcopy(document.data)
    for path in (_path(error, prefix) for error in numbers):
        around = data
        for part in path[:-1]:
            around = around[part]
        around[path[-1]] = document.place(path).raw
    for part in prefix:
        data = data[part]
    try:
        model.model_validate(data)
    except ValidationError as again:
        places = {error["loc"] for error in numbers}
        return {error["loc"]: error for error in again.errors(include_url=False) if error["loc"] in places}
    return {}


def model_at(model: type[BaseModel] | None, location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the mapping at a location, None where it is none."""
    named = False
    for part in location:
        # An item has the model that its list, or its mapping by any names, was seen to be of.
        if isinstance(part, int) or named:
            named = False
            continue
        fields = {} if model is None else {field.alias or name: field for name, field in model.model_fields.items()}
        field = fields.get(str(part))
        annotation = None if field is None else field.annotation
        named = get_origin(annotation) is dict
        candidates = [item for item in (annotation, *get_args(annotation)) if isinstance(item, type)]
        model = next((item for item in candidates if issubclass(item, BaseModel)), None)
    return model


def _missing_fix(path: KeyPath) -> str:
    known: dict[KeyPath, str] = {("apiVersion",): API_VERSION, ("name",): "airflow"}
    return f"Add `{path[-1]}: {known.get(path, '…')}`."


def _wrong_type(path: KeyPath, code: str, value: object, raw: str) -> tuple[str, str]:
    expected = _EXPECTED[code]
    if value is None:
        return f"{write_path(path)} has no value", f"Write {expected}, or remove the key."
    message = f"{write_path(path) or 'the file'} must be {expected}, and is {_describe(value)}"
    if code == "string_type" and isinstance(value, int | float):
        return message, f'Put quotes around it: "{raw}"'
    if code in ("tuple_type", "list_type") and isinstance(value, str | int | float):
        return message, f"Put brackets around it: [{raw}]"
    return message, f"Write {expected}."


def _describe(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _plain(path: KeyPath, error: ErrorDetails) -> tuple[str, str, str]:
    """Limits of numbers and whatever else pydantic says well enough itself."""
    words = error["msg"].removeprefix("Input should be ")
    return "spec.bad-value", f"{write_path(path)} must be {words}", f"Write a value that is {words}."
