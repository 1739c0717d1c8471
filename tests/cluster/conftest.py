"""The order of the modules: those that land another deployment than the shared one come last."""

from __future__ import annotations

import pytest

LANDING_OTHERWISE = (
    # Neither rolls anything of what was landed before.
    "test_projects.py",
    "test_examples.py",
    "test_project_namespaces.py",
    # Another one beside it, and gone again at the end.
    "test_existing.py",
    "test_onprem.py",
    "test_room.py",
    "test_object_store.py",
    "test_host_database.py",
    # DAGs from elsewhere.
    "test_dags_folder.py",
    "test_other_user.py",
    "test_baked_dags.py",
    "test_pushed_dags.py",
    "test_git_sync_dags.py",
    "test_git_dags.py",
    "test_git_versions.py",
)
"""Each writes the whole file that it needs, and may leave it landed: nobody after them wants the shared one back.

Whoever does, in ui/ and destroy/, lands it in a run of its own. A way back after each would be a roll of all of
Airflow, half a minute on two cores.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Else as they were collected."""
    places = {name: number for number, name in enumerate(LANDING_OTHERWISE, start=1)}
    items.sort(key=lambda item: places.get(item.path.name, 0) if item.path.parent.name == "cluster" else 0)
