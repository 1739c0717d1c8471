"""`projects.NAME.namespace`, `quota` and `data`: where the pods of a project and its data are."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from airstrip.spec.components import AmountsFile, check_amounts
from airstrip.spec.fields import invalid, password_problem
from airstrip.spec.kubernetes_fields import quantity
from airstrip.spec.resolved import Quota
from airstrip.spec.written import Written

DATA_SCHEMES = ("s3", "gs", "oci")
_MOST_PODS = 10_000


def data_url(text: str) -> str:
    """Where the data is and nothing else: who a pod is, its service account says."""
    if problem := password_problem(text):
        raise invalid("spec.secret-literal", *problem)
    url = urlsplit(text)
    if url.scheme not in DATA_SCHEMES or not url.netloc or url.query or url.fragment or not text.isprintable():
        known = ", ".join(f"{scheme}://" for scheme in DATA_SCHEMES)
        message = f"{text!r} is not the URL of an object store's bucket or prefix"
        raise invalid(
            "spec.bad-value", message, f"Write s3://BUCKET/PREFIX; known are {known}. A folder needs no data."
        )
    return text.rstrip("/")


DataUrl = Annotated[
    str, AfterValidator(data_url), Field(json_schema_extra={"pattern": rf"^({'|'.join(DATA_SCHEMES)})://[^/?#]+"})
]


class QuotaFile(Written):
    """Of the project's namespace."""

    requests: AmountsFile = Field(AmountsFile(), description="Of all of its pods together.")
    limits: AmountsFile = Field(AmountsFile(), description="The same: keys as for requests.")
    pods: int | None = Field(None, ge=1, le=_MOST_PODS, description="How many there may be at once.")

    @property
    def is_written(self) -> bool:
        return self != QuotaFile()

    def resolve(self) -> Quota:
        return Quota(
            requests=self.requests.model_dump(exclude_none=True),
            limits=self.limits.model_dump(exclude_none=True),
            pods=self.pods,
        )


def check_quota(quota: QuotaFile, namespace: str | None, requests: AmountsFile, limits: AmountsFile) -> None:
    """Raises for a validator where no pod of the project could be made."""
    if not quota.is_written:
        return
    if namespace is None:
        message = "a quota is of a namespace, and this project has none of its own"
        raise invalid("spec.conflict", message, "Write beside it: namespace: NAME")
    check_amounts(quota.requests, quota.limits)
    for name in ("cpu", "memory"):
        # Kubernetes takes a limit for the request of a container that has no other.
        asked = getattr(requests, name) or getattr(limits, name)
        _check_amount("requests", name, getattr(quota.requests, name), asked)
        _check_amount("limits", name, getattr(quota.limits, name), getattr(limits, name))


def _check_amount(kind: str, name: str, most: str | None, one: str | None) -> None:
    if most is None:
        return
    if one is None:
        message = f"the quota counts {kind}.{name}, and Kubernetes then refuses pods that have none"
        raise invalid("spec.conflict", message, f"Write what a container gets beside it: {kind}: {{{name}: …}}")
    if quantity(one) > quantity(most):
        message = f"one container gets more {name} than the quota has for all of them"
        raise invalid("spec.conflict", message, f"Raise the quota's {kind}.{name}, or lower the project's.")
