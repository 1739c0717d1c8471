"""What the search for secrets reads, what it does not, and that both are told apart."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.manifests import names as manifest_names
from airstrip.operations.properties import access
from airstrip.operations.properties.given import Given
from tests.unit.operations.seen import ACCOUNT, PLAIN, Seen

SECRET = "of-the-control-plane"


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the built-in DAGs, which looks into this folder only."""
    file = Path(manifest_names.__file__ or "").parent / "files" / "dags" / "airstrip_looks.py"
    spec = importlib.util.spec_from_file_location("airstrip_looks", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOTS", (str(tmp_path),))
    monkeypatch.setattr(module, "MOUNTS", Path(os.devnull))
    monkeypatch.setattr(module, "LARGEST", 5_000)
    return module


def search(looks: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = looks.find_secrets([hashlib.sha256(f"salt{SECRET}".encode()).hexdigest()], "salt")
    return found


def test_only_what_was_read_counts_as_looked_at(
    looks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = search(looks)
    (tmp_path / "found").write_text(f"url://user:{SECRET}@host")
    (tmp_path / "large").write_text(SECRET + " " * 5_000)
    (tmp_path / "nothing").symlink_to("nowhere")
    (tmp_path / "closed").write_text(SECRET)
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        """As the kernel does to any user but root, who runs this test."""
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = search(looks)

    assert found["files"] == [str(tmp_path / "found")]
    assert {key: found[key] - empty[key] for key in ("looked", "tooLarge", "closed", "leftOut")} == {
        "looked": 1,
        "tooLarge": 1,
        "closed": 1,
        "leftOut": 0,
    }


def test_what_there_was_no_time_for_is_left_out(
    looks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "found").write_text(SECRET)
    monkeypatch.setattr(looks, "SECONDS", -1.0)
    found = search(looks)
    assert (found["files"], found["looked"], found["leftOut"]) == ([], 0, 3)


@pytest.fixture
def mounted(looks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a secret in each place where a kernel may have mounted something, outside of the one root."""
    places = {
        "root": "ext4",
        "root/in it": "tmpfs",
        "se crets": "tmpfs",
        "se crets/nested": "ext4",
        "one-file": "ext4",
        "cgroup": "cgroup2",
        "kernel/proc/acpi": "tmpfs",
    }
    lines = ["22 21 0:21 / / rw,relatime - overlay overlay rw"]
    for place, kind in places.items():
        point = tmp_path / place
        if place == "one-file":
            point.write_text(SECRET)
        else:
            point.mkdir(parents=True)
            (point / "it").write_text(SECRET)
        written = str(point).replace(" ", "\\040")
        lines.append(f"36 22 98:0 / {written} rw,noatime master:1 - {kind} /dev/vda rw")
    (tmp_path / "mountinfo").write_text("\n".join(lines))
    monkeypatch.setattr(looks, "ROOTS", (str(tmp_path / "root"),))
    monkeypatch.setattr(looks, "KERNELS", (str(tmp_path / "kernel/proc"),))
    monkeypatch.setattr(looks, "MOUNTS", tmp_path / "mountinfo")
    return tmp_path


def test_what_is_mounted_elsewhere_is_searched_too_and_once(looks: ModuleType, mounted: Path) -> None:
    found = search(looks)
    places = ("root/in it/it", "root/it", "one-file", "se crets/it", "se crets/nested/it")
    assert sorted(found["files"]) == sorted(str(mounted / place) for place in places)
    assert found["unfinished"] == []


def test_a_mount_that_there_was_no_time_for_is_a_limit(
    looks: ModuleType, mounted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unlike the roots, it may be somebody's data, of any size."""
    monkeypatch.setattr(looks, "SECONDS", -1.0)
    found = search(looks)
    assert found["unfinished"] == [str(mounted / "one-file"), str(mounted / "se crets")]
    plain = {**PLAIN, "found": {**PLAIN["found"], "unfinished": ["/data"]}}
    outcome = access.least_access(Seen(returned_by={"plain": plain, "account": ACCOUNT}).scene())
    assert (outcome.state, outcome.limits[-1]) == ("proved", "there was no time to search all of /data")


def test_nor_may_a_project_s_own_namespace_hold_a_secret_of_the_control_plane() -> None:
    seen = Seen(
        returned_by={"plain": PLAIN, "account": ACCOUNT},
        objects={"Secret of sales": ["copied"]},
        secret_data={"it": base64.b64encode(SECRET.encode()).decode()},
        projects=["sales"],
    )
    outcome = access.least_access(seen.scene())
    assert (outcome.state, "the Secret copied in sales" in outcome.text) == ("failed", True)


def test_what_was_not_searched_is_a_limit() -> None:
    returned = {"plain": {**PLAIN, "found": {**PLAIN["found"], "tooLarge": 4, "closed": 7}}, "account": ACCOUNT}
    seen = Seen(returned_by=returned)
    seen.given.short_secrets, seen.given.secrets_with_other_characters = 2, 3
    outcome = access.least_access(seen.scene())

    assert outcome.state == "proved"
    assert [limit.split()[0] for limit in outcome.limits[-4:]] == ["4", "7", "2", "3"]


@pytest.mark.parametrize(
    ("held", "state"), [(SECRET, "failed"), (f"url://u:{SECRET}@h", "failed"), ("of-somebody-else", "proved")]
)
def test_a_secret_of_another_name_with_a_value_of_the_control_plane(held: str, state: str) -> None:
    seen = Seen(
        returned_by={"plain": PLAIN, "account": ACCOUNT},
        objects={"Secret": ["copied"]},
        secret_data={"it": base64.b64encode(held.encode()).decode()},
    )
    outcome = access.least_access(seen.scene())

    assert outcome.state == state
    assert ("copied" in outcome.text) is (state == "failed")
    assert held not in repr(outcome)


@pytest.mark.parametrize(
    ("held", "workers", "state", "says"),
    [
        (SECRET, "w", "failed", "the Secret copied in w holds a secret of the control plane"),
        ("of-somebody-else", "w", "not-applicable", "no Secret of w is one"),
        (SECRET, "c", "not-applicable", "all that it holds"),
    ],
)
def test_where_tasks_have_no_pods_their_namespace_still_has_no_secret_of_the_control_plane(
    held: str, workers: str, state: str, says: str
) -> None:
    seen = Seen(
        objects={"Secret": ["copied"]},
        secret_data={"it": base64.b64encode(held.encode()).decode()},
        workers=workers,
        tasks_have_pods=False,
    )
    outcome = access.least_access(seen.scene())

    assert (outcome.state, says in outcome.text) == (state, True), outcome.text


def given_of(data: dict[str, str]) -> Given:
    """What verify gives where the control plane has this Secret."""
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    secrets = {"airflow-admin": {"data": coded}}
    session = SimpleNamespace(
        spec=SimpleNamespace(namespaces=SimpleNamespace(control="c"), database=SimpleNamespace(url="")),
        cluster=SimpleNamespace(get=lambda _, __, name, ___: secrets.get(name)),
    )
    return Given(cast(Any, session), "salt")


def test_short_values_are_counted_and_not_searched_for() -> None:
    data = {"username": "admin", "password": SECRET, "url": "x://u:short@host.of.a.database"}
    given = given_of(data)

    plain = {SECRET, data["url"]}
    assert given.control_secrets == plain | {base64.b64encode(text.encode()).decode() for text in plain}
    assert given.short_secrets == 2
    # Of the address nothing is secret but its password.
    assert given.secrets_with_other_characters == 0


@pytest.mark.parametrize("password", ["of/the/control/plane", "of[the-control-plane", "of#the-control-plane"])
def test_a_password_that_no_url_may_have_is_searched_for(password: str) -> None:
    given = given_of({"sql-alchemy-conn": f"postgresql+psycopg2://airflow:{password}@db:5432/airflow"})
    assert password in given.control_secrets


@pytest.mark.parametrize(
    ("value", "short", "other", "found"),
    [
        ("fifteen-letters", 1, 0, []),
        ("sixteen-letters-", 0, 0, ["coded", "text", "whole"]),
        ("of/the+control_plane==", 0, 0, ["coded", "text", "whole"]),
        ("of.the.control.plane", 0, 1, ["coded", "whole"]),
        ("fifteen-letters=", 0, 1, ["coded", "whole"]),
    ],
)
def test_a_value_that_is_found_in_no_text_is_counted(
    looks: ModuleType, tmp_path: Path, value: str, short: int, other: int, found: list[str]
) -> None:
    (tmp_path / "whole").write_text(f"{value}\n")
    (tmp_path / "text").write_text(f"url://user:{value}@host")
    (tmp_path / "coded").write_text(f"data: {base64.b64encode(value.encode()).decode()}")
    given = given_of({"password": value})
    hashes = [hashlib.sha256(f"salt{text}".encode()).hexdigest() for text in given.control_secrets]

    assert (given.short_secrets, given.secrets_with_other_characters) == (short, other)
    assert sorted(Path(file).name for file in looks.find_secrets(hashes, "salt")["files"]) == found
