"""A cluster as plain objects: apply, get, list, create, patch, delete, of any kind."""

from __future__ import annotations

import datetime
import email.utils
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from airstrip.errors import KubernetesError
from airstrip.kube.kubeconfig import load_access
from airstrip.kube.objects import Object, Objects, event_time, wait_until_gone, words
from airstrip.kube.resources import Resource, known_resource
from airstrip.kube.transport import Transport

FIELD_MANAGER = "airstrip"
_PAGE = "500"

PatchType = Literal["merge", "strategic-merge", "json"]


@dataclass(frozen=True)
class Applied:
    """The object as the cluster has it now, and whether applying it changed anything."""

    changed: bool
    object: Object


def connect(kubeconfig: Path | None, context: str | None = None, *, direct: bool = False) -> Cluster:
    """The cluster of a kubeconfig's context, once it has answered; without a file, of those that kubectl reads.

    `direct` ignores the proxies of the environment: for a cluster on this machine. Raises
    KubernetesError when it cannot be reached or refuses the credentials.
    """
    cluster = Cluster(Transport(load_access(kubeconfig, context), direct=direct))
    try:
        cluster.server_version()
    except KubernetesError:
        cluster.close()
        raise
    return cluster


class Cluster:
    """Access to one cluster. Can be used by several threads; every failure is a KubernetesError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._discovered: dict[tuple[str, str], Resource] = {}

    @property
    def transport(self) -> Transport:
        """For this package: requests that have no verb here, such as logs."""
        return self._transport

    def close(self) -> None:
        self._transport.close()

    def server_version(self) -> str:
        """Kubernetes' version without the v, such as `1.35.4`."""
        answer = self._transport.request("GET", "/version", "read the cluster's version").json()
        return str(answer["gitVersion"]).removeprefix("v")

    def server_clock(self) -> datetime.datetime:
        """The API server's time, in whole seconds."""
        answer = self._transport.request("GET", "/version", "read the cluster's clock")
        return email.utils.parsedate_to_datetime(answer.headers["date"])

    def apply(self, item: Mapping[str, Any], *, force: bool = False) -> Applied:
        """Server-side apply: makes the object, or changes the fields that it names, and only those.

        A field that somebody else manages with another value is `kubernetes.field-conflict`, which
        names them, unless `force` takes it over.
        """
        resource, namespace, name = self._locate(item)
        before = self.get(resource.api_version, resource.kind, name, namespace)
        query = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}
        after = self._send("PATCH", "apply", item, query, content_type="application/apply-patch+yaml")
        return Applied(before is None or _differs(before, after), after)

    def preview(self, item: Mapping[str, Any], *, force: bool = False) -> Object:
        """What `apply` would make of an object that is there: nothing is written."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false", "dryRun": "All"}
        return self._send("PATCH", "apply", item, query, content_type="application/apply-patch+yaml")

    def create(self, item: Mapping[str, Any]) -> Object:
        """Raises `kubernetes.already-exists` when it is there. `metadata.generateName` serves as a name too."""
        return self._send("POST", "create", item, {"fieldManager": FIELD_MANAGER}, idempotent=False)

    def replace(self, item: Mapping[str, Any]) -> Object:
        """Writes the whole object; with `metadata.resourceVersion`, onto that version or `kubernetes.conflict`."""
        return self._send("PUT", "replace", item, {"fieldManager": FIELD_MANAGER}, idempotent=False)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """None when it, or its namespace, is not there."""
        resource = self.resource(api_version, kind)
        try:
            response = self._transport.request(
                "GET",
                resource.path(namespace, name),
                f"read {words(kind, name, namespace)}",
                secret=kind == "Secret",
            )
        except KubernetesError as error:
            if error.status == 404:
                return None
            raise
        return _object(response)

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """All objects of a kind in a namespace, or everywhere; read in pages, so any number of them."""
        resource = self.resource(api_version, kind)
        wanted = {"limit": _PAGE, "labelSelector": label_selector, "fieldSelector": field_selector}
        try:
            return self._pages(resource, namespace, wanted)
        except KubernetesError as error:
            if error.status != 410:
                raise
        # The continue token went out of date between two pages: once more in one piece.
        return self._pages(resource, namespace, {**wanted, "limit": ""})

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        body: Mapping[str, Any] | Objects,
        namespace: str | None = None,
        *,
        patch_type: PatchType = "merge",
        subresource: str | None = None,
    ) -> Object:
        """Changes an object that exists."""
        response = self._transport.request(
            "PATCH",
            self.resource(api_version, kind).path(namespace, name, subresource),
            f"patch {words(kind, name, namespace)}",
            query={"fieldManager": FIELD_MANAGER},
            body=json.dumps(body).encode(),
            content_type=f"application/{patch_type}-patch+json",
            idempotent=patch_type != "json",
            secret=kind == "Secret",
        )
        return _object(response)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        grace_seconds: int | None = None,
        preconditions: Mapping[str, str] | None = None,
        wait: float | None = None,
    ) -> bool:
        """Deletes an object, and what it owns. False when it was gone already.

        With `wait`, returns when it is gone; raises WaitTimeout after that many seconds, with what
        holds it. `preconditions` (`uid`, `resourceVersion`) make it `kubernetes.conflict` when it
        is not that object any more.
        """
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if preconditions:
            options["preconditions"] = dict(preconditions)
        path = self.resource(api_version, kind).path(namespace, name)
        try:
            answer = _object(
                self._transport.request(
                    "DELETE", path, f"delete {words(kind, name, namespace)}", body=json.dumps(options).encode()
                )
            )
        except KubernetesError as error:
            if error.status == 404:
                return False
            raise
        if wait is not None:
            uid = (answer.get("metadata") or answer.get("details") or {}).get("uid")
            wait_until_gone(lambda: self.get(api_version, kind, name, namespace), uid, wait)
        return True

    def events(self, namespace: str, *, without: Iterable[str] = ()) -> Objects:
        """The namespace's events, oldest first; `without` those of some reasons."""
        others = ",".join(f"reason!={reason}" for reason in without)
        return sorted(self.list("v1", "Event", namespace, field_selector=others), key=event_time)

    def resource(self, api_version: str, kind: str) -> Resource:
        """Where a kind lives. Raises `kubernetes.unknown-kind` when the cluster does not have it."""
        if found := known_resource(api_version, kind) or self._discovered.get((api_version, kind)):
            return found
        root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
        try:
            listed = self._transport.request("GET", root, f"read the kinds of {api_version}").json()["resources"]
        except KubernetesError as error:
            if error.status != 404:
                raise
            listed = []
        for entry in listed:
            if "/" not in entry["name"]:
                resource = Resource(api_version, entry["kind"], entry["name"], entry["namespaced"])
                self._discovered[api_version, entry["kind"]] = resource
        if (api_version, kind) not in self._discovered:
            raise KubernetesError(
                "kubernetes.unknown-kind",
                f"the cluster has no {kind} in {api_version}",
                cause="Its CustomResourceDefinition is not installed, or this version of Kubernetes dropped it.",
                fix="Install what brings it, then run this again.",
            )
        return self._discovered[api_version, kind]

    def _locate(self, item: Mapping[str, Any]) -> tuple[Resource, str | None, str]:
        metadata = item["metadata"]
        resource = self.resource(item["apiVersion"], item["kind"])
        if resource.namespaced and not metadata.get("namespace"):
            raise ValueError(f"{item['kind']} {metadata.get('name')} names no namespace")
        return resource, metadata.get("namespace"), metadata.get("name", "")

    def _send(
        self,
        method: str,
        verb: str,
        item: Mapping[str, Any],
        query: Mapping[str, str],
        *,
        content_type: str = "application/json",
        idempotent: bool = True,
    ) -> Object:
        resource, namespace, name = self._locate(item)
        path = resource.path(namespace) if method == "POST" else resource.path(namespace, name)
        response = self._transport.request(
            method,
            path,
            f"{verb} {words(resource.kind, name, namespace)}",
            query=query,
            body=json.dumps(item).encode(),
            content_type=content_type,
            idempotent=idempotent,
            secret=resource.kind == "Secret",
        )
        return _object(response)

    def _pages(self, resource: Resource, namespace: str | None, wanted: Mapping[str, str]) -> Objects:
        query = {key: value for key, value in wanted.items() if value}
        found: Objects = []
        while True:
            page = self._transport.request(
                "GET",
                resource.path(namespace),
                f"list {resource.plural}{f' in {namespace}' if namespace else ''}",
                query=query,
            ).json()
            # A list leaves out what all its items share.
            shared = {"apiVersion": resource.api_version, "kind": resource.kind}
            found += [{**shared, **item} for item in page.get("items") or []]
            following = (page.get("metadata") or {}).get("continue")
            if not following:
                return found
            query["continue"] = following


def _differs(before: Object, after: Object) -> bool:
    """Whether applying wrote something; a status that a controller wrote meanwhile does not count."""
    if before["metadata"].get("resourceVersion") == after["metadata"].get("resourceVersion"):
        return False
    return _written(before) != _written(after)


def _written(item: Object) -> Object:
    metadata = {
        key: value for key, value in item["metadata"].items() if key not in ("resourceVersion", "managedFields")
    }
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _object(response: httpx.Response) -> Object:
    item = response.json()
    assert isinstance(item, dict)
    return item
