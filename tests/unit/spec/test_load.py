from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from airstrip.errors import SpecError, UsageError
from airstrip.spec import Spec, find_file, load_spec
from airstrip.spec.document import parse_document
from airstrip.spec.source import Source
from tests.unit.spec.conftest import PLACES, Here, There

Load = Callable[[str], Spec]
HEAD = "apiVersion: airstrip/v1\nname: sky\n"


def test_without_a_file_the_built_in_deployment_is_meant() -> None:
    spec = load_spec(None, PLACES)
    assert (spec.name, spec.file, spec.dags.path, spec.target) == ("airflow", None, None, Here())


def test_a_file_of_two_lines_has_good_defaults(load: Load, tmp_path: Path) -> None:
    spec = load(HEAD)
    assert spec.target == Here()
    assert (spec.namespaces.control, spec.namespaces.workers) == ("sky", "sky-workers")
    assert spec.airflow.version == "3.3.2"
    assert spec.airflow.extras == ("cncf-kubernetes", "postgres", "fab")
    assert spec.file == tmp_path / "airstrip.yaml"


def test_extras_are_added_to_what_is_needed(load: Load) -> None:
    spec = load(HEAD + "airflow: {extras: [amazon, fab]}\n")
    assert spec.airflow.extras == ("cncf-kubernetes", "postgres", "fab", "amazon")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("target: there", There()),
        ("target: {there: {}}", There()),
        ("target:\n  there:", There()),
        ("target: {here: {port: 8081}}", Here(port=8081)),
    ],
)
def test_a_target_is_a_word_or_a_mapping(load: Load, text: str, target: object) -> None:
    assert load(HEAD + text + "\n").target == target


def test_paths_are_relative_to_the_file(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert load(HEAD + "dags: {path: ../dags}\n").dags.path == tmp_path.parent / "dags"
    assert load(HEAD + "dags: {path: /srv/dags}\n").dags.path == Path("/srv/dags")


def test_a_link_to_the_dags_is_not_followed_yet(load: Load, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(tmp_path / "release-1")
    assert load(HEAD + "dags: {path: current}\n").dags.path == tmp_path / "current"


def test_namespaces_may_be_one(load: Load) -> None:
    spec = load(HEAD + "namespaces: {control: one, workers: one}\n")
    assert spec.namespaces.control == spec.namespaces.workers == "one"


def test_anchors_and_merge_keys_mean_what_yaml_says(load: Load) -> None:
    text = "airflow: {extras: &list [amazon]}\nimage: {requirements: *list, <<: {packages: [libpq5]}}\n"
    spec = load(HEAD + text)
    assert (spec.image.requirements, spec.image.packages) == (("amazon",), ("libpq5",))


def test_requirements_come_from_a_file(load: Load, tmp_path: Path) -> None:
    lines = ["# ours", "pandas==2.2.0 \\", "    --hash=sha256:00", "", "requests[socks]>=2 # why"]
    lines.append("x @ https://h/x.whl ; os_name == 'posix'")
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    spec = load(HEAD + "image: {requirements: {file: requirements.txt}}\n")
    assert spec.image.requirements == (
        "pandas==2.2.0",
        "requests[socks]>=2",
        "x @ https://h/x.whl ; os_name == 'posix'",
    )


def test_a_bom_is_no_part_of_the_text(load: Load) -> None:
    assert load("\ufeff" + HEAD).name == "sky"


def test_windows_line_ends_are_read(load: Load) -> None:
    assert load(HEAD.replace("\n", "\r\n")).name == "sky"


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85"])
def test_what_yaml_1_2_takes_for_text_is_text(load: Load, character: str) -> None:
    """YAML 1.1, and Python, take these for the end of a line."""
    assert load(f"# a{character}b\n{HEAD}").name == "sky"
    with pytest.raises(SpecError) as raised:
        load(f"{HEAD}dags: {{git: a{character}b, more: [{character}]}}  # {character}c\nnme: x\n")
    assert [problem.line for problem in raised.value.problems] == [3, 4]
    assert raised.value.problems[0].text == f"dags: {{git: a{character}b, more: [{character}]}}  # {character}c"
    source = Source("f", f"a{character}: [b{character}c, &x 'd{character}', *x]\n")
    assert parse_document(source).data == {f"a{character}": [f"b{character}c", f"d{character}", f"d{character}"]}


def test_a_spec_cannot_be_changed(load: Load) -> None:
    spec = load(HEAD)
    with pytest.raises(ValidationError):
        # type: ignore, because mypy refuses it too.
        spec.name = "other"  # type: ignore[misc]


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    for file in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(UsageError) as raised:
            load_spec(file, PLACES)
        assert raised.value.code == "spec.file-not-readable"


def test_the_file_is_the_named_one_then_the_variables_then_the_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_file() is None
    (tmp_path / "airstrip.yaml").touch()
    assert find_file() == Path("airstrip.yaml")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert find_file() is None, "no search upwards"
    monkeypatch.setenv("AIRSTRIP_FILE", "other.yaml")
    assert find_file() == Path("other.yaml")
    assert find_file(Path("x.yaml")) == Path("x.yaml")
