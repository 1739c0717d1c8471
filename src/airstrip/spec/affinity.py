"""`components.NAME.affinity` in Kubernetes' own words: near which nodes and which other pods."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from airstrip.spec.fields import invalid
from airstrip.spec.kubernetes_fields import Weight
from airstrip.spec.written import Written


class NodeRequirement(Written):
    """One condition on a node's label, or on its name."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _possible(self) -> NodeRequirement:
        _check_values(self.operator, self.values)
        return self


class NodeTerm(Written):
    """Conditions that hold together."""

    match_expressions: Annotated[tuple[NodeRequirement, ...], Field(strict=False)] = ()
    match_fields: Annotated[tuple[NodeRequirement, ...], Field(strict=False)] = ()


class NodeTerms(Written):
    """One of them must hold."""

    node_selector_terms: Annotated[tuple[NodeTerm, ...], Field(strict=False, min_length=1)]


class PreferredNodes(Written):
    weight: Weight
    preference: NodeTerm


class NodeAffinity(Written):
    """Which nodes may run the pods, and which should."""

    required_during_scheduling_ignored_during_execution: NodeTerms | None = None
    preferred_during_scheduling_ignored_during_execution: Annotated[
        tuple[PreferredNodes, ...], Field(strict=False)
    ] = ()


class LabelRequirement(Written):
    """One condition on a label."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _possible(self) -> LabelRequirement:
        _check_values(self.operator, self.values)
        return self


class LabelSelector(Written):
    match_labels: dict[str, str] = Field({})
    match_expressions: Annotated[tuple[LabelRequirement, ...], Field(strict=False)] = ()


class PodTerm(Written):
    """Pods by their labels, and the node's label that says what is near."""

    topology_key: str
    label_selector: LabelSelector | None = None
    namespaces: Annotated[tuple[str, ...], Field(strict=False)] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: Annotated[tuple[str, ...], Field(strict=False)] = ()
    mismatch_label_keys: Annotated[tuple[str, ...], Field(strict=False)] = ()


class PreferredPods(Written):
    weight: Weight
    pod_affinity_term: PodTerm


class PodAffinity(Written):
    """Which other pods must, or should, be near; the same words say what must not be."""

    required_during_scheduling_ignored_during_execution: Annotated[tuple[PodTerm, ...], Field(strict=False)] = ()
    preferred_during_scheduling_ignored_during_execution: Annotated[tuple[PreferredPods, ...], Field(strict=False)] = ()


class AffinityFile(Written):
    """As Kubernetes has it."""

    # The reference page leaves it to Kubernetes' own.
    model_config = ConfigDict(json_schema_extra={"$comment": "Kubernetes"})

    node_affinity: NodeAffinity | None = Field(None, description="To nodes, by their labels.")
    pod_affinity: PodAffinity | None = Field(None, description="To other pods, by their labels.")
    pod_anti_affinity: PodAffinity | None = Field(None, description="Away from other pods.")


def _check_values(operator: str, values: tuple[str, ...]) -> None:
    if operator in ("In", "NotIn") and not values:
        raise invalid("spec.conflict", f"operator {operator} needs values", "Write values: [one, two].")
    if operator in ("Gt", "Lt") and len(values) != 1:
        raise invalid("spec.conflict", f"operator {operator} needs one value", 'Write values: ["4"].')
    if operator in ("Exists", "DoesNotExist") and values:
        raise invalid("spec.conflict", f"operator {operator} takes no values", "Remove the values.")
