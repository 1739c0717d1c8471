"""Specs whose DAGs come from git."""

from __future__ import annotations

from typing import Any

from airstrip.spec import Airflow, Dags, GitBundle, GitSync, Spec


def cloned_bundle(repo: str = "https://git.example.com/data/dags.git", **other: Any) -> GitBundle:
    base = {"name": "main", "ref": "main", "path": "", "refresh": 10, "username": "git", "token": "env:TOKEN"}
    return GitBundle(repo=repo, **{**base, **other})


def synced_bundle(**other: Any) -> GitBundle:
    return cloned_bundle(**{"sync": GitSync(), **other})


def by_git(spec: Spec, *bundles: GitBundle, executor: str = "kubernetes") -> Spec:
    airflow = Airflow(version="3.3.2", executor=executor)
    return spec.model_copy(update={"dags": Dags(git=bundles), "airflow": airflow})
