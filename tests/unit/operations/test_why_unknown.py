"""A DAG that Airflow does not know, for its file cannot be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import AirflowError
from tests.unit.operations.test_why import Fake, seen

__all__ = ["seen"]


def test_of_files_that_are_not_here_the_one_with_its_name_may_define_it() -> None:
    """As of DAGs from git, in an image, or pushed by somebody else."""
    (finding,) = Fake(dag=None, errors={"team/d.py": "Traceback\nNameError: boom\n", "x.py": "no"}).why().findings
    assert (finding.code, finding.cause) == ("dags.import-error", "NameError: boom.")
    with pytest.raises(AirflowError) as raised:
        Fake(dag=None, errors={"x.py": "no"}).why()
    assert raised.value.code == "airflow.dag-not-found"
    assert "its file cannot be imported (x.py?)" in raised.value.cause


@pytest.mark.parametrize("name", ["d.py", "team/other.py"])
def test_a_dag_whose_file_cannot_be_imported_is_explained_by_that(tmp_path: Path, name: str) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / name).write_text("@dag\ndef d(): boom\n")
    (finding,) = Fake(dag=None, errors={name: "Traceback\nNameError: boom\n"}, folder=tmp_path).why().findings
    assert (finding.code, finding.cause) == ("dags.import-error", "NameError: boom.")
    assert name in finding.symptom
