"""The types of values that Kubernetes has rules for: names, labels, quantities, paths in a container."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from airstrip.spec.fields import invalid

_UNITS = {"": 1.0, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
_QUANTITY = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?(m|k|M|G|Ki|Mi|Gi)?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NODE_LABEL = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def _node_label(text: str) -> str:
    if _NODE_LABEL.fullmatch(text):
        return text
    raise invalid("spec.bad-label", f"{text!r} is not the name of a label", "Write disk, or example.com/disk.")


def _label_value(text: str) -> str:
    if _LABEL_VALUE.fullmatch(text):
        return text
    message = f"{text!r} is not the value of a label"
    raise invalid("spec.bad-label", message, "Write letters, digits and dashes, at most 63 characters.")


def _quantity(value: Any) -> str:
    """A Kubernetes quantity; a number is one too."""
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if isinstance(text, str) and _QUANTITY.fullmatch(text) and quantity(text) > 0:
        return text
    message = "this is not a quantity of Kubernetes"
    raise invalid("spec.bad-quantity", message, "Write cores as 500m or 2, memory as 512Mi or 2Gi.")


def quantity(text: str) -> float:
    """In cores or bytes."""
    number = text.rstrip("".join(_UNITS))
    return float(number) * _UNITS[text.removeprefix(number)]


def _dns_label(text: str) -> str:
    if _DNS_LABEL.fullmatch(text):
        return text
    message = f"{text!r} is not a name: a name is lower-case letters, digits and dashes, has at most 63 characters"
    raise invalid("spec.bad-name", message, "For example: cache")


def _mount_path(text: str) -> str:
    if text.startswith("/") and text.isprintable() and ":" not in text and ".." not in text.split("/"):
        return text
    message = "this is not the path of a folder in a container"
    raise invalid("spec.bad-path", message, "Write the whole path, without a colon: /opt/models")


def _secret_name(text: str) -> str:
    if _DNS_NAME.fullmatch(text) and len(text) <= 253:
        return text
    message = f"{text!r} is not the name of a Secret"
    raise invalid("spec.bad-name", message, "Write the name alone, not what is in it: registry")


DnsLabel = Annotated[
    str, AfterValidator(_dns_label), Field(json_schema_extra={"pattern": f"^{_DNS_LABEL.pattern}$", "maxLength": 63})
]
SecretName = Annotated[
    str, AfterValidator(_secret_name), Field(json_schema_extra={"pattern": f"^{_DNS_NAME.pattern}$", "maxLength": 253})
]
MountPath = Annotated[str, AfterValidator(_mount_path), Field(json_schema_extra={"pattern": "^/"})]
FileMode = Annotated[int, Field(ge=0, le=0o777)]
Weight = Annotated[int, Field(ge=1, le=100)]
NodeLabel = Annotated[str, AfterValidator(_node_label)]
LabelValue = Annotated[str, AfterValidator(_label_value)]
Quantity = Annotated[
    str,
    BeforeValidator(_quantity),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{_QUANTITY.pattern}$"}, {"type": "number"}]}),
]
