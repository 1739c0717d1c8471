"""Looks at the shared deployment until it sees what is expected: a fault as the first finding, or nothing at all."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from airstrip import Deployment
from airstrip.kube import Cluster
from tests.cluster.faults.objects import WORKERS
from tests.landing import Landing, eventually

Finding = dict[str, str]
_PATIENCE = 45.0
"""Seconds until Kubernetes shows a fault, or its end: its controllers and the kubelet wait between two attempts."""


@dataclass(frozen=True)
class Doctor:
    landing: Landing
    cluster: Cluster

    def looks(self) -> list[Finding]:
        """The findings of `doctor --json`, without starting a program each time."""
        with Deployment.load(self.landing.file) as deployment:
            document: dict[str, Any] = json.loads(json.dumps(deployment.doctor().to_document()))
        assert document["exitCode"] == (3 if document["findings"] else 0)
        return list(document["findings"])

    def checked(self, probe: str) -> str:
        """What is told of a look that found nothing wrong."""
        with Deployment.load(self.landing.file) as deployment:
            rows = deployment.doctor().data["checked"]
        return next((row["detail"] for row in rows if row["name"] == probe and row["state"] == "ok"), "")

    def finds(self, code: str, *, seconds: float = _PATIENCE) -> Finding:
        """Waits until this is the first finding: what is to be mended first."""
        last: list[Finding] = []

        def is_first() -> bool:
            last[:] = self.looks()
            return [finding["code"] for finding in last[:1]] == [code]

        try:
            eventually(is_first, seconds=seconds, what=f"{code} is the first finding")
        except AssertionError as error:
            raise AssertionError(f"{error}; it finds {_told(last)}") from None
        assert last[0]["fix"]
        return last[0]

    def is_content(self, *, seconds: float = _PATIENCE) -> None:
        """Waits until there is no finding."""
        last: list[Finding] = []

        def is_well() -> bool:
            last[:] = self.looks()
            return not last

        try:
            eventually(is_well, seconds=seconds, what="nothing is found")
        except AssertionError as error:
            raise AssertionError(f"{error}; it finds {_told(last)}") from None

    def sees_ready(self, name: str) -> None:
        """Waits until a Deployment of the workers' namespace is as it should be."""

        def is_ready() -> bool:
            item = self.cluster.get("apps/v1", "Deployment", name, WORKERS)
            status = item["status"] if item else {}
            is_current = item is not None and status.get("observedGeneration") == item["metadata"]["generation"]
            return is_current and status.get("readyReplicas") == status.get("updatedReplicas") == 1

        eventually(is_ready, seconds=_PATIENCE, what=f"{name} is ready")

    @contextmanager
    def made(self, *items: dict[str, Any]) -> Iterator[None]:
        """Objects that are there for a while; at the end all are gone, whoever made or deleted which meanwhile."""
        try:
            for item in items:
                self.cluster.apply(item)
            yield
        finally:
            for item in reversed(items):
                self.delete(item)

    def delete(self, item: dict[str, Any]) -> None:
        metadata = item["metadata"]
        self.cluster.delete(
            item["apiVersion"], item["kind"], metadata["name"], metadata.get("namespace"), grace_seconds=0, wait=60
        )

    def proves(self, *properties: str) -> None:
        """As `verify --only` does: what the fault had broken works."""
        with Deployment.load(self.landing.file) as deployment:
            result = deployment.verify(only=properties)
        states = {row["property"]: row["state"] for row in result.data["properties"]}
        assert states == dict.fromkeys(properties, "proved"), result.findings

    def carries_out(self, finding: Finding) -> None:
        """The fix of a folder that is closed: its `chown` and `chmod`, as they are told."""
        command = re.search(r"\bch(own|mod) .*'", finding["fix"])
        assert command, finding["fix"]
        subprocess.run(["bash", "-c", command[0]], check=True)

    def lands_again(self) -> None:
        """The fix of whatever was landed and was taken away or changed."""
        self.landing.ok("up", "--yes")


def _told(findings: list[Finding]) -> str:
    rows = (f"{row['code']}: {row['symptom']}: {row['cause']}\n{row['evidence']}" for row in findings)
    return "\n".join(rows) or "nothing"
