"""One case for each rule about Airflow, its database, Secrets, logs, settings and DAGs."""

from __future__ import annotations

from dataclasses import replace

from airstrip.diagnose import DeploymentFact, Facts
from airstrip.diagnose.airflow.facts import (
    AirflowFacts,
    HeartbeatFact,
    ImageFact,
    ImportErrorFact,
    OverdueFact,
    PoolFact,
    ReaderFact,
    SecretFact,
    SettingFact,
    SignFact,
    TaskFact,
    TaskSignFact,
)
from airstrip.diagnose.facts import ContainerFact, JobFact, ProbeFact
from airstrip.diagnose.namespace_facts import WorkloadFact
from tests.unit.diagnose.making import FAILED, LOGIN, MIGRATION, REFUSED, Case, failing, pod

DEPLOYMENT = DeploymentFact("mine", "airflow", "airflow-workers", airflow_version="3.3.2", dags_from_git=True)
NOT_OURS = "airstrip: the database has tables of an Airflow already: alembic_version, dag"
OTHERS_DATABASE = replace(DEPLOYMENT, database_is_ours=False)
JWT = ("AIRFLOW__API_AUTH__JWT_SECRET",)
ENDED_EARLY = (
    "Executor KubernetesExecutor(parallelism=32) reported that the task instance <TaskInstance: smoke.hello manual__1"
    " [queued] ti_id=1> finished with state failed, but the task instance's state attribute is queued."
)
NO_HEARTBEAT = (
    "Detected a task instance without a heartbeat: filepath='daily.py' bundle_name='main' bundle_version=None"
    " msg=\"{{'DAG Id': 'daily', 'Task Id': '{}', 'Run Id': 'r1', 'Hostname': 'daily-1'}}\" type='TaskCallbackRequest'"
)
NO_MODULE = "ModuleNotFoundError: No module named "


def seen(*probes: ProbeFact, **facts: object) -> Facts:
    return Facts(deployment=DEPLOYMENT, probes=probes, airflow=replace(AirflowFacts(), **facts))  # type: ignore[arg-type] # its own


def logged(sign: str, component: str, *lines: str) -> Facts:
    return seen(signs=(SignFact(sign, component, f"{component}-0", lines),))


def checked(*log: str) -> Facts:
    """The Job that gets into the repositories before a release, failed with these lines."""
    container = ContainerFact("git-check", "i", "terminated", "Error", exit_code=1, log=log)
    found = pod("git-check", container, namespace="airflow-workers", owner="Job/git-check", phase="Failed")
    failed = JobFact("airflow-workers", "git-check", "git-check", complete=False, failed=True)
    return Facts(deployment=DEPLOYMENT, pods=[found], jobs=[failed])


def task_logged(sign: str, line: str) -> Facts:
    return seen(task_signs=(TaskSignFact(sign, "daily", "r1", "load", (line,)),))


def workload(component: str, wanted: int = 1) -> WorkloadFact:
    return WorkloadFact("Deployment", "airflow", component, component, wanted, wanted)


def beating(component: str, age: float) -> Facts:
    found = seen(database="healthy", heartbeats=(HeartbeatFact(component, "unhealthy", age),))
    return replace(found, workloads=(workload(component),))


def import_error(message: str) -> Facts:
    return seen(import_errors=(ImportErrorFact("daily.py", "main", message),))


def waiting(state: str, pool: str = "default_pool") -> TaskFact:
    return TaskFact("daily", "r1", "load", state, 400.0, pool)


def unanswered(code: str, message: str) -> Case:
    """Airflow was asked, and the answer was this error."""
    return seen(ProbeFact("airflow", "failed", message, 0.1, code, "It hangs.", "Mend it.")), message


