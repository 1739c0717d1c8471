"""What every verb on a running deployment starts from: the spec, its place, and access to both APIs."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import NOT_RUNNING, restart
from airstrip.errors import AirstripError, KubernetesError
from airstrip.kube import LOOPBACK, Cluster, Tell, connect, forward
from airstrip.manifests import API_PORT, API_SERVER, CLI_SECRET, selector
from airstrip.paths import client_lock_file, lock_file
from airstrip.platform import Platform
from airstrip.spec import Spec
from airstrip.targets.target import Target


@dataclass
class Session:
    """A deployment as one verb sees it. Connects when asked, once."""

    spec: Spec
    target: Target
    make_cluster: Callable[..., Cluster] = connect

    @cached_property
    def platform(self) -> Platform:
        """What the place offers; raises when it is not up."""
        platform = self.target.describe()
        if platform is None:
            absent = NOT_RUNNING.finding({"name": self.spec.name})
            raise AirstripError(absent.code, absent.symptom, cause=absent.cause, fix=absent.fix)
        return platform

    @cached_property
    def cluster(self) -> Cluster:
        # The platform first: of a place that is not there, that is told, and not that it has no kubeconfig.
        direct = self.platform.on_this_machine
        return self.make_cluster(self.target.kubeconfig(), self.target.context, direct=direct)

    @cached_property
    def airflow(self) -> AirflowClient:
        """Airflow's API, as the account `airstrip`."""
        return self.airflow_as(self.read_secret(CLI_SECRET))

    def airflow_as(self, account: Mapping[str, str], timeout: float = 30.0) -> AirflowClient:
        """Airflow's API as another account, `timeout` in seconds for each request; whoever asks closes it."""
        again = restart(self.spec.namespaces.control, "api-server")
        user, password = account["username"], account["password"]
        return AirflowClient(self.base_url, user, password, timeout, restart=again, trouble=self._take_trouble)

    @cached_property
    def base_url(self) -> str:
        """Where we reach Airflow, on its own path: through the Kubernetes API where there is no other way in."""
        platform = self.platform
        if not platform.is_forwarded:
            return platform.base_url
        port = self._ways.enter_context(self.forward_airflow(tell=self._told.append))
        return urlsplit(platform.base_url)._replace(netloc=f"{LOOPBACK}:{port}", scheme="http").geturl()

    @property
    def lock_file(self) -> Path:
        """Held by whichever verb of this machine changes the deployment."""
        name = self.spec.name
        return lock_file(name) if self.target.owns_cluster else client_lock_file(name)

    def forward_airflow(self, listen: int = 0, tell: Tell | None = None) -> AbstractContextManager[int]:
        """A loopback port that leads to this deployment's api-server, and to nobody else's: it is given passwords."""
        ours = selector(self.spec, API_SERVER)
        return forward(self.cluster, self.spec.namespaces.control, ours, API_PORT, listen=listen, tell=tell)

    @cached_property
    def _told(self) -> deque[KubernetesError]:
        """Why the last connection through a forwarded port failed: whoever made it only sees it closed."""
        return deque(maxlen=1)

    def _take_trouble(self) -> KubernetesError | None:
        return self._told.pop() if self._told else None

    @cached_property
    def _ways(self) -> ExitStack:
        """What is forwarded, until the session is closed."""
        return ExitStack()

    def close(self) -> None:
        """Closes what was connected and forgets the place; the session looks for both again when asked."""
        for name in ("platform", "base_url"):
            self.__dict__.pop(name, None)
        for name in ("airflow", "_ways", "cluster"):
            if client := self.__dict__.pop(name, None):
                client.close()

    def read_secret(self, name: str) -> dict[str, str]:
        """A control-plane Secret's values, decoded; raises when Airflow was not landed yet."""
        secret = self.cluster.get("v1", "Secret", name, self.spec.namespaces.control)
        if secret is None:
            raise AirstripError(
                "deployment.not-landed",
                f"Airflow is not on {self.spec.name}: its Secret {name} is missing",
                cause="`up` did not get that far.",
                fix="Run: ./airstrip up   (as root, or with sudo)",
            )
        return decode_secret(secret)


def decode_secret(secret: dict[str, object]) -> dict[str, str]:
    data = secret.get("data") or {}
    assert isinstance(data, dict)
    return {key: base64.b64decode(value).decode() for key, value in data.items()}
