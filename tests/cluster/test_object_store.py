"""A project's data in S3: a real server of it on this machine, and tasks in pods that wait, write and read there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.targets.local.node import LocalNode
from tests.example_pages import logged, masked
from tests.landing import NAME, Landing, eventually
from tests.object_store import serving

pytestmark = pytest.mark.slow  # an image of Airflow that nothing else needs

BUCKET = "company-data"
FILE = """\
image: {{requirements: [s3fs]}}
projects:
  examples:
    data: s3://company-data/examples
    config: {{AWS_ENDPOINT_URL: "{url}", AWS_DEFAULT_REGION: us-east-1}}
    secrets: {{AWS_ACCESS_KEY_ID: "file:s3-key", AWS_SECRET_ACCESS_KEY: "file:s3-key"}}
"""


@pytest.fixture(scope="module")
def store(landing: Landing) -> Iterator[str]:
    """Landed with a project whose data is in a bucket of this store."""
    (landing.folder / "s3-key").write_text(f"{secrets.token_hex(12)}\n")
    with serving(str(LocalNode(NAME).config().subnets.link[1]), landing.folder / "moto.log") as url:
        httpx.put(f"{url}/{BUCKET}").raise_for_status()
        with landing.dags_for_a_while():
            landing.write_file(FILE.format(url=url))
            landing.ok("init", "--example", "sensor")
            landing.ok("up", "--yes")
            yield url


def test_the_sensor_waits_for_what_comes_under_a_prefix(landing: Landing, airflow: AirflowClient, store: str) -> None:
    name = "example_sensor"
    eventually(lambda: name in {dag.dag_id for dag in airflow.dags()}, seconds=60, what="the example is listed")
    told = landing.data("run", name)
    for task in ("arrived", "read"):
        lines = [masked(line) for line in told["logs"][task]]
        assert logged("sensor", task)
        for line in logged("sensor", task):
            assert any(line in each for each in lines), lines
    listed = httpx.get(f"{store}/{BUCKET}").text
    assert f"examples/sensor/{told['run']}/orders.csv</Key>" in listed
    assert not list(landing.folder.glob("**/orders.csv"))
