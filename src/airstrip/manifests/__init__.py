"""Pure: (spec, platform, images, checksums) -> the Kubernetes objects of a deployment, in stages.

One file per component. Objects are plain dicts in JSON shape, namespaced ones only: the target makes
what is cluster-scoped. What belongs into a container as a file lies in `files/`. Imports `spec`,
`platform` and `errors`, nothing else of Airstrip.
"""

from airstrip.checksum import checksum
from airstrip.manifests.build import build_manifests
from airstrip.manifests.dags_check import (
    CHECK,
    CHECK_FOLDERS,
    build_check,
    check_bundles,
    environment_map,
    missing_mounts,
)
from airstrip.manifests.dags_volume import VOLUME_ROOT, WRITER_LABEL, build_volume_job
from airstrip.manifests.database import build_url_secret, find_database
from airstrip.manifests.document import format_document
from airstrip.manifests.git import CLONED_CLASS, SYNCED_CLASS, build_git_secrets, git_references, tasks_namespace
from airstrip.manifests.git_check import git_check_namespaces, tried_bundle
from airstrip.manifests.git_files import build_git_reader
from airstrip.manifests.git_sync import full_ref, git_sync_arguments, git_sync_container, ls_remote
from airstrip.manifests.image_check import IMAGE_CHECK, build_image_check
from airstrip.manifests.manifest_set import Images, ManifestSet, Stage
from airstrip.manifests.metadata import selector
from airstrip.manifests.names import (
    ADMIN_SECRET,
    AIRFLOW_COMPONENTS,
    API_PORT,
    API_SERVER,
    CLI_SECRET,
    DAG_PROCESSOR,
    DAGS_DIR,
    DATABASE_CLAIM,
    GIT_CHECK,
    GIT_DIR,
    KEYS_SECRET,
    MIGRATION,
    POSTGRESQL,
    POSTGRESQL_PORT,
    PROJECTS_MAP,
    SCHEDULER,
    SCHEDULER_HEALTH_PORT,
    SECRETS,
    TEMPLATE_MAP,
    URL_KEY,
    pods_account,
)
from airstrip.manifests.project_room import quota_words
from airstrip.manifests.projects import (
    data_job,
    parse_project,
    pods_selector,
    project_objects,
    project_of,
    project_secret,
    projects_maps,
    projects_selector,
)
from airstrip.manifests.secrets import SecretValues, build_secrets, completed, generated_secrets, missing_keys
from airstrip.manifests.settings import PARALLELISM, PUSHED_CLASS
from airstrip.manifests.waiting_job import processor_container

__all__ = [
    "ADMIN_SECRET",
    "AIRFLOW_COMPONENTS",
    "API_PORT",
    "API_SERVER",
    "CHECK",
    "CHECK_FOLDERS",
    "CLI_SECRET",
    "CLONED_CLASS",
    "DAGS_DIR",
    "DAG_PROCESSOR",
    "DATABASE_CLAIM",
    "GIT_CHECK",
    "GIT_DIR",
    "IMAGE_CHECK",
    "KEYS_SECRET",
    "MIGRATION",
    "PARALLELISM",
    "POSTGRESQL",
    "POSTGRESQL_PORT",
    "PROJECTS_MAP",
    "PUSHED_CLASS",
    "SCHEDULER",
    "SCHEDULER_HEALTH_PORT",
    "SECRETS",
    "SYNCED_CLASS",
    "TEMPLATE_MAP",
    "URL_KEY",
    "VOLUME_ROOT",
    "WRITER_LABEL",
    "Images",
    "ManifestSet",
    "SecretValues",
    "Stage",
    "build_check",
    "build_git_reader",
    "build_git_secrets",
    "build_image_check",
    "build_manifests",
    "build_secrets",
    "build_url_secret",
    "build_volume_job",
    "check_bundles",
    "checksum",
    "completed",
    "data_job",
    "environment_map",
    "find_database",
    "format_document",
    "full_ref",
    "generated_secrets",
    "git_check_namespaces",
    "git_references",
    "git_sync_arguments",
    "git_sync_container",
    "ls_remote",
    "missing_keys",
    "missing_mounts",
    "parse_project",
    "pods_account",
    "pods_selector",
    "processor_container",
    "project_objects",
    "project_of",
    "project_secret",
    "projects_maps",
    "projects_selector",
    "quota_words",
    "selector",
    "tasks_namespace",
    "tried_bundle",
]
