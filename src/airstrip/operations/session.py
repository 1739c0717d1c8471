"""What every verb on a running deployment starts from: the spec, its place, and access to both APIs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import NOT_RUNNING, restart
from airstrip.errors import AirstripError
from airstrip.kube import Cluster, connect
from airstrip.manifests import CLI_SECRET
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
        return self.make_cluster(self.target.kubeconfig(), direct=direct)

    @cached_property
    def airflow(self) -> AirflowClient:
        """Airflow's API, as the account `airstrip`."""
        return self.airflow_as(self.read_secret(CLI_SECRET))

    def airflow_as(self, account: Mapping[str, str], timeout: float = 30.0) -> AirflowClient:
        """Airflow's API as another account, `timeout` in seconds for each request; whoever asks closes it."""
        again = restart(self.spec.namespaces.control, "api-server")
        user, password = account["username"], account["password"]
        return AirflowClient(self.platform.base_url, user, password, timeout, restart=again)

    def close(self) -> None:
        """Closes what was connected and forgets the place; the session looks for both again when asked."""
        self.__dict__.pop("platform", None)
        for name in ("cluster", "airflow"):
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
