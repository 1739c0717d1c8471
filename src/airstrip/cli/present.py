"""A verb's answer as text on stdout. stdout holds results only, so scripts can read it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airstrip.cli import (
    present_author,
    present_dags,
    present_doctor,
    present_images,
    present_node,
    present_projects,
    present_revisions,
    present_users,
    present_verify,
)
from airstrip.cli.colors import paint
from airstrip.cli.finding_text import finding_lines
from airstrip.cli.plan_text import plan_lines
from airstrip.cli.present_why import also, present_why
from airstrip.cli.tables import columns, plain, state
from airstrip.cli.width import fits
from airstrip.result import AnyResult

_LOG_IN = "as admin; ./airstrip open --password prints the password"
_LOG_IN_WITHOUT_ADMIN = "with an account of yours: ./airstrip users list"


def present(result: AnyResult) -> None:
    """Prints the data in the verb's own form, then what was found wrong."""
    if result.verb == "why":
        # One cause; what else holds is only named.
        lines, shown = present_why(result.data, result.findings), result.findings[:1]
    elif result.verb in _WITH_FINDINGS:
        print("\n".join(_WITH_FINDINGS[result.verb](result.data)))
        return
    else:
        lines, shown = _PRESENTERS.get(result.verb, _anything)(result.data), result.findings
    for finding in shown:
        lines += finding_lines(finding, sys.stdout)
    lines += also(result.findings[len(shown) :])
    for line in lines:
        print(line)


def _init(data: Mapping[str, Any]) -> list[str]:
    if "examples" in data:
        return [line.strip() for line in columns([(row["example"], row["about"]) for row in data["examples"]])]
    return [str(path) for path in data["written"]] or ["All of it is there already."]


def _up(data: Mapping[str, Any]) -> list[str]:
    return [
        "",
        f"Airflow {data['airflow']} has landed: {paint(str(data['url']), 'bold', sys.stdout)}",
        "",
        f"  log in        {_LOG_IN if data['username'] else _LOG_IN_WITHOUT_ADMIN}",
        "  try it        ./airstrip run smoke",
        "  look at it    ./airstrip status",
        "  take it away  ./airstrip down   (as root, or with sudo; data stays)",
    ]


def _down(data: Mapping[str, Any]) -> list[str]:
    if data.get("dataDeleted"):
        return [f"{data['name']} is gone, and so is its data."]
    if not data.get("wasRunning", True):
        return [f"{data['name']} was not running. Its data, if any, is kept."]
    return [f"{data['name']} is down. Its data is kept: ./airstrip up brings it back."]


def _open(data: Mapping[str, Any]) -> list[str]:
    return [str(data["url"])]


def _run(data: Mapping[str, Any]) -> list[str]:
    rows = [(_task_name(task), state(task["state"])) for task in data["tasks"]]
    return [f"{data['dag']} {data['run']}: {state(data['state'])}", *columns(rows)]


def _task_name(task: Mapping[str, Any]) -> str:
    return str(task["task"]) if task["map"] < 0 else f"{task['task']}[{task['map']}]"


def _status(data: Mapping[str, Any]) -> list[str]:
    if "history" in data:
        return _history(data)
    lines = [f"{data['name']}: {state(data['state'])}"]
    if url := data.get("url"):
        versions = ", ".join(f"{name} {version}" for name, version in data.get("versions", {}).items())
        place = f"{data['place']}, {data['placeState']}" if "placeState" in data else ""
        lines += columns([row for row in (("url", str(url)), ("versions", versions), ("place", place)) if row[1]])
    components = [
        (str(row["component"]), f"{row['ready']}/{row['wanted']} ready", "" if row["healthy"] else state("unhealthy"))
        for row in data.get("components", ())
    ]
    if components:
        lines += ["", "components", *columns(components)]
    runs = [
        (str(row["dag"]), str(row["run"]), state(row["state"]), str(row.get("started") or ""))
        for row in data.get("runs", ())
    ]
    if runs:
        # A run's name tells a time already: where there is no room for its start, that goes.
        lines += [
            "",
            "last runs",
            *(columns(runs) if fits(columns(runs), sys.stdout) else columns(_without_last(runs))),
        ]
    return lines


def _without_last(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return [row[:-1] for row in rows]


def _history(data: Mapping[str, Any]) -> list[str]:
    history = data["history"]
    rows = [
        (str(row["revision"]), str(row["at"]), f"airflow {row['airflow']}", f"{row['changed']} changed", str(row["by"]))
        for row in history
    ]
    lines = [f"{data['name']}: {len(rows)} releases"]
    for line, row in zip(columns(rows), history, strict=True):
        lines += [line, *([f"     {state('failed')}: {row['error']}"] if row["error"] else [])]
    return lines


def _anything(data: Mapping[str, Any]) -> list[str]:
    """Whatever has no form of its own: a line for each key, lists beneath it."""
    lines: list[str] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            lines += [key, *columns([(str(name), plain(item)) for name, item in value.items()])]
        elif isinstance(value, list | tuple):
            lines += [key, *(f"  {_one_line(item)}" for item in value)]
        else:
            lines.append(f"{key}: {state(value)}")
    return lines


def _one_line(item: object) -> str:
    return "  ".join(plain(value) for value in item.values()) if isinstance(item, Mapping) else plain(item)


_PRESENTERS: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "init": _init,
    "up": _up,
    "down": _down,
    "open": _open,
    "node build": present_node.present_build,
    "node start": present_node.present_status,
    "node stop": present_node.present_stop,
    "node status": present_node.present_status,
    "node kubeconfig": present_node.present_kubeconfig,
    "node prune": present_node.present_prune,
    "image list": present_images.present_list,
    "image build": present_images.present_built,
    "image containerfile": present_images.present_containerfile,
    "image lock": present_images.present_locked,
    "image new": _init,
    "image push": present_images.present_pushed,
    "image test": present_images.present_test,
    "project list": present_projects.present_list,
    "project add": present_projects.present_added,
    "project show": present_projects.present_project,
    "project set": present_projects.present_changed,
    "project unset": present_projects.present_changed,
    "project remove": present_projects.present_removed,
    "dags list": present_dags.present_list,
    "dags push": present_revisions.present_push,
    "dags history": present_revisions.present_history,
    "dags rollback": present_revisions.present_rollback,
    "dags diff": present_revisions.present_diff,
    "users list": present_users.present_list,
    "users add": present_users.present_added,
    "users set-role": present_users.present_role,
    "users reset-password": present_users.present_password,
    "users delete": present_users.present_deleted,
    "doctor": present_doctor.present_doctor,
    "run": _run,
    "dev": present_author.present_dev,
    "test": present_author.present_test,
    "test --upgrade-check": present_author.present_upgrade,
    "status": _status,
    "plan": plan_lines,
    "verify": present_verify.present_verify,
}

_WITH_FINDINGS: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {"dags check": present_dags.present_check}
"""Their own form has each finding, with its place."""