AIRFLOW_CASES: dict[str, Case] = {
    "database.login-refused": (
        Facts(pods=[replace(MIGRATION, containers=(failing(LOGIN),))], jobs=[FAILED]),
        "the database refuses the login of migration",
    ),
    "database.unreachable": (
        Facts(pods=[replace(MIGRATION, containers=(failing(REFUSED),))], jobs=[FAILED]),
        "the database is not reached by migration",
    ),
    "database.url-refused": (
        Facts(deployment=OTHERS_DATABASE, pods=[replace(MIGRATION, containers=(failing(LOGIN),))], jobs=[FAILED]),
        "the database that database.url names refuses the login of migration",
    ),
    "database.url-unreachable": (
        Facts(deployment=OTHERS_DATABASE, pods=[replace(MIGRATION, containers=(failing(REFUSED),))], jobs=[FAILED]),
        "the database that database.url names is not reached by migration",
    ),
    "database.not-ours": (
        Facts(deployment=OTHERS_DATABASE, pods=[replace(MIGRATION, containers=(failing(NOT_OURS),))], jobs=[FAILED]),
        "the database that database.url names is not this deployment's",
    ),
    "database.stopped": (
        replace(seen(), workloads=(workload("postgresql", 0), workload("scheduler"))),
        "the database has no pod",
    ),
    "database.too-many-connections": (
        logged("connections", "scheduler", "FATAL:  sorry, too many clients already"),
        "the database has no connection left for scheduler",
    ),
    "database.disk-full": (
        logged("disk", "postgresql", 'could not extend file "base/1": No space left on device'),
        "the database's volume is full",
    ),
    "database.newer-than-image": (
        Facts(pods=[replace(MIGRATION, containers=(failing("Can't locate revision identified by 'f00'"),))]),
        "the database was migrated by a newer Airflow than the image's",
    ),
    "database.not-migrated": (
        logged("not-migrated", "scheduler", "Database migration required. Please run `airflow db migrate`."),
        "scheduler finds a database that was not migrated for it",
    ),
    "database.pooler": (
        logged("pooler", "api-server", 'prepared statement "__asyncpg_stmt_1__" already exists'),
        "api-server and a connection pooler do not get on",
    ),
    "database.unhealthy": (seen(database="unhealthy"), "Airflow says that its database is unhealthy"),
    "secret.malformed": (
        seen(secrets=(SecretFact("airflow-keys", True, ("scheduler",), (), ("fernet-key",)),)),
        "fernet-key in Secret airflow-keys is not a key",
    ),
    "secret.database-url": (
        seen(secrets=(SecretFact("airflow-database", True, keeps_password=False),)),
        "Secret airflow-database names two passwords",
    ),
    "secret.jwt-differs": (
        seen(
            readers=(
                ReaderFact("scheduler", "scheduler-1", "airflow-keys", JWT, True),
                ReaderFact("api-server", "api-server-1", "airflow-keys", JWT, False),
            ),
            task_signs=(TaskSignFact("token", "daily", "r1", "load", ("Invalid auth token",)),),
        ),
        "the scheduler signs tasks' tokens with another key than the api-server knows",
    ),
    "secret.not-rolled": (
        seen(readers=(ReaderFact("scheduler", "scheduler-1", "airflow-keys", JWT, False),)),
        "scheduler run with what Secret airflow-keys held before it was changed",
    ),
    "secret.fernet-key-changed": (
        seen(unreadable=("variable token", "connections")),
        "Airflow cannot decrypt what it stored: variable token, connections",
    ),
    "component.image-differs": (
        seen(images=(ImageFact("scheduler", "b"), ImageFact("api-server", "a"), ImageFact("triggerer", "a"))),
        "scheduler runs another image than the others: b",
    ),
    **{
        code: unanswered(code, f"the error {code} in words")
        for code in ("airflow.unreachable", "airflow.unavailable", "airflow.not-airflow")
    },
    "airflow.login-refused": (
        seen(ProbeFact("airflow-work", "failed", "refused", 0.1, "airflow.login-refused")),
        "Airflow does not take the account airstrip, which this command line logs in with",
    ),
    "airflow.clock-skew": (seen(ahead=-90.4), "the cluster's clock is 90 s behind this machine's"),
    "airflow.version-differs": (seen(version="3.3.1"), "Airflow 3.3.1 runs, and the file says 3.3.2"),
    "airflow.no-admin": (seen(admins=0), "no person has an account with the role Admin"),
    "scheduler.silent": (
        beating("scheduler", 45.2),
        "the scheduler sends no heartbeats: its last is 45 s old",
    ),
    "triggerer.silent": (
        beating("triggerer", 45.2),
        "the triggerer sends no heartbeats: its last is 45 s old",
    ),
    "dag-processor.silent": (
        beating("dag-processor", 45.2),
        "the dag-processor sends no heartbeats: its last is 45 s old",
    ),
    "logs.refused": (
        task_logged("log-folder", "PermissionError: [Errno 13] Permission denied: '/opt/airflow/logs/dag_id=daily'"),
        "daily cannot write its log",
    ),
    "logs.remote": (
        task_logged("remote-log", "Could not read logs from s3://bucket/logs"),
        "the store of logs refuses daily",
    ),
    "settings.unknown": (
        seen(settings=(SettingFact("scheduler", "AIRFLOW__CORE__PARALELISM"),)),
        "scheduler has a setting that Airflow ignores: AIRFLOW__CORE__PARALELISM",
    ),
    "settings.renamed": (
        seen(settings=(SettingFact("scheduler", "AIRFLOW__A__OLD", "AIRFLOW__A__NEW"),)),
        "scheduler has a setting under its old name: AIRFLOW__A__OLD",
    ),
    "git.program-absent": (
        checked("airstrip: the image has no program git"),
        "the check before the release cannot run git: the image has no program git",
    ),
    "git.host-key": (
        checked("main: Host key verification failed.", "main: fatal: Could not read from remote repository."),
        "the git server's key is not one of those in dags.git.knownHosts",
    ),
    "git.certificate": (
        logged(
            "git-certificate", "dag-processor", "fatal: unable to access 'https://h/r/': SSL certificate problem: x"
        ),
        "the git server's certificate is not trusted",
    ),
    "git.token-refused": (
        logged("git-token", "dag-processor", "stderr: 'fatal: Authentication failed for 'https://h/r/''"),
        "the git server does not let the dag-processor in",
    ),
    "git.repo-absent": (
        checked("main: fatal: repository 'https://h/r/' not found"),
        "there is no such repository on the git server, or it is hidden from the check before the release",
    ),
    "git.ref-absent": (
        checked("airstrip: main: the repository has no branch mian: it has main, dev"),
        "git has no such branch, tag or commit: main: the repository has no branch mian: it has main, dev",
    ),
    "git.path-absent": (
        checked("airstrip: main: the repository has no folder dag there; its folders at the top: dags"),
        "git has no such folder: main: the repository has no folder dag there; its folders at the top: dags",
    ),
    "git.unreachable": (
        logged("git-unreachable", "dag-processor", "ssh: connect to host h port 22: Connection refused"),
        "the dag-processor does not reach the git server",
    ),
    "image.missing-provider": (
        logged("provider", "api-server", f"{NO_MODULE}'airflow.providers.amazon.aws.log'"),
        "api-server ends because its image lacks airflow.providers.amazon.aws.log",
    ),
    "dags.missing-provider": (
        import_error(f"{NO_MODULE}'airflow.providers.amazon'"),
        "daily.py cannot be imported: the image lacks airflow.providers.amazon",
    ),
    "dags.missing-package": (
        import_error(f"{NO_MODULE}'pandas'"),
        "daily.py cannot be imported: there is no module pandas",
    ),
    "dags.import-error": (import_error("NameError: name 'x' is not defined"), "daily.py cannot be imported"),
    "pool.no-slots": (
        seen(pools=(PoolFact("default_pool", 0, 0, 0, 2),)),
        "pool default_pool has no slot, and 2 tasks wait in it",
    ),
    "pool.full": (
        seen(pools=(PoolFact("default_pool", 4, 4, 0, 2),), waiting=(waiting("scheduled"),)),
        "4 of 4 slots of pool default_pool are taken, and 2 tasks wait for room in it",
    ),
    "executor.full": (
        seen(parallelism=8, active=8, waiting=(waiting("scheduled"),)),
        "8 of 8 places of the executor are taken, and 1 task waits for one",
    ),
    "task.token-refused": (
        task_logged("token", "Invalid auth token: Signature verification failed"),
        "load of daily was refused by the api-server",
    ),
    "task.token-expired": (
        task_logged("token-expired", "Signature has expired"),
        "load of daily came to the api-server with a token that was no longer good",
    ),
    "airflow.execution-api-overloaded": (
        task_logged("overloaded", "httpx.ReadTimeout: timed out"),
        "load of daily had no answer from the api-server in time",
    ),
    "pod.refused": (
        logged("refused", "scheduler", "[Try 1 of 5] Kube ApiException. Message: Pod d-x1 is invalid: no image"),
        "no pod can be made for tasks: the API server refuses it",
    ),
    "task.ended-early": (
        logged("ended-early", "scheduler", ENDED_EARLY),
        "the pod of smoke.hello ended before its task began",
    ),
    "task.heartbeat-timeout": (
        logged("heartbeat-timeout", "scheduler", *map(NO_HEARTBEAT.format, ("load", "move"))),
        "load of daily and 1 more was given up: the scheduler heard no heartbeat of it for too long",
    ),
    "task.queued-long": (seen(waiting=(waiting("queued"),)), "load of daily has been queued for 400 s"),
    "dag.overdue": (
        seen(overdue=(OverdueFact("daily", 61.0), OverdueFact("hourly", 300.0))),
        "hourly was due 300 s ago, and the scheduler has made no run (1 more DAG is late)",
    ),
}
