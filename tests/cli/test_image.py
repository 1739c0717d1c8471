"""The verbs of the images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]


TASKS = "localhost/airstrip/tasks"
ROW = {
    "image": "sales",
    "source": "own",
    "description": "",
    "folder": "/x/images/sales",
    "state": "changed",
    "name": f"{TASKS}/sales:current",
    "reference": f"{TASKS}/sales@sha256:{'0a1b' * 16}",
    "size": 613_991_949,
    "built": "2026-01-31T00:00:00+00:00",
}


def test_build_refreshes_only_when_asked(airstrip: Airstrip, facade: Facade) -> None:
    data = {"airflow": "localhost/airflow@sha256:1", "tasks": {"sales": f"{TASKS}/sales@sha256:2"}}
    facade.answers["build_images"] = Result("image build", data)
    done = airstrip("image", "build")
    assert "localhost/airflow@sha256:1" in done.out
    assert f"image='{TASKS}/sales:current'" in done.out
    airstrip("image", "build", "sales", "rides", "--refresh")
    assert [call[2] for call in facade.calls] == [
        {"names": (), "refresh": False},
        {"names": ["sales", "rides"], "refresh": True},
    ]


def test_list_tells_what_is_built_and_what_has_changed(airstrip: Airstrip, facade: Facade) -> None:
    library = {**ROW, "image": "geo-basic", "source": "library", "state": "absent", "reference": None, "size": 0}
    rows = [ROW, {**library, "built": None}, {**library, "image": "ml-basic", "state": "current", "built": None}]
    facade.answers["images"] = Result("image list", {"folder": "/x/images", "images": rows})
    lines = airstrip("image", "list").out.splitlines()
    assert lines[0] == "yours, in /x/images"
    assert lines[1].split()[:6] == ["sales", "changed", "since", "it", "was", "built"]
    assert lines[1].split()[6:9] == ["0a1b0a1b0a1b", "613", "MB"]
    assert lines[1].endswith("days ago")
    assert [line.split() for line in lines[4:]] == [["geo-basic", "not", "built"], ["ml-basic", "built"]]


def test_list_without_images_says_how_to_make_one(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["images"] = Result("image list", {"folder": "images", "images": []})
    assert "image new NAME" in airstrip("image", "list").out


def test_new_says_what_it_wrote(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["new_image"] = Result("image new", {"written": ["images/sales/image.yaml"]})
    assert airstrip("image", "new", "sales", "--from", "pandas-basic").out == "images/sales/image.yaml\n"
    assert airstrip("image", "new", "sales").code == 0
    assert [call[1] for call in facade.calls] == [("sales", "pandas-basic"), ("sales", None)]


def test_lock_says_whose_lock_is_another_one(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["lock_images"] = Result("image lock", {"changed": ["sales"], "unchanged": ["rides"]})
    lines = airstrip("image", "lock", "sales", "rides").out.splitlines()
    assert "new lock" in lines[0]
    assert lines[1].split() == ["rides", "is", "as", "it", "was"]
    facade.answers["lock_images"] = Result("image lock", {"changed": [], "unchanged": []})
    assert "image new NAME" in airstrip("image", "lock").out


def test_prune_says_what_it_kept(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["prune_images"] = Result("image prune", {"kept": ["localhost/airflow@sha256:1"]})
    done = airstrip("image", "prune")
    assert done.code == 0
    assert "localhost/airflow@sha256:1" in done.out


def test_a_check_s_words_and_its_end(airstrip: Airstrip, facade: Facade) -> None:
    data = {"image": "sales", "reference": "x", "code": 0, "log": ["pandas 2"]}
    facade.answers["test_image"] = Result("image test", data)
    assert airstrip("image", "test", "sales").out == "pandas 2\nsales works where tasks run.\n"
    facade.answers["test_image"] = Result("image test", {**data, "code": 1}, exit_code=3)
    done = airstrip("image", "test", "sales", "--timeout", "5")
    assert done.code == 3
    assert done.out.endswith("sales failed its check with exit code 1.\n")
    assert [(call[1][0], call[2]) for call in facade.calls] == [
        ("sales", {"timeout": 120.0}),
        ("sales", {"timeout": 5.0}),
    ]


def test_push_prints_the_name_by_digest_alone(airstrip: Airstrip, facade: Facade) -> None:
    data = {"image": "sales", "reference": "here.example.org/sales@sha256:1", "tag": "1", "uploaded": 5}
    facade.answers["push_image"] = Result("image push", data)
    assert airstrip("image", "push", "sales", "here.example.org/sales:1").out == "here.example.org/sales@sha256:1\n"
    login = ("--username", "me", "--password", "env:T", "--overwrite")
    airstrip("image", "push", "sales", "here.example.org/sales", *login)
    assert [call[2] for call in facade.calls] == [
        {"username": None, "password": None, "overwrite": False},
        {"username": "me", "password": "env:T", "overwrite": True},
    ]


def test_push_repeats_no_word_that_may_be_a_password(airstrip: Airstrip) -> None:
    done = airstrip("image", "push", "sales", "here.example.org/sales", "hunter2")
    assert done.code == 2
    assert "hunter2" not in done.out + done.err


def test_a_containerfile_is_printed_or_written(airstrip: Airstrip, facade: Facade) -> None:
    data = {"image": "sales", "containerfile": "FROM x\nUSER 1\n", "written": []}
    facade.answers["containerfile"] = Result("image containerfile", data)
    assert airstrip("image", "containerfile", "sales").out == "FROM x\nUSER 1\n"
    facade.answers["containerfile"] = Result("image containerfile", {**data, "written": ["out/Containerfile"]})
    assert airstrip("image", "containerfile", "sales", "out").out == "out/Containerfile\n"
    assert [call[1][:2] for call in facade.calls] == [("sales", None), ("sales", Path("out"))]
