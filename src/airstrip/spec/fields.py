"""The types of the file's values: what each takes, and what it says when it gets something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from airstrip.spec.own_pods import is_own_secret

API_VERSION = "airstrip/v1"
KNOWN_API_VERSIONS = (API_VERSION,)
AIRFLOW_SERIES = "3.3"
DEFAULT_AIRFLOW_VERSION = "3.3.2"

_SCHEMES = ("env", "file", "k8s", "aws", "gcp", "oci", "vault")
BUILT_SCHEMES = ("env", "file", "k8s")
_NAME_LENGTH = 40
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_REFERENCE = re.compile(rf"({'|'.join(_SCHEMES)}):\S+")
_SECRET_KEY = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[-._a-zA-Z0-9]{1,253}")
_REQUIREMENT = re.compile(r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?\s*(\[[\w.,\s-]*\])?\s*([<>=!~(@;].*)?")
_CREDENTIALS = re.compile(r"""://[^/\s@]*:[^/\s@]+@|["']passw(or)?d["']\s*:""")
_EXTRA = re.compile(r"[a-z0-9]+([-._][a-z0-9]+)*")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
# Nothing that a Containerfile or a command line would take for something else.
_BASE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._/-]*(:[A-Za-z0-9._-]+(/[A-Za-z0-9._/-]+(:[A-Za-z0-9._-]+)?)?)?(@sha256:[0-9a-f]{64})?"
)
_IMAGE = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")
_HOST = r"(localhost(:[0-9]{1,5})?|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{1,5})"
_REGISTRY = re.compile(rf"{_HOST}(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")


def invalid(code: str, message: str, fix: str, *, secret: bool = False) -> PydanticCustomError:
    """What a validator raises; with `secret`, the value's line is not shown."""
    # The message is data, not the template: braces in it mean nothing.
    return PydanticCustomError(code, "{message}", {"message": message, "fix": fix, "secret": secret})


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """`Did you mean X? ` where a known word is near, else nothing."""
    by_letters = {name.lower(): name for name in known}
    near = get_close_matches(word.replace("_", "").replace("-", "").lower(), list(by_letters), 1, 0.6)
    return f"Did you mean `{by_letters[near[0]]}`? " if near else ""


def _api_version(text: str) -> str:
    if text in KNOWN_API_VERSIONS:
        return text
    known = ", ".join(KNOWN_API_VERSIONS)
    message = f"the apiVersion {text} is not known"
    raise invalid("spec.unknown-api-version", message, f"Write one that this Airstrip knows: {known}")


def _label(text: str, longest: int) -> str:
    if _LABEL.fullmatch(text) and len(text) <= longest and not text.startswith("kube-"):
        return text
    rule = f"a name is lower-case letters, digits and dashes, begins with a letter, has at most {longest} characters"
    if text.startswith("kube-"):
        rule = "names that begin with kube- belong to Kubernetes"
    usable = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    usable = usable.removeprefix("kube-").lstrip("-0123456789")[:longest].rstrip("-")
    raise invalid("spec.bad-name", f"{text!r} is not a name: {rule}", f"For example: {usable or 'airflow'}")


def _deployment_name(text: str) -> str:
    return _label(text, _NAME_LENGTH)


def _namespace(text: str) -> str:
    return _label(text, 63)


def _airflow_version(text: str) -> str:
    if re.fullmatch(re.escape(AIRFLOW_SERIES) + r"\.\d+", text):
        return text
    message = f"Airflow {text} cannot be landed: this Airstrip lands releases {AIRFLOW_SERIES}.N"
    raise invalid("spec.airflow-version", message, f"Write {DEFAULT_AIRFLOW_VERSION}, or remove the key.")


def _extra(text: str) -> str:
    if _EXTRA.fullmatch(text):
        return text
    message = f"{text!r} is not the name of an extra"
    raise invalid("spec.bad-extra", message, "Write a name from Airflow's list of extras, such as amazon.")


def password_problem(text: str) -> tuple[str, str] | None:
    """Message and fix for a text that holds a password: in an address, or in a connection as JSON."""
    if _CREDENTIALS.search(text):
        message = "a password stands in the value, and a secret does not stand in the file"
        return message, "Remove it; and change the password if it was shared."
    return None


def _requirement(text: str) -> str:
    if problem := password_problem(text):
        raise invalid("spec.secret-literal", *problem)
    if problem := requirement_problem(text):
        raise invalid("spec.bad-requirement", *problem)
    return text.strip()


def requirement_problem(text: str) -> tuple[str, str] | None:
    """Message and fix for what cannot be a PEP 508 requirement; versions are judged when the image is built."""
    if problem := password_problem(text):
        return problem
    if text.lstrip().startswith("-"):
        return "options are not taken here, only requirements", "Remove the option."
    if not _REQUIREMENT.fullmatch(text.strip()) or _REFERENCE.fullmatch(text) or not text.strip().isprintable():
        return "this is not a requirement", "Write name, name==1.2.3 or name[extra]>=1.2 (PEP 508)."
    return None


def _package(text: str) -> str:
    if problem := package_problem(text):
        raise invalid("spec.bad-package", *problem)
    return text


def package_problem(text: str) -> tuple[str, str] | None:
    """Message and fix for what is not a Debian package's name."""
    if _PACKAGE.fullmatch(text):
        return None
    return "this is not the name of a Debian package", "Write the name alone: libpq5"


def _base(text: str) -> str:
    if _BASE.fullmatch(text):
        return text
    fix = "Write a name as the builder pulls it, such as debian:bookworm-slim."
    raise invalid("spec.bad-image", "this is not the name of an image", fix)


