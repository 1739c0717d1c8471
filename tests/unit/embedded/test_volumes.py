from __future__ import annotations

from pathlib import Path
from typing import Any

from airstrip.embedded.supervisor.api import Api, ApiError, Object
from airstrip.embedded.supervisor.volumes import Provisioner, volume_name


class FakeApi(Api):
    """Keeps volumes in a list; refuses a second one of the same name."""

    def __init__(self) -> None:
        super().__init__("https://none", "", "", "")
        object.__setattr__(self, "volumes", [])

    def request(self, method: str, path: str, body: Object | None = None, kind: str = "") -> Object:
        volumes: list[Object] = self.__dict__["volumes"]
        if method == "GET":
            return {"items": volumes, "metadata": {"resourceVersion": "1"}}
        assert body is not None
        if any(volume["metadata"]["name"] == body["metadata"]["name"] for volume in volumes):
            raise ApiError(409, "exists")
        volumes.append(body)
        return body

    @property
    def made(self) -> list[Object]:
        return list(self.__dict__["volumes"])


def claim(namespace: str = "ns", name: str = "data", uid: str = "11111111-2222", **spec: Any) -> Object:
    return {
        "metadata": {"namespace": namespace, "name": name, "uid": uid},
        "spec": {
            "storageClassName": "standard",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            **spec,
        },
    }


def provision(folder: Path, *claims: Object) -> list[Object]:
    api = FakeApi()
    provisioner = Provisioner(api, "standard", folder, "demo")
    for each in claims:
        provisioner.serve(each)
    return api.made


def test_claim_gets_a_folder_that_any_user_of_its_pods_can_write(tmp_path: Path) -> None:
    (volume,) = provision(tmp_path, claim())
    folder = tmp_path / "ns_data"
    assert folder.stat().st_mode & 0o777 == 0o777
    assert volume["spec"]["local"] == {"path": str(folder)}
    assert volume["spec"]["claimRef"]["uid"] == "11111111-2222"
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["metadata"]["name"] == volume_name(claim())


def test_same_claim_twice_makes_one_volume(tmp_path: Path) -> None:
    assert len(provision(tmp_path, claim(), claim())) == 1


def test_bound_and_foreign_claims_are_left_alone(tmp_path: Path) -> None:
    foreign = claim(storageClassName="nfs")
    bound = claim(volumeName="pv")
    without = claim(storageClassName="")
    assert provision(tmp_path, foreign, bound, without) == []


def test_claim_that_is_going_away_is_left_alone(tmp_path: Path) -> None:
    leaving = claim()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert provision(tmp_path, leaving) == []


def test_names_that_join_alike_stay_apart(tmp_path: Path) -> None:
    made = provision(tmp_path, claim("a", "b-c", "1"), claim("a-b", "c", "2"))
    assert len({volume["spec"]["local"]["path"] for volume in made}) == 2


def test_new_claim_of_an_old_name_gets_an_empty_folder(tmp_path: Path) -> None:
    made = provision(tmp_path, claim(uid="11111111-1"), claim(uid="22222222-2"))
    paths = [volume["spec"]["local"]["path"] for volume in made]
    assert paths == [str(tmp_path / "ns_data"), str(tmp_path / "ns_data_22222222")]
