"""The manifests as text, for people and for tools: without any secret's values, and without a cluster."""

from __future__ import annotations

from dataclasses import replace

from airstrip.manifests import Images, ManifestSet, build_manifests, format_document
from airstrip.operations.session import Session
from airstrip.platform import Platform
from airstrip.spec import Spec

NOT_BUILT = Images("localhost/airstrip/airflow:not-built", "localhost/airstrip/postgresql:not-built")
"""Stand-ins: an image's digest is known only once it is built, which `render` does not do."""


def check_manifests(session: Session) -> ManifestSet:
    """What the compiler makes of the spec and the place, or raises, before anything of it is started or built.

    A cluster that is there is asked what it offers: some objects are there for one controller and not for another.
    """
    return build_manifests(session.spec, expected_platform(session), _not_built(session.spec), {})


def expected_platform(session: Session) -> Platform:
    """What the place offers, as far as it is known before `up`."""
    return session.target.preview() if session.target.owns_cluster else session.platform


def render_manifests(spec: Spec, platform: Platform) -> str:
    """One YAML document for each object, in the order in which `up` applies them."""
    manifests = build_manifests(spec, platform, _not_built(spec), {})
    return "".join("---\n" + format_document(item) for stage in manifests.stages for item in stage.objects)


def _not_built(spec: Spec) -> Images:
    return replace(NOT_BUILT, dags="localhost/airstrip/airflow-dags:not-built") if spec.dags.baked else NOT_BUILT
