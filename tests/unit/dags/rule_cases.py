"""Facts that call for each rule, with its code and words; and facts of which none says anything."""

from __future__ import annotations

from dataclasses import replace

from airstrip.dags import Facts
from airstrip.dags.facts import Asked, ErrorKind, Known, ParsedDag, ParsedFile, ParseError, Reference
from airstrip.dags.removed import Removed
from airstrip_pods.surroundings import no_project
from tests.unit.dags.making import defined, facts, refused


def refused_as(kind: ErrorKind, text: str) -> ParsedFile:
    return ParsedFile("a.py", errors=(ParseError("a.py", kind, text),))


NOT_FOUND = "AirflowRuntimeError: VARIABLE_NOT_FOUND: {'message': 'Variable v not found'}"
NO_PROJECT = f"airstrip_pods.errors.ProjectError: {no_project('sails', ['rides', 'sales'])}"
NO_FILE = "FileNotFoundError: [Errno 2] No such file or directory: '/opt/config/rides.yaml'"
ASKED = Asked("variable", "v", given=False)
NOTHING = Known(frozenset(), frozenset(), frozenset())
OLD = "TypeError: DAG.__init__() got an unexpected keyword argument 'schedule_interval'"
SCHEDULE = Removed("a.py", 4, "`schedule_interval` is removed in Airflow 3.0", "Use `schedule` instead")
MAP = Reference("config-map", "m", "t", 7, where="env_from")
KEY = Reference("secret", "s", "t", 7, key="k", where="secrets")
IDENTITY = ("secret", "workers", "s")
OF_ENVIRONMENT = Reference("connection", "my_db", "t", sources=(("secret", "", "s"),))
ELSEWHERE = Reference("config-map", "m", "t", 7, namespace="other", unless="kubernetes_default")

CASES: dict[str, tuple[Facts, str, str]] = {
    "a cycle": (facts(refused("AirflowDagCycleException: Faulty task: a", "cycle")), "dags.cycle", "wait for each"),
    "too slow": (facts(refused("it was not parsed within 50 s", "timeout")), "dags.parse-timeout", "too long"),
    "a link that loops": (facts(refused_as("loop", "lib")), "dags.link-loop", "ends at this link"),
    "a bad pattern": (facts(refused_as("walk", "Error: x")), "dags.not-walked", "cannot look through"),
    "a pointer of git LFS": (
        Facts(facts(pointers=frozenset({"a.py"})).parsed, pointers=("a.py",)),
        "dags.lfs-pointer",
        "passes it over",
    ),
    "a crash": (facts(refused("it ended (SIGSEGV)", "crash")), "dags.parse-crash", "ends the process"),
    "a mistake": (facts(refused("SyntaxError: '(' was never closed")), "dags.import-error", "cannot be imported"),
    "a module": (facts(refused("E: No module named 'pandas'")), "dags.missing-package", "no module pandas"),
    "a project": (facts(refused(NO_PROJECT)), "dags.missing-project", "no project sails, which it asks for"),
    "a provider": (
        facts(refused("E: No module named 'airflow.providers.amazon'")),
        "dags.missing-provider",
        "lacks airflow.providers.amazon",
    ),
    "contrib": (facts(refused("E: No module named 'airflow.contrib'")), "dags.removed", "has no airflow.contrib"),
    "removed, by its name": (facts(refused(OLD), removed=(SCHEDULE,)), "dags.removed", "`schedule_interval` is"),
    "removed, by its line": (
        facts(refused("ImportError: x"), removed=(Removed("a.py", 3, "`y` is removed", ""),)),
        "dags.removed",
        "`y` is removed",
    ),
    "removed elsewhere": (facts(defined("d"), removed=(SCHEDULE,)), "dags.removed", "`schedule_interval` is"),
    "a variable at parse": (
        facts(refused(NOT_FOUND, asked=(ASKED,)), known=NOTHING),
        "dags.missing-variable",
        "no variable v",
    ),
    "a value that is not given": (
        facts(refused(NOT_FOUND, asked=(ASKED,)), known=Known(variables=frozenset({"v"}))),
        "dags.not-checked",
        "asks for the variable v",
    ),
    "before Airflow runs": (facts(refused(NOT_FOUND, asked=(ASKED,))), "dags.not-checked", "asks for the variable v"),
    "a volume of the DAG processor's": (
        replace(facts(refused(NO_FILE)), mounts=("/opt/config",)),
        "dags.not-checked",
        "it reads /opt/config while it is read",
    ),
    "another path than that of a volume": (
        replace(facts(refused(NO_FILE)), mounts=("/opt/conf", "/config", "/opt/config/rides.yaml.old")),
        "dags.import-error",
        "cannot be imported",
    ),
    "the database": (facts(refused("OperationalError", "database")), "dags.not-checked", "Airflow's database"),
    "an id in one file": (facts(defined("d", twice=True)), "dags.duplicate-id", "a second time, in the file itself"),
    "a built-in id": (
        facts(defined("smoke"), defined("smoke", file="smoke.py", bundle="airstrip")),
        "dags.duplicate-id",
        "in Airstrip's own smoke.py",
    ),
    "a DAG that cannot be looked into": (
        facts(ParsedFile("a.py", dags=(ParsedDag("d", 5, 1, unknown="RuntimeError: odd"),))),
        "dags.not-checked",
        "Airflow takes the DAG d, but",
    ),
    "a DAG that is imported": (
        facts(defined("d", made_in="z.py"), defined("d", file="z.py")),
        "dags.duplicate-id",
        "makes DAGs that z.py has too: d",
    ),
    "a pool": (facts(defined("d", Reference("pool", "p", "t")), known=NOTHING), "dags.missing-pool", "no pool p"),
    "a connection": (
        facts(defined("d", Reference("connection", "c", "t", where="conn_id")), known=NOTHING),
        "dags.missing-connection",
        "no connection c, which d.t (conn_id) asks for",
    ),
    "a connection that the task's environment has not": (
        facts(defined("d", OF_ENVIRONMENT), known=replace(NOTHING, objects={IDENTITY: frozenset({"AIRFLOW_CONN_X"})})),
        "dags.missing-connection",
        "no connection my_db",
    ),
    "a connection of an environment that is not there": (
        facts(defined("d", OF_ENVIRONMENT), known=replace(NOTHING, objects={IDENTITY: None})),
        "dags.missing-connection",
        "no connection my_db",
    ),
    "a variable": (
        facts(defined("d", Reference("variable", "v", "t", where="sql")), known=NOTHING),
        "dags.missing-variable",
        "no variable v, which d.t (sql) asks for",
    ),
    "a file that a pod does not see": (
        facts(defined("d", Reference("dag-file", "/opt/airflow/dags/task1.py", "t", where="cmds"))),
        "dags.file-not-in-pod",
        "the pod of d.t (cmds) runs /opt/airflow/dags/task1.py, and sees no folder of DAGs",
    ),
    "removed in templates": (
        facts(defined("d", Reference("template", "next_ds", "t", where="bash_command"))),
        "dags.removed",
        "templates of Airflow 3 have no next_ds, which d.t (bash_command) uses",
    ),
    "a ConfigMap": (
        facts(defined("d", MAP), known=Known(objects={("config-map", "workers", "m"): None})),
        "dags.missing-object",
        "no ConfigMap m in workers, which the pod of d.t (env_from) needs",
    ),
    "a key": (
        facts(defined("d", KEY), known=Known(objects={IDENTITY: frozenset({"other"})})),
        "dags.missing-key",
        "the Secret s in workers has no key k",
    ),
    "in another namespace": (
        facts(
            defined("d", ELSEWHERE), known=Known(connections=frozenset(), objects={("config-map", "other", "m"): None})
        ),
        "dags.missing-object",
        "no ConfigMap m in other",
    ),
}

