"""What every place must be able to do, and nothing of how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from airstrip.events import Emit
from airstrip.findings import Finding
from airstrip.place import PlaceFact
from airstrip.platform import Platform

Confirm = Callable[[str], bool]
"""Asks a yes-or-no question; raises UsageError where nobody can answer."""


def agree(_question: str) -> bool:
    """Who calls without a way to ask has decided."""
    return True


class Target(Protocol):
    """A place. Each method tolerates that its work is done already."""

    @property
    def owns_cluster(self) -> bool:
        """Whether it is the deployment's own: then all of it is allowed."""

    @property
    def outlasts_down(self) -> bool:
        """Whether the cluster goes on after `destroy` without its data: then nothing of Airflow may be left in it."""

    @property
    def title(self) -> str:
        """Which place it is, for whoever is asked about it."""

    def check_rights(self) -> None:
        """Raises when whoever asks may not change the place."""

    def check(self) -> Sequence[Finding]:
        """What its owner should know. Raises what would stop `ensure`, rights included, before anything is changed."""

    def ensure(self, emit: Emit, confirm: Confirm, /) -> Platform:
        """Makes the place and its cluster-scoped objects, and says what it offers."""

    def switch_dags(self) -> None:
        """Pods that start from now on see the live folder that the file names: not before the release rolls."""

    def plan(self) -> tuple[str, ...]:
        """What `ensure` would do before the cluster can be asked, in words. Changes nothing."""

    def cluster_objects(self) -> tuple[dict[str, Any], ...]:
        """The cluster-scoped objects that `ensure` applies."""

    def preview(self) -> Platform:
        """What the place would offer, told from the file alone: nothing is started or asked."""

    def describe(self) -> Platform | None:
        """What the place offers now; None when it is not there."""

    def condition(self) -> str:
        """The place by itself, in a word: `ready`, `starting`, `failing` or `stopped`."""

    def facts(self) -> PlaceFact:
        """What the place, and this machine as far as it stands on it, says of itself. Changes nothing."""

    def kubeconfig(self) -> Path | None:
        """Access to the cluster for whoever asks, None for what kubectl reads; raises when it is not theirs."""

    @property
    def context(self) -> str | None:
        """That of the kubeconfig which counts; None for its current one."""

    def load_image(self, layout: Path, reference: str, emit: Emit, /) -> None:
        """Brings an OCI layout's image to where the cluster's nodes find it."""

    def ensure_data_folder(self, project: str) -> None:
        """Makes a project's folder where this machine holds it. Elsewhere the first pod that mounts it does."""

    def destroy(self, emit: Emit, *, data: bool) -> Sequence[Finding]:
        """Takes the place away: with `data`, volumes and the cluster's own state too. Tells what is left of it."""
