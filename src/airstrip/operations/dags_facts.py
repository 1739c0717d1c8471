"""The facts about a folder of DAG files: what the deployment's own image makes of it, and what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from airstrip.airflow_api import AirflowClient
from airstrip.dags import (
    Facts,
    Known,
    ParsedDags,
    ParsedFile,
    Reference,
    find_pointers,
    find_removed,
    parse_folder,
    without_values,
    written_names,
)
from airstrip.dags.name_rules import identity_of, sources_of
from airstrip.errors import AirflowError, AirstripError, CommandError, KubernetesError
from airstrip.events import Emit, Warned
from airstrip.kube import Cluster
from airstrip.manifests import (
    CHECK_FOLDERS,
    DAG_PROCESSOR,
    PROJECTS_MAP,
    PUSHED_CLASS,
    ManifestSet,
    build_check,
    check_bundles,
    environment_map,
    missing_mounts,
    processor_container,
)
from airstrip.operations.session import Session

CHECK_SECONDS = 600.0
_KINDS = {"config-map": "ConfigMap", "secret": "Secret"}
_CONNECTION, _VARIABLE = "AIRFLOW_CONN_", "AIRFLOW_VAR_"
_TASK = "task"


@dataclass(frozen=True)
class Processor:
    """The Deployment of the DAG processor, landed or to be landed, with the settings of its ConfigMap.

    `projects` is what DAG files are to know of projects, of one that is to be landed.
    """

    deployment: Mapping[str, Any]
    environment: Mapping[str, str]
    projects: str = ""

    @property
    def reads_pushed(self) -> bool:
        """Whether its bundle is what was pushed into the volume."""
        return PUSHED_CLASS in self.bundles

    @property
    def image(self) -> str:
        """Of the container that parses DAG files."""
        return str(processor_container(dict(self.deployment))["image"])

    @property
    def bundles(self) -> str:
        """Where its DAGs come from, as Airflow has it."""
        return self.environment.get("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "")


def processor_of(manifests: ManifestSet) -> Processor:
    """As it is to be landed."""
    objects = {(item["kind"], item["metadata"]["name"]): item for stage in manifests.stages for item in stage.objects}
    deployment = objects["Deployment", DAG_PROCESSOR]
    settings: Mapping[str, Any] = objects.get(("ConfigMap", environment_map(deployment))) or {}
    projects: Mapping[str, Any] = objects.get(("ConfigMap", PROJECTS_MAP)) or {}
    return Processor(deployment, settings.get("data") or {}, "".join((projects.get("data") or {}).values()))


def landed_processor(session: Session) -> Processor:
    """As it runs. Raises where Airflow is not landed."""
    processor = find_processor(session)
    if processor is None:
        raise AirstripError(
            "deployment.not-landed",
            f"Airflow is not on {session.spec.name}: it has no {DAG_PROCESSOR}, whose image reads the files",
            cause="`up` did not get that far.",
            fix="Run: ./airstrip up   (as root, or with sudo)",
        )
    return processor


def find_processor(session: Session) -> Processor | None:
    """As it runs, where it is landed."""
    cluster, namespace = session.cluster, session.spec.namespaces.control
    deployment = cluster.get("apps/v1", "Deployment", DAG_PROCESSOR, namespace)
    if deployment is None:
        return None
    settings = cluster.get("v1", "ConfigMap", environment_map(deployment), namespace) or {}
    return Processor(deployment, settings.get("data") or {})


def collect(
    session: Session,
    processor: Processor,
    folder: Path,
    airflow: Callable[[], AirflowClient] | None,
    emit: Emit,
    say: Callable[[str], None],
    bundles: Sequence[str] = ("main",),
) -> Facts:
    """Raises AirstripError where the files cannot be parsed. Without `airflow`, what it keeps is not known.

    Of several bundles each has a folder of its name in `folder`, which the facts' files are relative to.
    """
    spec = session.spec
    known, values = _ask_airflow(folder, airflow, emit)
    workers, pointers = spec.namespaces.workers, find_pointers(folder)
    job = build_check(
        dict(processor.deployment),
        processor.environment,
        deployment=spec.name,
        namespace=workers,
        projects=processor.projects,
    )
    parsed = parse_folder(
        session.cluster,
        job,
        folder,
        folders=CHECK_FOLDERS,
        bundles=check_bundles(bundles),
        variables=values,
        pointers=pointers,
        timeout=CHECK_SECONDS,
        say=say,
    )
    parsed = without_values(parsed, values.values())
    if len(bundles) > 1:
        parsed = replace(parsed, files=tuple(_in_its_folder(file, bundles) for file in parsed.files))
    parsed = _with_task_environment(parsed, spec.components[_TASK].env if _TASK in spec.components else {})
    # With the executor `local` the tasks run in the scheduler's pod.
    tasks = workers if spec.airflow.executor == "kubernetes" else spec.namespaces.control
    known = replace(known, objects=_objects(session.cluster, parsed, tasks))
    mounts = missing_mounts(dict(processor.deployment))
    return Facts(parsed, known, _removed(folder, emit), tasks, pointers, mounts)


def _ask_airflow(
    folder: Path, airflow: Callable[[], AirflowClient] | None, emit: Emit
) -> tuple[Known, Mapping[str, str]]:
    """What Airflow keeps, by name; and the values of variables that the files write out."""
    if airflow is None:
        return Known(), {}
    try:
        values = airflow().values
        variables = frozenset(values.variable_names())
        known = Known(
            pools=frozenset(values.pool_names()),
            connections=frozenset(values.connection_names()),
            variables=variables,
        )
        return known, values.variables(written_names(folder, variables))
    except AirflowError as error:
        message = f"It was not looked for pools, connections and variables: {error.message}"
        emit(Warned(error.code, message, "Run: ./airstrip status"))
        return Known(), {}


def _in_its_folder(file: ParsedFile, bundles: Sequence[str]) -> ParsedFile:
    if file.bundle not in bundles:
        return file
    errors = (replace(error, file=f"{file.bundle}/{error.file}") for error in file.errors)
    dags = (replace(dag, made_in=dag.made_in and str(Path(file.bundle, dag.made_in))) for dag in file.dags)
    return replace(file, file=f"{file.bundle}/{file.file}", errors=tuple(errors), dags=tuple(dags))


def _with_task_environment(parsed: ParsedDags, environment: Mapping[str, str]) -> ParsedDags:
    def named(prefix: str) -> frozenset[str]:
        return frozenset(name.removeprefix(prefix) for name in environment if name.startswith(prefix))

    return replace(
        parsed,
        connections=parsed.connections | named(_CONNECTION),
        variables=parsed.variables | named(_VARIABLE),
    )


def _objects(cluster: Cluster, parsed: ParsedDags, workers: str) -> dict[tuple[str, str, str], frozenset[str] | None]:
    """Keys only; one that we may not read is not known, and not there."""
    found: dict[tuple[str, str, str], frozenset[str] | None] = {}
    for name in _references(parsed):
        own = [identity_of(name, workers)] if name.kind in _KINDS else []
        for identity in (*own, *sources_of(name, workers)):
            if identity not in found:
                kind, namespace, wanted = identity
                with suppress(KubernetesError):
                    item = cluster.get("v1", _KINDS[kind], wanted, namespace)
                    found[identity] = None if item is None else _keys(item)
    return found


def _references(parsed: ParsedDags) -> list[Reference]:
    return [name for file in parsed.files for dag in file.dags for name in dag.names]


def _keys(item: Mapping[str, Any]) -> frozenset[str]:
    return frozenset([*(item.get("data") or {}), *(item.get("binaryData") or {})])


def _removed(folder: Path, emit: Emit) -> tuple[Any, ...]:
    try:
        return find_removed(folder)
    except CommandError as error:
        emit(Warned(error.code, f"It was not looked for what Airflow 3 removed: {error.message}", error.fix))
        return ()
