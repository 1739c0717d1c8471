"""What is checked where the author has no tests: `airstrip test` gives this file to pytest."""

import pytest

from airstrip_dev.testing import note_bag


@pytest.fixture(scope="module")
def bag(dagbag):
    note_bag(dagbag)
    return dagbag


def is_cycle(reason):
    return "AirflowDagCycleException" in reason


def is_duplicate(reason):
    return "AirflowDagDuplicatedIdException" in reason


def failed(errors):
    return "\n".join(f"{file}: {reason.strip().splitlines()[-1]}" for file, reason in sorted(errors.items()))


def test_every_dag_file_imports(bag):
    errors = {
        file: reason for file, reason in bag.import_errors.items() if not is_cycle(reason) and not is_duplicate(reason)
    }
    assert not errors, failed(errors)


def test_no_dag_runs_in_a_circle(bag):
    errors = {file: reason for file, reason in bag.import_errors.items() if is_cycle(reason)}
    assert not errors, failed(errors)


def test_no_two_dags_have_one_id(bag):
    errors = {file: reason for file, reason in bag.import_errors.items() if is_duplicate(reason)}
    assert not errors, failed(errors)
    assert not bag.twice, ", ".join(f"{file} has {dag} twice" for dag, file in bag.twice)


def test_there_is_a_dag(bag):
    assert bag.dags, "no file has a DAG"
