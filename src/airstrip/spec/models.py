"""The file as it is written: one model for each mapping, camelCase in the file, frozen.

Key order and descriptions here are those of `airstrip schema` and of the reference page. The mappings of
a component's pods are in components.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from airstrip.spec.baked import BakedFile
from airstrip.spec.components import ComponentsFile
from airstrip.spec.expose import ExposeFile
from airstrip.spec.fields import (
    DEFAULT_AIRFLOW_VERSION,
    AirflowVersion,
    ApiVersion,
    BaseImage,
    Extra,
    FilePath,
    ImageReference,
    ImageRegistry,
    Name,
    NamespaceName,
    NotBuilt,
    Package,
    Requirement,
    SecretReference,
    Setting,
    invalid,
)
from airstrip.spec.git import GitFiles
from airstrip.spec.kubernetes_fields import SecretName
from airstrip.spec.patches import PatchFile
from airstrip.spec.projects import ProjectFile
from airstrip.spec.written import ITEMS, Alternatives, Written

DEFAULT_KEPT_REVISIONS = 10


class NamespacesFile(Written):
    """The two namespaces; may be one and the same."""

    control: NamespaceName | None = Field(None, description="The control plane's namespace. Default: the name.")
    workers: NamespaceName | None = Field(None, description="The task pods' namespace. Default: NAME-workers.")
    create: bool = Field(True, description="Whether they are made, with pod security `restricted`; or are there.")


class AirflowFile(Written):
    """Airflow itself."""

    version: AirflowVersion = Field(DEFAULT_AIRFLOW_VERSION, description="Airflow's version.")
    extras: Annotated[tuple[Extra, ...], Field(strict=False)] = Field(
        (), description="Extras of apache-airflow, beside those that Airstrip itself needs."
    )
    config: dict[str, dict[str, Setting]] = Field(
        {}, description="Airflow's settings, `{section: {option: value}}`, for the control plane and for tasks."
    )
    env: dict[str, Setting] = Field({}, description="Variables, `{NAME: value}`, for the control plane and for tasks.")
    executor: Literal["kubernetes", "local"] = Field(
        "kubernetes",
        description="Each task in a pod of its own; or all in the scheduler's, which isolates nothing.",
    )


class _ListOrFile(Written):
    """A list, or `{file: PATH}` with one entry per line; `key` is its key in `image`."""

    key: ClassVar[str]
    file: FilePath | None = None

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {ITEMS: value}
        if not isinstance(value, Mapping):
            raise invalid(
                "spec.wrong-type", "must be a list, or {file: PATH}", "Write [one, two], or {file: list.txt}."
            )
        if "file" not in value:
            raise invalid("spec.wrong-type", "must be a list, or {file: PATH}", "Name the file: {file: list.txt}")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        items = schema["properties"].pop(ITEMS)
        return {"anyOf": [{"type": "array", "items": items["items"]}, {**schema, "required": ["file"]}]}


class RequirementsFile(_ListOrFile):
    """Python requirements."""

    key: ClassVar[str] = "requirements"
    items: Annotated[tuple[Requirement, ...], Field(strict=False)] = Field((), alias=ITEMS)


class PackagesFile(_ListOrFile):
    """Debian packages."""

    key: ClassVar[str] = "packages"
    items: Annotated[tuple[Package, ...], Field(strict=False)] = Field((), alias=ITEMS)


class ImageFile(Written):
    """Airflow's image: a ready one, or what to add to the one that Airstrip builds."""

    ref: ImageReference | None = Field(None, description="A ready image, by digest: nothing is built.")
    requirements: RequirementsFile | None = Field(None, description="Python requirements (PEP 508), or a file.")
    packages: PackagesFile | None = Field(None, description="Debian packages, or a file.")
    registry: ImageRegistry | None = Field(
        None, description="Where what is built is pushed to and nodes pull it from, such as example.com/team."
    )
    pull_secrets: Annotated[tuple[SecretName, ...], Field(strict=False)] = Field(
        (), description="Secrets in both namespaces that all pods' images are pulled with, by name."
    )
    builder: Literal["airstrip", "docker", "podman"] = Field(
        "airstrip", description="Who builds this image and task images; Docker and Podman do it from a Containerfile."
    )
    base: BaseImage | None = Field(
        None, description="What Docker or Podman starts from, Debian 12. Default: the system that Airstrip makes."
    )

    @model_validator(mode="after")
    def _ready_or_built(self) -> ImageFile:
        if self.ref is not None and (self.requirements or self.packages):
            message = "a ready image takes no requirements and no packages"
            raise invalid("spec.conflict", message, "Keep `ref`, or what is to be built.")
        if self.base is not None and self.builder == "airstrip":
            message = "Airstrip itself starts from Debian 12, and from no other image"
            raise invalid("spec.conflict", message, "Write `builder: docker` or `builder: podman`, or remove `base`.")
        return self


class VolumeFile(Written):
    """The deployment's own volume, for DAG files that `airstrip dags push` sends."""

    path: FilePath | None = Field(
        None, description="The folder that `dags push` sends where it is given none, and that `up` leaves live."
    )
    keep: int = Field(
        DEFAULT_KEPT_REVISIONS, ge=2, le=100, description="How many revisions stay, to go back to one of them."
    )


class DagsFile(Alternatives):
    """Where DAGs come from."""

    scalar: ClassVar[str] = "path"

    path: FilePath | None = Field(None, description="A folder, relative to the file; changes are seen live.")
    git: GitFiles | None = Field(None, description="Repositories: one, or a list of them, each with a name.")
    volume: VolumeFile | None = Field(None, description="The deployment's own volume, which `dags push` fills.")
    image: BakedFile | None = Field(None, description="A part of Airflow's image: changes come with `up`.")


class DatabaseFile(Alternatives):
    """Airflow's database. Without this key: PostgreSQL in the cluster."""

    @model_validator(mode="before")
    @classmethod
    def _no_word(cls, value: Any) -> Any:
        """Which may be the URL, with a password."""
        if isinstance(value, str):
            fix = "Write {url: REFERENCE}, such as {url: env:AIRFLOW_DATABASE_URL}."
            raise invalid("spec.wrong-type", "must be a mapping", fix, secret=True)
        return value

    url: SecretReference | None = Field(
        None, description="A secret reference: what it names is postgresql://USER:PASSWORD@HOST:PORT/NAME."
    )


class SpecFile(Written):
    """An airstrip.yaml."""

    api_version: ApiVersion = Field(description="The version of this file's format.")
    name: Name = Field(description="The deployment's identity: its node, its namespaces and its state are named by it.")
    target: Any = Field(None, description="Where Airflow lands.")
    namespaces: NamespacesFile = NamespacesFile()
    airflow: AirflowFile = AirflowFile()
    components: ComponentsFile = ComponentsFile()
    image: ImageFile = ImageFile()
    dags: DagsFile | None = None
    logs: NotBuilt = None
    database: DatabaseFile | None = Field(
        None, description="A database that is there. Default: PostgreSQL in the cluster."
    )
    expose: ExposeFile | None = Field(None, description="How users reach Airflow.")
    auth: NotBuilt = None
    size: NotBuilt = None
    projects: dict[str, ProjectFile] = Field({}, description="What pods of a project get, by the project's name.")
    secrets: NotBuilt = None
    patches: Annotated[tuple[PatchFile, ...], Field(strict=False)] = Field(
        (),
        description="Strategic merge patches: partial objects, merged last into those that they name.",
    )
