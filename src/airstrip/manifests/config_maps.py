"""The ConfigMaps: settings, local settings, built-in DAGs and scripts, out of `files/`."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from airstrip.checksum import checksum
from airstrip.manifests.git import git_files
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import config_map
from airstrip.manifests.names import DAGS_MAP, ENVIRONMENT_MAP, GIT_MAP, SCRIPTS_MAP, SETTINGS_MAP, VOLUMES_MAP
from airstrip.manifests.settings import control_settings
from airstrip.manifests.task_pod import build_task_pod_template

_SETTINGS_FILES = ("airflow.cfg", "airflow_local_settings.py", "kubeconfig")
_SCRIPTS = ("claim_database.py", "create_accounts.py", "main_loop_alive.py", "migrate.py")
_GIT = ("check_git.py",)
_GIT_SYNC = ("airstrip_git_sync.py",)
_PUSHED = ("airstrip_pushed_dags.py",)
_VOLUMES = ("check_volumes.py",)
_DAGS = (".airflowignore", "airstrip_looks.py", "smoke.py", "verify.py")


def build_config_maps(inputs: Inputs) -> tuple[Inputs, tuple[Object, ...]]:
    """What the control plane reads, and in each namespace what task pods read too.

    Each is immutable and its name ends in a hash of its contents: a pod keeps what it started with, so
    a release that fails at its gate leaves the running one, its task pods included, as it was.
    Returns the inputs with these names.
    """
    shared = [
        config_map(inputs, name, namespace, data)
        for name, data in (
            (DAGS_MAP, _contents("dags", _DAGS)),
            (SETTINGS_MAP, _settings(inputs)),
            *([(VOLUMES_MAP, _contents("volumes", _VOLUMES))] if inputs.platform.has_foreign_volumes else []),
            *([(GIT_MAP, {**git_files(inputs.spec), **_contents("git", _GIT)})] if inputs.spec.dags.git else []),
        )
        for namespace in inputs.namespaces
    ]
    own = [
        config_map(inputs, ENVIRONMENT_MAP, inputs.control, control_settings(inputs)),
        config_map(inputs, SCRIPTS_MAP, inputs.control, _contents("scripts", _SCRIPTS)),
    ]
    inputs, applied = _named(inputs, [*own, *shared])
    template = [build_task_pod_template(inputs)] if inputs.tasks_have_pods else []
    inputs, named = _named(inputs, template)
    return inputs, (*applied, *named)


def _settings(inputs: Inputs) -> dict[str, str]:
    """What Airflow imports in every process."""
    synced = _contents("git_sync", _GIT_SYNC) if inputs.spec.dags.synced else {}
    pushed = _contents("pushed", _PUSHED) if inputs.spec.dags.pushed else {}
    return {**_contents("settings", _SETTINGS_FILES), **synced, **pushed}


def _named(inputs: Inputs, items: list[Object]) -> tuple[Inputs, list[Object]]:
    """The ConfigMaps under the names that they are applied by, and the inputs with these names."""
    names = dict(inputs.config_maps)
    applied = []
    for item in items:
        plain = item["metadata"]["name"]
        names[plain] = f"{plain}-{checksum(item['data'])[:10]}"
        applied.append({**item, "metadata": {**item["metadata"], "name": names[plain]}, "immutable": True})
    return replace(inputs, config_maps=names), applied


def _contents(folder: str, names: tuple[str, ...]) -> dict[str, str]:
    """Texts of files in `files/FOLDER`, by their names."""
    root = files("airstrip.manifests") / "files" / folder
    return {name: (root / name).read_text(encoding="utf-8") for name in names}
