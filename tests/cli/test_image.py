"""The verbs of the images."""

from __future__ import annotations

from collections.abc import Callable

from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]


def test_build_refreshes_only_when_asked(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["build_images"] = Result("image build", {"airflow": "localhost/airflow@sha256:1"})
    done = airstrip("image", "build")
    assert "localhost/airflow@sha256:1" in done.out
    airstrip("image", "build", "--refresh")
    assert [call[2] for call in facade.calls] == [{"refresh": False}, {"refresh": True}]


def test_prune_says_what_it_kept(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["prune_images"] = Result("image prune", {"kept": ["localhost/airflow@sha256:1"]})
    done = airstrip("image", "prune")
    assert done.code == 0
    assert "localhost/airflow@sha256:1" in done.out
