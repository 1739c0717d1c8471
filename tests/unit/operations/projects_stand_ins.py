"""A cluster that keeps objects, and an Airflow that keeps pools, for what is done with projects."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import httpx

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from airstrip.operations import Session
from airstrip.spec import API_VERSION, Airflow, Namespaces, Spec, TargetSpec

Object = dict[str, Any]
Key = tuple[str, str, str]
WORKERS, CONTROL = "mine-workers", "mine"


class Here(TargetSpec):
    place: ClassVar[str] = "here"


SPEC = Spec(
    api_version=API_VERSION,
    name="mine",
    target=Here(),
    namespaces=Namespaces(control=CONTROL, workers=WORKERS),
    airflow=Airflow(version="3.3.2"),
)


@dataclass
class Objects:
    """By kind, namespace and name; `written` are all changes in their order."""

    kept: dict[Key, Object] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def get(self, _: str, kind: str, name: str, namespace: str) -> Object | None:
        return self.kept.get((kind, namespace, name))

    def list(self, _: str, kind: str, namespace: str, *, label_selector: str) -> list[Object]:
        first, *_rest = label_selector.split(",")
        key = first.partition("=")[0]
        return [
            item
            for (its, place, _name), item in self.kept.items()
            if (its, place) == (kind, namespace) and key in item["metadata"].get("labels", {})
        ]

    def apply(self, item: Object) -> Any:
        metadata = item["metadata"]
        self.kept[item["kind"], metadata["namespace"], metadata["name"]] = item
        self.written.append(f"apply {item['kind']} {metadata['name']}")
        return SimpleNamespace(object=item)

    def patch(self, _: str, kind: str, name: str, body: Object, namespace: str) -> None:
        found = self.kept[kind, namespace, name]
        found["metadata"] = {**found["metadata"], **body["metadata"]}
        self.written.append(f"patch {kind} {name}")

    def delete(self, _: str, kind: str, name: str, namespace: str, **__: object) -> bool:
        self.written.append(f"delete {kind} {name}")
        return self.kept.pop((kind, namespace, name), None) is not None

    def put(self, kind: str, name: str, namespace: str = WORKERS, **more: Any) -> Object:
        metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
        item = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}
        self.kept[kind, namespace, name] = item
        return item

    def values(self, name: str, namespace: str = WORKERS) -> dict[str, str]:
        """A Secret's, decoded."""
        data = self.kept["Secret", namespace, name]["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def data(self, name: str, namespace: str = WORKERS) -> dict[str, str]:
        """A ConfigMap's."""
        return dict(self.kept["ConfigMap", namespace, name]["data"])


@dataclass
class Pools:
    """Behind Airflow's API."""

    kept: dict[str, Object] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        name = request.url.path.removeprefix("/api/v2/pools").strip("/")
        body = json.loads(request.content or b"{}")
        match request.method:
            case "GET":
                rows = list(self.kept.values())
                return httpx.Response(200, json={"pools": rows, "total_entries": len(rows)})
            case "POST":
                self.kept[body["name"]] = {"include_deferred": False, **body}
            case "PATCH":
                assert set(body) == {"pool", "slots", "include_deferred"}
                self.kept[name]["slots"] = body["slots"]
            case "DELETE":
                del self.kept[name]
                return httpx.Response(204)
        return httpx.Response(200, json={})

    def client(self) -> AirflowClient:
        return AirflowClient("http://localhost:8080", "airstrip", "hunter2", http=httpx.MockTransport(self))

    def slots(self) -> dict[str, int]:
        return {name: row["slots"] for name, row in self.kept.items()}


@dataclass
class Stage:
    """A landed deployment."""

    objects: Objects = field(default_factory=Objects)
    pools: Pools = field(default_factory=Pools)
    folders: list[str] = field(default_factory=list)

    @property
    def cluster(self) -> Cluster:
        return cast(Cluster, self.objects)

    def session(self, spec: Spec = SPEC) -> Session:
        session = Session(spec, cast(Any, SimpleNamespace(ensure_data_folder=self.folders.append)))
        platform = SimpleNamespace(data_folder="/state/data")
        session.__dict__ |= {"cluster": self.objects, "airflow": self.pools.client(), "platform": platform}
        return session


@contextmanager
def no_lease(*_: object, **__: object) -> Iterator[None]:
    """Only one test at a time works on its cluster."""
    yield
