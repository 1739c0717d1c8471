"""No error repeats what may be a secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airstrip.errors import Problem

HEAD = "apiVersion: airstrip/v1\nname: airflow\n"


@pytest.mark.parametrize(
    "text",
    [
        "database: hunter2",
        "database: {url: hunter2}",
        "database:\n  url: postgresql://u:hunter2@h/db",
        "database: {url: env:A, password: hunter2}",
        "database:\n  url: env:A\n  url: hunter2",
        "secrets: {a: hunter2}",
        "secrets:\n  a: 1\n  a: hunter2",
        "airflow: {env: {A: [hunter2]}}",
        "airflow: {env: {A_PASSWORD: hunter2}}",
        "airflow: {env: {A: 'smtp://u:hunter2@host'}}",
        """airflow: {env: {AIRFLOW_CONN_A: '{"password": "hunter2"}'}}""",
        "airflow: {env: {AIRFLOW__CORE__FERNET_KEY: hunter2}}",
        "components: {task: {env: {A_TOKEN: hunter2}}}",
        "components: {task: {sidecars: [{name: a, image: b, env: [{name: A_TOKEN, value: hunter2}]}]}}",
        "components: {task: {sidecars: [{name: a, image: b, env: [{name: A, value: 'smtp://u:hunter2@host'}]}]}}",
        "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, spec: {env: [{name: A_TOKEN, value: hunter2}]}}]",
        "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, spec: {args: ['smtp://u:hunter2@host']}}]",
        "patches: [{apiVersion: v1, kind: A, metadata: {name: a}, spec: {password: hunter2}}]",
        "airflow: {config: {core: {fernet_key: hunter2}}}",
        "airflow: {config: {smtp: {smtp_password: hunter2}}}",
        "airflow: {config: {cores: {fernet_key: hunter2}}}",
        "airflow:\n  config:\n    A: 1\n    A: hunter2",
        "projects: {sales: {secrets: {A: hunter2}}}",
        "projects: {sales: {secrets: {A: [hunter2]}}}",
        "projects: {sales: {secrets: hunter2}}",
        "projects: {sales: {secrets: {a b: hunter2}}}",
        "projects: {sales: {config: {A_TOKEN: hunter2}}}",
        "projects: {sales: {config: {A: 'smtp://u:hunter2@host'}}}",
        "projects: {sales: {secrets: {A: env:B}, config: {A: hunter2}}}",
        "projects:\n  sales:\n    secrets:\n      A: 1\n      A: hunter2",
        "password: hunter2",
        "apiKey: hunter2",
        "{password: hunter2",
        "image: {requirements: ['https://u:hunter2@host/x.whl']}",
        "image: {requirements: ['mine @ https://u:hunter2@host/mine-1-py3-none-any.whl']}",
        "nme: {x: {database: hunter2}}",
        "dags: {git: {repo: 'https://u:hunter2@host/dags.git'}}",
        "dags: {git: {repo: 'https://hunter2@host/dags.git'}}",
        "dags: {git: {repo: 'ssh://git:hunter2@host/dags.git'}}",
        "dags: {git: {repo: 'git:hunter2@host:dags.git'}}",
        "dags: {git: {repo: 'https://host/dags.git?private=hunter2'}}",
        "dags: {git: {repo: 'https://host/dags.git', token: hunter2}}",
        "dags: {git: [{repo: 'git@host:dags.git', sshKey: hunter2}]}",
        "dags:\n  git:\n    repo: git@host:dags.git\n    sshKey: |\n      -----BEGIN\n      hunter2\n",
    ],
)
def test_a_literal_is_not_repeated(problems: Callable[[str], list[Problem]], text: str) -> None:
    found = problems(HEAD + text + "\n")
    assert found
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("value", ["hunter2", "'env:'", "[env:A]", "3", "ENV:A"])
def test_a_literal_is_told_how_to_be_a_reference(problems: Callable[[str], list[Problem]], value: str) -> None:
    (problem,) = problems(f"{HEAD}database: {{url: {value}}}\n")
    assert problem.code == "spec.secret-literal"
    assert "env:…" in problem.fix


@pytest.mark.parametrize("scheme", ["aws", "gcp", "oci", "vault"])
def test_every_scheme_is_a_reference(problems: Callable[[str], list[Problem]], scheme: str) -> None:
    (problem,) = problems(f"{HEAD}database: {{url: '{scheme}:some/where'}}\n")
    assert problem.code == "spec.not-yet"
