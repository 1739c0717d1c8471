"""A landing in a cluster of somebody else's: the node's, by a user that an administrator gave what was asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airstrip.operations import Session
from tests.cluster.guest import Guest, guest_of
from tests.landing import eventually

GIVEN = "given"
USER = "lander"
FILE = f"""\
apiVersion: airstrip/v1
name: guest
target:
  context: {{{{name: {USER}, kubeconfig: kubeconfig, storageClass: standard, shared: {{{{class: standard}}}}}}}}
namespaces: {{{{control: {GIVEN}, workers: {GIVEN}, create: false}}}}
image: {{{{registry: "{{registry}}/team"}}}}
dags: {{{{image: {{{{path: dags}}}}}}}}
expose: {{{{port: 8099}}}}
"""


@pytest.fixture(scope="module")
def guest(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    with guest_of(session, tmp_path_factory.mktemp("guest"), USER, (GIVEN,), FILE) as guest:
        yield guest


def test_what_is_not_allowed_is_asked_for_and_changes_nothing(guest: Guest) -> None:
    error, _ = guest.refused()
    assert error["code"] == "kubernetes.rights-missing"
    assert guest.admin.list("apps/v1", "Deployment", GIVEN) == []
    guest.grant(error["details"])


def test_with_exactly_that_it_lands_and_runs(guest: Guest) -> None:
    landed = guest.landing.data("up", "--yes")
    assert (landed["place"], landed["url"]) == ("context", "http://localhost:8099")
    guest.landing.ok("run", "smoke")


@pytest.mark.slow
def test_it_is_proved(guest: Guest) -> None:
    proof = guest.landing.data("verify")
    states = {row["property"]: row["state"] for row in proof["properties"]}
    assert "failed" not in states.values(), proof
    assert states["task"] == states["dags"] == states["web"] == "proved"


def test_a_second_up_changes_nothing(guest: Guest) -> None:
    assert guest.landing.data("plan")["changed"] is False
    assert guest.landing.data("up", "--yes")["changed"] == 0
    assert guest.landing.airstrip("doctor").returncode == 0


def test_down_takes_away_what_it_made_and_data_only_by_name(guest: Guest) -> None:
    guest.landing.ok("down")
    # What has ended may be listed for a moment.
    eventually(lambda: guest.admin.list("v1", "Pod", GIVEN) == [], seconds=15, what="no pod is left")
    assert guest.admin.list("v1", "PersistentVolumeClaim", GIVEN) != []
    guest.landing.ok("down", "--data", "--yes")
    for kind in ("PersistentVolumeClaim", "Secret"):
        assert guest.admin.list("v1", kind, GIVEN) == []
    assert guest.admin.get("v1", "Namespace", GIVEN) is not None