def _image(text: str) -> str:
    if _IMAGE.fullmatch(text):
        return text
    message = "an image is named by its digest, so that it cannot change beneath you"
    raise invalid("spec.bad-image", message, "Write registry/name@sha256: and the digest's 64 hexadecimal digits.")


def _registry(text: str) -> str:
    if _REGISTRY.fullmatch(text):
        return text
    raise invalid("spec.bad-image", "this is no registry's host and path", "Write such as registry.example.com/team.")


def _path(text: str) -> str:
    if not text.strip():
        raise invalid("spec.bad-path", "the path is empty", "Write a path, relative to this file.")
    if not text.isprintable():
        raise invalid("spec.bad-path", f"the path {text!r} has a control character", "Remove it.")
    if text.startswith("~"):
        message = "~ is not expanded: root's home is not yours"
        raise invalid("spec.bad-path", message, "Write the whole path, or one that is relative to this file.")
    if _REFERENCE.fullmatch(text):
        raise invalid("spec.reference-not-allowed", "this key takes no secret reference", "Write the path itself.")
    return text


def is_reference(text: str) -> bool:
    """Whether a text names a secret. `file:///` begins a URL."""
    return bool(_REFERENCE.fullmatch(text)) and not text.partition(":")[2].startswith("//")


def is_built_reference(text: str) -> bool:
    """Whether this release can read what a reference names."""
    scheme, _, rest = text.partition(":")
    return scheme in BUILT_SCHEMES and (scheme != "k8s" or bool(_SECRET_KEY.fullmatch(rest)))


def own_secret_problem(reference: str) -> tuple[str, str] | None:
    """Message and fix for a reference to what no task, project or server of somebody else's may have."""
    scheme, _, rest = reference.partition(":")
    if scheme == "k8s" and is_own_secret(rest.partition("/")[0]):
        message = f"{reference} is what only the control plane's own processes may read"
        return message, "Name a Secret of your own."
    return None


def _setting(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    message = "has no value" if value is None else "must be text, a number, true or false"
    raise invalid("spec.wrong-type", message, "Write text, a number, true or false; lists and mappings as JSON text.")


def _secret_reference(value: Any) -> str:
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value
    schemes = ", ".join(f"{scheme}:…" for scheme in _SCHEMES)
    message = "a secret does not stand in the file, only a reference to it"
    raise invalid(
        "spec.secret-literal",
        message,
        f"Write one of {schemes}; and change the secret if it was shared.",
        secret=True,
    )


def _built_reference(value: Any) -> str:
    """One that this release can read."""
    text = _secret_reference(value)
    if text.partition(":")[0] not in BUILT_SCHEMES:
        raise invalid("spec.not-yet", "", f"Write one of {', '.join(f'{known}:…' for known in BUILT_SCHEMES)}.")
    if not is_built_reference(text):
        message = "this names no key of a Secret"
        raise invalid("spec.bad-reference", message, "Write k8s:NAME/KEY: a Secret of the control plane's namespace.")
    if problem := own_secret_problem(text):
        raise invalid("spec.own-secret", *problem)
    return text


def _not_built(_: Any) -> None:
    raise invalid("spec.not-yet", "", "Remove it.")


NotBuilt = Annotated[
    None, BeforeValidator(_not_built), WithJsonSchema({"description": "Known, but not built yet.", "not": {}})
]
"""A key of the contract that this release does not build: `spec.not-yet`."""

SecretReference = Annotated[
    str,
    BeforeValidator(_built_reference),
    WithJsonSchema({"type": "string", "pattern": rf"^({'|'.join(BUILT_SCHEMES)}):\S+$"}),
]
"""Names a secret that is read when it is needed; a literal is refused and not repeated."""

Setting = Annotated[Any, AfterValidator(_setting), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""A scalar; what counts is its text, as it was written (settings.py)."""


ApiVersion = Annotated[str, AfterValidator(_api_version), Field(json_schema_extra={"enum": list(KNOWN_API_VERSIONS)})]
Name = Annotated[
    str,
    AfterValidator(_deployment_name),
    Field(json_schema_extra={"pattern": f"^{_LABEL.pattern}$", "maxLength": _NAME_LENGTH}),
]
NamespaceName = Annotated[
    str,
    AfterValidator(_namespace),
    Field(json_schema_extra={"pattern": f"^{_LABEL.pattern}$", "maxLength": 63}),
]
AirflowVersion = Annotated[str, AfterValidator(_airflow_version), Field(json_schema_extra={"pattern": r"^3\.3\.\d+$"})]
Extra = Annotated[str, AfterValidator(_extra)]
Requirement = Annotated[str, AfterValidator(_requirement)]
Package = Annotated[str, AfterValidator(_package)]
BaseImage = Annotated[str, AfterValidator(_base), Field(json_schema_extra={"pattern": f"^{_BASE.pattern}$"})]
ImageReference = Annotated[str, AfterValidator(_image), Field(json_schema_extra={"pattern": f"^{_IMAGE.pattern}$"})]
ImageRegistry = Annotated[
    str, AfterValidator(_registry), Field(json_schema_extra={"pattern": f"^{_REGISTRY.pattern}$"})
]
FilePath = Annotated[str, AfterValidator(_path)]


def _text(value: Any) -> str:
    """As a reference, or itself; a file is a reference too."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("file"), str):
        return f"file:{_path(value['file'])}"
    if not isinstance(value, str) or not value.strip():
        raise invalid("spec.wrong-type", "must be text, a secret reference, or {file: PATH}", "Write {file: PATH}.")
    return _built_reference(value) if is_reference(value) else value


Text = Annotated[
    str,
    BeforeValidator(_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string"}},
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
"""A text that may be long: itself, in a file (`file:PATH` then), or behind a secret reference."""
