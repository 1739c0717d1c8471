"""Pods that verify makes by itself, to look from where no task can: each says one line of JSON, and is deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from airstrip.errors import AirstripError, WaitTimeout
from airstrip.kube import pod_log
from airstrip.manifests import API_SERVER, MIGRATION
from airstrip.operations.properties.names import FORBIDDEN, POD_LABEL, name_of
from airstrip.operations.session import Session
from airstrip.redaction import lines_without_credentials

CONTAINER = "look"
_OURS = "app.kubernetes.io/"
_KUBERNETES = {"kubernetes": ("kubernetes.default.svc", 443)}
"""Answers every pod whose network works."""
_LEAST_SECONDS = 60.0
"""For whoever has less time left: an image may have to be pulled."""
_POLL_SECONDS = 0.5
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


class Look:
    """A pod of a script; `said` waits for what it says."""

    def __init__(self, session: Session, mark: str, what: str, namespace: str, deadline: float) -> None:
        """`deadline` is that of time.monotonic()."""
        now = time.monotonic()
        self.deadline = max(deadline, now + _LEAST_SECONDS)
        self.seconds = round(self.deadline - now)
        self.session = session
        self.namespace = namespace
        self.name = f"airstrip-verify-{mark}-{what}"
        self._said: dict[str, Any] | WaitTimeout | None = None

    def said(self) -> dict[str, Any]:
        """Raises WaitTimeout with its last lines where it said nothing; whoever asks next does not wait again."""
        if self._said is None:
            try:
                self._said = self._await()
            except WaitTimeout as error:
                self._said = error
        if isinstance(self._said, WaitTimeout):
            raise self._said
        return self._said

    def _create(self, labels: Mapping[str, str], spec: Mapping[str, Any], *, grace: int = 1) -> None:
        metadata = {
            "name": self.name,
            "namespace": self.namespace,
            "labels": {**labels, POD_LABEL: self.session.spec.name},
        }
        # It ends whatever becomes of us.
        ends = {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": self.seconds,
            "terminationGracePeriodSeconds": grace,
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, **ends}}
        self.session.cluster.create(pod)

    def _await(self) -> dict[str, Any]:
        while True:
            pod = self.session.cluster.get("v1", "Pod", self.name, self.namespace)
            phase = ((pod or {}).get("status") or {}).get("phase", "gone")
            if phase in ("Succeeded", "Failed", "gone") or time.monotonic() > self.deadline:
                break
            time.sleep(_POLL_SECONDS)
        log = pod_log(self.session.cluster, self.name, self.namespace, container=CONTAINER)
        lines = lines_without_credentials(log)
        for line in reversed(lines):
            if line.startswith("{"):
                found = json.loads(line)
                assert isinstance(found, dict)
                return found
        raise WaitTimeout(
            "verify.no-look",
            f"the pod {self.name} in {self.namespace} said nothing within {self.seconds} s: {phase}",
            cause="It could not be started, or what it looks at did not answer it.",
            fix="Run: ./airstrip status",
            details="\n".join(lines[-15:]),
        )


class DatabaseLook(Look):
    """From where the migration ran: is its work complete, and does the Fernet key fit what is stored."""

    def __init__(self, session: Session, mark: str, deadline: float) -> None:
        super().__init__(session, mark, "database", session.spec.namespaces.control, deadline)
        self._stored = name_of(mark)

    def start(self) -> None:
        """Raises `verify.not-migrated` where no migration has completed for the image that runs."""
        template = self.migration()["spec"]["template"]
        spec = template["spec"]
        first = spec["containers"][0]
        # Not the passwords of accounts, which it has no use for and which may be missing.
        secret = {volume["name"] for volume in spec["volumes"] if "projected" in volume}
        container = {
            **first,
            "name": CONTAINER,
            "args": ["python", "-c", script("verify_database"), self._stored],
            "volumeMounts": [mount for mount in first["volumeMounts"] if mount["name"] not in secret],
        }
        volumes = [volume for volume in spec["volumes"] if volume["name"] not in secret]
        self._create(own_labels(template), {**spec, "containers": [container], "volumes": volumes})

    def migration(self) -> dict[str, Any]:
        """The last Job that completed, of the image that the api-server has: that of others may have DAGs on top."""
        image = self._image()
        # Others have that image too: what gets into git before a release knows no database.
        ours = f"{_OURS}component={MIGRATION},{_OURS}instance={self.session.spec.name}"
        jobs = self.session.cluster.list("batch/v1", "Job", self.namespace, label_selector=ours)
        fitting = [
            job
            for job in jobs
            if (job.get("status") or {}).get("succeeded")
            and job["spec"]["template"]["spec"]["containers"][0]["image"] == image
        ]
        if not fitting:
            raise AirstripError(
                "verify.not-migrated",
                "no migration has completed for the image that runs",
                cause="The last landing did not get to its end, or the Job was deleted.",
                fix="Run: ./airstrip up   (as root, or with sudo)",
            )
        return max(fitting, key=lambda job: str(job["metadata"]["creationTimestamp"]))

    def _image(self) -> str:
        server = self.session.cluster.get("apps/v1", "Deployment", API_SERVER, self.namespace)
        return str(server["spec"]["template"]["spec"]["containers"][0]["image"]) if server else ""


class OutsideLook(Look):
    """From a namespace that has nothing to do with the deployment: what can be reached of it."""

    def __init__(self, session: Session, mark: str, deadline: float, addresses: Mapping[str, tuple[str, int]]) -> None:
        super().__init__(session, mark, "outside", FORBIDDEN, deadline)
        self._addresses = addresses

    def start(self) -> None:
        api = self.session.cluster.get("apps/v1", "Deployment", "api-server", self.session.spec.namespaces.control)
        if api is None:
            raise AirstripError("deployment.not-landed", "there is no api-server, whose image the pod would have")
        image = api["spec"]["template"]["spec"]["containers"][0]["image"]
        container = {
            "name": CONTAINER,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "args": ["python", "-c", script("verify_outside"), json.dumps({**_KUBERNETES, **self._addresses})],
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
            "securityContext": _RESTRICTED,
        }
        self._create({}, {"automountServiceAccountToken": False, "containers": [container]})


def own_labels(template: Mapping[str, Any]) -> dict[str, str]:
    """Of a Job's pod those that policies go by; with one of the Job's own, it would count ours."""
    return {name: text for name, text in template["metadata"]["labels"].items() if name.startswith(_OURS)}


def script(name: str) -> str:
    """The source of a template."""
    return (files("airstrip.operations") / "templates" / f"{name}.py").read_text(encoding="utf-8")
