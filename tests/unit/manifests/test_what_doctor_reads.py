"""What diagnosis reads from what is landed: it knows every setting, and every Secret by who reads it."""

from __future__ import annotations

from typing import Any

from airstrip.diagnose.airflow import landed
from airstrip.diagnose.airflow.settings import unknown_settings, variables_of
from airstrip.manifests import SecretValues, build_secrets
from airstrip.spec import Spec
from airstrip.spec.airflow_options import airflow_options

Object = dict[str, Any]
KINDS = ("Deployment", "StatefulSet", "Job")


def test_secrets_as_they_are_landed_are_right(objects: list[Object], spec: Spec) -> None:
    used = [each for item in objects if item["kind"] in KINDS for each in landed.references(item)]
    for secret in build_secrets(spec, SecretValues.generate()):
        name = secret["metadata"]["name"]
        fact = landed.secret_fact(name, secret, [each for each in used if each.secret == name])
        assert fact.readers, name
        assert (fact.missing, fact.malformed, fact.keeps_password) == ((), (), True), name


def test_no_setting_of_ours_is_unknown(objects: list[Object]) -> None:
    maps = {item["metadata"]["name"]: item["data"] for item in objects if item["kind"] == "ConfigMap"}
    seen = 0
    for item in objects:
        if item["kind"] in KINDS[:2]:
            names = variables_of(item, maps)
            seen += len(names)
            assert list(unknown_settings("any", names, airflow_options())) == []
    assert seen > 100