GOOD: dict[str, Facts] = {
    "nothing that it names": facts(defined("d")),
    "an id in another deployment's words": facts(defined("d"), defined("e", file="b.py")),
    "what cannot be asked for": facts(
        defined("d", Reference("pool", "p", "t"), Reference("connection", "c", "t"), MAP)
    ),
    "what is there": facts(
        defined("d", Reference("pool", "p", "t"), KEY),
        known=Known(pools=frozenset({"p"}), objects={IDENTITY: frozenset({"k"})}),
    ),
    "what a secrets backend may have": facts(
        defined("d", Reference("connection", "c", "t")), known=NOTHING, has_backend=True
    ),
    "what the environment has": facts(
        defined("d", Reference("connection", "my_db", "t"), Reference("variable", "v", "t")),
        known=NOTHING,
        connections=frozenset({"MY_DB"}),
        variables=frozenset({"V"}),
    ),
    "what the task's own environment has": facts(
        defined("d", OF_ENVIRONMENT),
        known=replace(NOTHING, objects={IDENTITY: frozenset({"AIRFLOW_CONN_MY_DB"})}),
    ),
    "what a secrets backend of the task's own environment may have": facts(
        defined("d", OF_ENVIRONMENT),
        known=replace(NOTHING, objects={IDENTITY: frozenset({"AIRFLOW__WORKERS__SECRETS_BACKEND"})}),
    ),
    "what an environment may have that could not be read": facts(defined("d", OF_ENVIRONMENT), known=NOTHING),
    "a pod wherever a connection leads": facts(
        defined("d", ELSEWHERE),
        known=Known(connections=frozenset({"kubernetes_default"}), objects={("config-map", "other", "m"): None}),
    ),
    "Airstrip's own files": facts(
        refused("x", file="verify.py").__class__("verify.py", "airstrip", refused("x", file="verify.py").errors)
    ),
    "what was removed, in a file that is none of Airflow's": facts(defined("d", file="b.py"), removed=(SCHEDULE,)),
}
