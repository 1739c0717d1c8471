"""The environment variables of Airflow's processes on this machine.

From the author's shell comes everything but Airflow's own settings: those are the file's, as in the
cluster, without what has a meaning only there. Connections and variables of the shell count.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from airstrip.errors import UsageError
from airstrip.operations.authoring.home import Home
from airstrip.operations.authoring.program import PROGRAMS
from airstrip.spec import Spec
from airstrip_pods.conventions import (
    DAGS_CLAIM_VARIABLE,
    DAGS_VERSIONS_CLAIM_VARIABLE,
    DATA_URL_VARIABLE,
    PROJECT_DATA_URL_VARIABLE,
    PROJECT_VARIABLE,
    PROJECTS_VARIABLE,
)

# The cluster's own database, executor, log store and meters; and how its processes write their logs.
_ONLY_IN_A_CLUSTER = re.compile(
    r"AIRFLOW__((DATABASE|KUBERNETES_EXECUTOR|METRICS|TRACES|SENTRY)__\w+"
    r"|LOGGING__(REMOTE_\w+|DELETE_LOCAL_LOGS|JSON_LOGS|LOGGING_CONFIG_CLASS|COLORED_CONSOLE_LOG))"
)
_NOT_INHERITED = re.compile(
    r"AIRFLOW__\w+|AIRFLOW_(HOME|CONFIG)|PYTHON\w+|VIRTUAL_ENV\w*|__PYVENV_LAUNCHER__"
    rf"|{PROJECT_VARIABLE}|{PROJECT_DATA_URL_VARIABLE}|{PROJECTS_VARIABLE}|{DAGS_CLAIM_VARIABLE}"
    rf"|{DAGS_VERSIONS_CLAIM_VARIABLE}"
)
# In a file of the author's: what has a meaning only in a cluster, and what the two verbs stand on.
_OWN = re.compile(
    rf"{_ONLY_IN_A_CLUSTER.pattern}|AIRFLOW_(HOME|CONFIG)|AIRFLOW__CORE__(EXECUTOR|FERNET_KEY\w*)"
    r"|AIRFLOW__(API__SECRET_KEY|API_AUTH__JWT_SECRET)\w*|AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
    rf"|AIRFLOW__LOGGING__BASE_LOG_FOLDER|PYTHONHOME|AIRSTRIP_(?!{DATA_URL_VARIABLE.removeprefix('AIRSTRIP_')}$)\w+"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"


def process_variables(
    spec: Spec, home: Home, python: Path, dags: Path, more: Mapping[str, str]
) -> dict[str, str | None]:
    """Over our own environment; None takes a variable away. `more` is the author's own file."""
    bundles = [{"name": "main", "classpath": _BUNDLE, "kwargs": {"path": str(dags), "refresh_interval": 5}}]
    return {
        **{name: None for name in os.environ if _NOT_INHERITED.fullmatch(name)},
        "AIRFLOW_HOME": str(home.folder),
        "AIRFLOW_CONFIG": str(home.config),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url(home.database),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.folder / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__LOGGING__JSON_LOGS": "True",
        DATA_URL_VARIABLE: home.data_url,
        # Its packages were compiled when it was made, and nothing is left beside the author's files.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **home.keys(),
        **file_variables(spec),
        **more,
        "PATH": _before(python.parent, more.get("PATH") or os.environ.get("PATH", os.defpath)),
        "PYTHONPATH": _before(PROGRAMS, more.get("PYTHONPATH", "")),
    }


def _before(folder: Path, others: str) -> str:
    return os.pathsep.join(filter(None, (str(folder), others)))


def file_variables(spec: Spec) -> dict[str, str]:
    """What the file says to tasks, but for what has a meaning only in a cluster."""
    task = spec.components.get("task")
    said = {**spec.airflow.variables, **(task.env if task else {})}
    return {name: value for name, value in said.items() if not _ONLY_IN_A_CLUSTER.fullmatch(name)}


def database_url(file: Path) -> str:
    return f"sqlite:///{file}"


def read_variables(file: Path) -> dict[str, str]:
    """`NAME=VALUE` by lines, `#` begins a comment line, quotes around a whole value are taken away.

    Raises UsageError, which repeats no value.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            "dev.env-not-readable", f"{file} cannot be read: {reason}", fix="Correct the path after --env."
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if not sign or not _NAME.fullmatch(name.strip()):
            raise UsageError(
                "dev.env-line",
                f"{file}:{number}: this is not NAME=VALUE",
                fix="Write lines such as AIRFLOW_CONN_SHOP=postgresql://user:password@host/shop",
            )
        if _OWN.fullmatch(name.strip()):
            raise UsageError(
                "dev.env-own",
                f"{file}:{number}: {name.strip()} is not for you to set here",
                cause="Airstrip sets it here: database, executor, keys, logs and folders are its own.",
                fix="Remove the line, or name another file by --env.",
            )
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value
