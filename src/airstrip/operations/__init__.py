"""One verb per file, as ordered steps over a target, the cluster and Airflow's API.

May import every layer below; never names a place, never prints: it emits events and returns a Result.
"""

from airstrip.operations.authoring.dev import DevRequest, dev, known_dags
from airstrip.operations.authoring.serving import read_serve_password, serve
from airstrip.operations.authoring.testing import run_tests
from airstrip.operations.authoring.upgrade import upgrade_check
from airstrip.operations.clean import clean
from airstrip.operations.containerfile import containerfile
from airstrip.operations.dags_check import check_dags
from airstrip.operations.dags_diff import diff_dags
from airstrip.operations.dags_list import list_dags
from airstrip.operations.dags_push import push_dags
from airstrip.operations.dags_revisions import dags_history, rollback_dags
from airstrip.operations.doctor import doctor, explain_code, explain_facts
from airstrip.operations.down import down
from airstrip.operations.examples import list_examples
from airstrip.operations.history import history
from airstrip.operations.image import prune_images
from airstrip.operations.image_build import build_images
from airstrip.operations.image_push import push_image
from airstrip.operations.image_test import test_image
from airstrip.operations.init import init
from airstrip.operations.logs import component_logs, task_logs
from airstrip.operations.open import forwarded_ui, open_url, read_password
from airstrip.operations.plan import plan
from airstrip.operations.projects import (
    add_project,
    list_projects,
    remove_project,
    set_project,
    show_project,
    unset_project,
)
from airstrip.operations.render import render_manifests
from airstrip.operations.run import run
from airstrip.operations.session import Session
from airstrip.operations.status import status
from airstrip.operations.task_images import list_images, lock_images, new_image
from airstrip.operations.up import up
from airstrip.operations.users import add_user, delete_user, list_users, reset_password, set_role
from airstrip.operations.verify import verify
from airstrip.operations.why import why

__all__ = [
    "DevRequest",
    "Session",
    "add_project",
    "add_user",
    "build_images",
    "check_dags",
    "clean",
    "component_logs",
    "containerfile",
    "dags_history",
    "delete_user",
    "dev",
    "diff_dags",
    "doctor",
    "down",
    "explain_code",
    "explain_facts",
    "forwarded_ui",
    "history",
    "init",
    "known_dags",
    "list_dags",
    "list_examples",
    "list_images",
    "list_projects",
    "list_users",
    "lock_images",
    "new_image",
    "open_url",
    "plan",
    "prune_images",
    "push_dags",
    "push_image",
    "read_password",
    "read_serve_password",
    "remove_project",
    "render_manifests",
    "reset_password",
    "rollback_dags",
    "run",
    "run_tests",
    "serve",
    "set_project",
    "set_role",
    "show_project",
    "status",
    "task_logs",
    "test_image",
    "unset_project",
    "up",
    "upgrade_check",
    "verify",
    "why",
]
