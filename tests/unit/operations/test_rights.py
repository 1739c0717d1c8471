"""The rights that a landing needs, and the roles to ask for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.kube import Resource, Right
from airstrip.kube.resources import known_resource
from airstrip.operations import Session
from airstrip.operations.plan import objects_of
from airstrip.operations.render import check_manifests
from airstrip.operations.rights import build_roles, needed_rights
from airstrip.platform import IngressController
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target

SPEC = load_spec(None, TARGET_SPECS)


def locate(api_version: str, kind: str) -> Resource:
    found = known_resource(api_version, kind)
    assert found is not None
    return found


def item(api_version: str, kind: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", **where}, **more}


def test_each_kind_that_is_applied_is_made_read_changed_and_deleted_and_looked_for_by_doctor() -> None:
    rights = needed_rights(SPEC, [item("policy/v1", "PodDisruptionBudget", "airflow")], locate)
    verbs = [right.verb for right in rights if right.resource == "poddisruptionbudgets"]
    assert verbs == ["create", "delete", "get", "list", "patch"]


def test_what_is_in_no_namespace_is_deleted_by_nobody() -> None:
    rights = needed_rights(SPEC, [item("v1", "PersistentVolume")], locate)
    assert [(right.namespace, right.verb) for right in rights if right.resource == "persistentvolumes"] == [
        ("", "create"),
        ("", "get"),
        ("", "patch"),
    ]


def test_who_makes_a_role_needs_what_it_grants() -> None:
    rules = [{"apiGroups": ["batch"], "resources": ["jobs/status"], "verbs": ["watch"]}]
    role = item("rbac.authorization.k8s.io/v1", "Role", "airflow-workers", rules=rules)
    assert Right("airflow-workers", "batch", "jobs/status", "watch") in needed_rights(SPEC, [role], locate)


def test_the_roles_have_these_rights_and_no_more() -> None:
    rights = [
        Right("", "", "namespaces", "create"),
        Right("airflow", "", "pods", "get"),
        Right("airflow", "", "pods", "list"),
        Right("airflow", "", "secrets", "get"),
        Right("airflow", "", "secrets", "list"),
        Right("airflow", "apps", "deployments", "get"),
    ]
    of_cluster, of_namespace = build_roles(SPEC, rights)
    assert (of_cluster["kind"], of_cluster["metadata"]) == ("ClusterRole", {"name": "airflow-landing"})
    assert of_cluster["rules"] == [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}]
    assert of_namespace["metadata"] == {"name": "airflow-landing", "namespace": "airflow"}
    assert of_namespace["rules"] == [
        {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
    ]


def test_whoever_is_given_what_is_in_no_namespace_needs_to_find_it_only() -> None:
    rights = [Right("", "", "persistentvolumes", verb) for verb in ("create", "get", "patch")]
    landing, looking = build_roles(SPEC, rights)
    assert [role["metadata"]["name"] for role in (landing, looking)] == ["airflow-landing", "airflow-looking"]
    assert [role["rules"][0]["verbs"] for role in (landing, looking)] == [["create", "patch"], ["get"]]


INGRESS = """\
apiVersion: airstrip/v1
name: shop
target: {context: {shared: {nfs: {server: nfs1, path: /export}}}}
expose: {ingress: {host: a.example.com, tls: none, class: web, controller: edge, allow: [192.0.2.0/24]}}
"""


@pytest.mark.parametrize(("kind", "made"), [("traefik.io/ingress-controller", True), ("k8s.io/ingress-nginx", False)])
def test_of_a_cluster_that_is_there_the_objects_are_those_of_its_own_controller(
    tmp_path: Path, kind: str, made: bool
) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text(INGRESS)
    spec = load_spec(file, TARGET_SPECS)
    target = make_target(spec)
    platform = replace(target.preview(), ingress=IngressController("web", kind, "edge"), storage_class="fast")
    session = cast(Session, SimpleNamespace(spec=spec, target=target, platform=platform))
    kinds = {item["kind"] for item in objects_of(check_manifests(session))}
    assert ("Middleware" in kinds) is made
