"""`airflow.config` and `airflow.env`: what is taken, as which text, and what is refused with which words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airstrip.errors import Problem
from airstrip.spec import Spec
from airstrip.spec.airflow_options import airflow_options
from airstrip.spec.own_settings import GENERATED_SECRETS, OWN_OPTIONS, TUNED_OPTIONS

HEAD = "apiVersion: airstrip/v1\nname: airflow\n"
CONFIG = "airflow: {config: {"
ENV = "airflow: {env: {"

OPTIONS = {
    # text after CONFIG: column, code, part of message or fix
    "cor: {parallelism: 1}": (20, "spec.unknown-section", "Did you mean `core`?"),
    "aws: {x: 1}": (20, "spec.unknown-section", "airflow.extras"),
    "webserver: {rbac: true}": (32, "spec.unknown-option", "no option webserver.rbac"),
    "core: {paralelism: 1}": (27, "spec.unknown-option", "Did you mean `parallelism`?"),
    "core: {Parallelism: 1}": (27, "spec.unknown-option", "Did you mean `parallelism`?"),
    "core: {catchup_by_default: false}": (27, "spec.unknown-option", "Did you mean `scheduler.catchup_by_default`?"),
    "core: {zzzzzz: 1}": (27, "spec.unknown-option", "configuration reference"),
    "core: {max_num_rendered_ti_fields_per_task: 1}": (
        *(27, "spec.renamed-option"),
        "num_dag_runs_to_retain_rendered_fields",
    ),
    "webserver: {workers: 2}": (32, "spec.renamed-option", "Write it as api.workers."),
    "webserver: {base_url: x}": (32, "spec.own-option", "target.local.port"),
    "core: {executor: LocalExecutor}": (27, "spec.own-option", "Write airflow.executor"),
    "core: {fernet_key: x}": (27, "spec.own-option", "makes itself"),
    "database: {sql_alchemy_conn_cmd: x}": (31, "spec.own-option", "makes itself"),
    "sentry: {sentry_dsn: x}": (29, "spec.secret-option", "does not stand in the file"),
    "smtp: {smtp_password: x}": (27, "spec.secret-option", "does not stand in the file"),
    "core: {default_timezone: 'env:ZONE'}": (45, "spec.not-yet", "secret reference"),
    "core: {default_timezone: }": (27, "spec.wrong-type", "has no value"),
    "core: {parallelism: [1]}": (40, "spec.wrong-type", "must be text, a number, true or false"),
    "core: 3": (26, "spec.wrong-type", "must be a mapping"),
    "core: ": (20, "spec.wrong-type", "has no value"),
    'core: {default_timezone: "a\\0b"}': (45, "spec.bad-value", "control character"),
}

VARIABLES = {
    "1A: x": (17, "spec.bad-variable", "no digit first"),
    "A-B: x": (17, "spec.bad-variable", "underscores"),
    "AIRFLOW__CORE__PARALLELISM: 3": (17, "spec.own-variable", "airflow.config: {core: {parallelism: …}}"),
    "airflow__: 3": (17, "spec.own-variable", "under airflow.config"),
    "HOME: /": (17, "spec.own-variable", "another name"),
    "AIRSTRIP_X: x": (17, "spec.own-variable", "another name"),
    "KUBERNETES_SERVICE_HOST: x": (17, "spec.own-variable", "another name"),
    "SMTP_PASSWORD: x": (17, "spec.secret-variable", "does not stand in the file"),
    "A: 'k8s:smtp/password'": (20, "spec.not-yet", "secret reference"),
    "A: 'https://u:p@host'": (20, "spec.secret-literal", "change the password"),
    "A: ": (17, "spec.wrong-type", "has no value"),
    "A: {b: c}": (20, "spec.wrong-type", "must be text, a number, true or false"),
}

Problems = Callable[[str | bytes], list[Problem]]
Load = Callable[[str], Spec]


@pytest.mark.parametrize(
    ("text", "expected"),
    [*((CONFIG + text, OPTIONS[text]) for text in OPTIONS), *((ENV + text, VARIABLES[text]) for text in VARIABLES)],
)
def test_what_is_refused(problems: Problems, text: str, expected: tuple[int, str, str]) -> None:
    (problem,) = problems(f"{HEAD}{text}}}}}\n")
    assert (problem.line, problem.column, problem.code) == (3, *expected[:2]), problem
    assert expected[2] in f"{problem.message} {problem.fix}"
    assert problem.fix


def test_every_wrong_setting_is_reported_at_once(problems: Problems) -> None:
    config = "    core: {a: 1, parallelism: [], executor: x}\n    cor: {b: 1}\n"
    text = f"airflow:\n  config:\n{config}  env: {{HOME: x, A B: x}}\n"
    assert [(problem.line, problem.code) for problem in problems(HEAD + text)] == [
        (5, "spec.unknown-option"),
        (5, "spec.wrong-type"),
        (5, "spec.own-option"),
        (6, "spec.unknown-section"),
        (7, "spec.own-variable"),
        (7, "spec.bad-variable"),
    ]


def test_a_value_is_the_text_that_was_written(load: Load) -> None:
    text = "{a: 0x10, b: 1_000, c: True, d: 1.50, e: 'x', f: \"\", g: file:///srv, h: 9007199254740993, i: ~/x}"
    env = load(f"{HEAD}airflow: {{env: {text}}}\n").airflow.env
    assert list(env.values()) == ["0x10", "1_000", "True", "1.50", "x", "", "file:///srv", "9007199254740993", "~/x"]


def test_settings_may_be_merged_in(load: Load) -> None:
    text = "airflow: {env: &all {A: 1}, config: {core: {parallelism: 7}, sensors: {<<: {default_timeout: 9}}}}\n"
    airflow = load(HEAD + text).airflow
    assert airflow.config == {"core": {"parallelism": "7"}, "sensors": {"default_timeout": "9"}}
    assert airflow.env == {"A": "1"}


@pytest.mark.parametrize("more", ["extras: [amazon]", "}\nimage: {requirements: [apache-airflow-providers-amazon]"])
def test_another_providers_section_is_taken_where_there_may_be_one(load: Load, problems: Problems, more: str) -> None:
    text = HEAD + "airflow: {config: {aws: {session_factory: x}}, " + more + "}\n"
    assert load(text.replace(", }", "}")).airflow.config == {"aws": {"session_factory": "x"}}
    (problem,) = problems(text.replace("session_factory", "secret_key").replace(", }", "}"))
    assert problem.code == "spec.secret-option"
    (problem,) = problems(text.replace("aws:", "schedular:").replace(", }", "}"))
    assert "Did you mean `scheduler`?" in problem.fix


def test_more_than_fits_is_refused(problems: Problems) -> None:
    (problem,) = problems(f"{HEAD}airflow: {{env: {{A: {'x' * 100_000}}}}}\n")
    assert problem.code == "spec.too-large"


def test_what_airstrip_names_is_in_airflows_list() -> None:
    """A name that a new release of Airflow has no more would be set for nothing."""
    options = airflow_options()
    known = {f"{section}.{option}" for section, names in options.sections.items() for option in names}
    assert (set(OWN_OPTIONS) | TUNED_OPTIONS | GENERATED_SECRETS) - known == set()
    assert not set(OWN_OPTIONS) & TUNED_OPTIONS
    assert set(options.renamed.values()) <= known
    assert options.sensitive >= GENERATED_SECRETS
