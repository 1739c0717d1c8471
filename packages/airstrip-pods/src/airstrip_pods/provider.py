"""What Airflow's Kubernetes provider lacks. Imported only where a DAG file asks for it: it imports the provider."""

from __future__ import annotations

from airflow.providers.cncf.kubernetes.secret import Secret
from kubernetes.client import models as k8s


class OptionalSecret(Secret):  # type: ignore[misc] # the provider has no types
    """All of a Secret as environment variables, where there is one; the provider's own must be there."""

    def __init__(self, name: str) -> None:
        super().__init__("env", None, name)

    def to_env_from_secret(self) -> k8s.V1EnvFromSource:
        return k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=self.secret, optional=True))
