"""`components`: how much a component gets, where it may run, and what it has beside its own container."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from airstrip.spec.affinity import AffinityFile
from airstrip.spec.fields import Setting, invalid
from airstrip.spec.kubernetes_fields import LabelValue, NodeLabel, Quantity, quantity
from airstrip.spec.pod_volumes import VolumeFile
from airstrip.spec.sidecars import SidecarFile
from airstrip.spec.written import Written


class AmountsFile(Written):
    """Of one container."""

    cpu: Quantity | None = Field(None, description="Cores: 500m, 2.")
    memory: Quantity | None = Field(None, description="Bytes: 512Mi, 2Gi.")


class ResourcesFile(Written):
    """What is not written stays as Airstrip has it, as far as the two fit together."""

    requests: AmountsFile = Field(AmountsFile(), description="What a node must have free.")
    limits: AmountsFile = Field(AmountsFile(), description="What it gets at most: keys as for requests.")

    @model_validator(mode="after")
    def _fits(self) -> ResourcesFile:
        check_amounts(self.requests, self.limits)
        return self


def check_amounts(requests: AmountsFile, limits: AmountsFile) -> None:
    """Raises for a validator where a request is more than its limit."""
    for name in ("cpu", "memory"):
        request, limit = getattr(requests, name), getattr(limits, name)
        if request and limit and quantity(request) > quantity(limit):
            message = f"the request of {name} is more than its limit"
            raise invalid("spec.conflict", message, "Raise the limit, or lower the request.")


class TolerationFile(Written):
    """As Kubernetes has it."""

    key: str | None = Field(None, description="Of the taint. Without it: every taint.")
    operator: Literal["Exists", "Equal"] = Field("Equal", description="Exists asks for no value.")
    value: str | None = Field(None, description="Of the taint.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(None, description="Default: all.")

    @model_validator(mode="after")
    def _possible(self) -> TolerationFile:
        if self.operator == "Exists" and self.value is not None:
            raise invalid("spec.conflict", "operator Exists takes no value", "Remove the value.")
        if self.operator == "Equal" and self.key is None:
            raise invalid("spec.conflict", "without a key only operator Exists is possible", "Write a key.")
        return self


class PodFile(Written):
    """A component's pods."""

    resources: ResourcesFile = ResourcesFile()
    node_selector: dict[NodeLabel, LabelValue] = Field({}, description="Labels of the nodes that may run them.")
    tolerations: Annotated[tuple[TolerationFile, ...], Field(strict=False)] = Field(
        (), description="Taints that do not keep them away."
    )
    affinity: AffinityFile | None = Field(None, description="Which nodes and pods they should be near.")
    volumes: Annotated[tuple[VolumeFile, ...], Field(strict=False)] = Field(
        (), description="More folders and files, besides those that it has."
    )
    sidecars: Annotated[tuple[SidecarFile, ...], Field(strict=False)] = Field(
        (), description="Containers that run beside its own."
    )


class TaskFile(PodFile):
    """The pods of tasks."""

    env: dict[str, Setting] = Field({}, description="Variables of these pods alone, over those of airflow.env.")


class ProcessFile(TaskFile):
    """One of Airflow's processes."""

    replicas: int | None = Field(None, ge=1, le=20, description="How many pods. Default: 1.")


_AS_ABOVE = "Keys as for api-server."


class ComponentsFile(Written):
    """Pods by the component that they are of."""

    api_server: ProcessFile = Field(ProcessFile(), alias="api-server")
    scheduler: ProcessFile = Field(ProcessFile(), description=_AS_ABOVE)
    dag_processor: ProcessFile = Field(ProcessFile(), alias="dag-processor", description=_AS_ABOVE)
    triggerer: ProcessFile = Field(ProcessFile(), description=_AS_ABOVE)
    postgresql: PodFile = Field(PodFile(), description="The database in the cluster.")
    task: TaskFile = Field(TaskFile(), description="The pods of tasks.")
