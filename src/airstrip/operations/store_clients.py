"""What Airflow's image lacks for project data in object stores: said before the first task fails for it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from airstrip import images
from airstrip.findings import Finding
from airstrip.operations.image import airflow_request
from airstrip.paths import cache_dir
from airstrip.spec import Project, Spec
from airstrip_pods.conventions import STORE_CLIENTS


def absent_clients(spec: Spec, projects: Mapping[str, Project]) -> list[Finding]:
    """Of each of these projects whose store no package of the image reads.

    Nothing where nobody knows what is in the image: a ready one, or one whose packages nobody has resolved yet.
    """
    needed = {name: STORE_CLIENTS[urlsplit(project.data).scheme] for name, project in projects.items() if project.data}
    if not needed or spec.image.ref is not None:
        return []
    known = images.airflow_packages(airflow_request(spec), cache_dir())
    if known is None:
        return []
    return [_absent(name, projects[name].data, client) for name, client in needed.items() if client not in known]


def _absent(project: str, url: str, client: str) -> Finding:
    return Finding(
        "project.store-client-absent",
        f"Airflow's image has no {client}, by which tasks of the project {project} reach {url}",
        "Neither image.requirements nor an extra of Airflow's brings it; tasks in that image fail where they open it.",
        f"Add {client} to image.requirements, and run: ./airstrip up   (as root, or with sudo). Where only pods with "
        "images of their own open data, they need it, and all is well.",
    )
