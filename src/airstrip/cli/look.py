"""status, why, open, logs: what only looks."""

from __future__ import annotations

import json as json_module
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call
from airstrip.errors import UsageError
from airstrip.events import Emit
from airstrip.result import AnyResult, Result

if TYPE_CHECKING:
    # Help is shown without what the library imports.
    from airstrip.deployment import Deployment

verbs = typer.Typer()


@verbs.command("status", short_help="Show what runs, and how it is.")
def status(
    history: Annotated[bool, typer.Option("--history", help="Show what was landed when, and by whom.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show components, versions, health and the last runs.

    Exit code 3 when something is not as it should be: a component that is not ready, a DAG file that
    cannot be imported, a landing that did not get to its end, or nothing there.

    \b
    Examples:
      ./airstrip status
      ./airstrip status --history
      ./airstrip status --json
    """
    Call("status", json, debug).run(lambda _, __: load(file).history() if history else load(file).status())


@verbs.command("why", cls=Command, short_help="Say why a DAG or a task does not run.")
def why(
    dag: Annotated[str, typer.Argument(metavar="DAG", help="The DAG's id.")],
    task: Annotated[str | None, typer.Argument(metavar="TASK", help="A task of the DAG.", show_default=False)] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="ID", help="The DAG run. Default: the last.")] = None,
    map_index: Annotated[int, typer.Option("--map", metavar="N", min=-1, help="The index of a mapped task.")] = -1,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Say why a DAG or a task does not run, or why it failed: one cause, one fix.

    What else holds is listed beneath. Without a TASK, the run's first task in trouble is explained.
    Exit code 0 when it ran well or runs, 3 when there is something to mend or to wait for.

    \b
    Examples:
      ./airstrip why smoke
      ./airstrip why load extract
      ./airstrip why load extract --run manual__2026-01-31 --map 0
    """
    Call("why", json, debug).run(lambda _, __: load(file).why(dag, task, run_id=run, map_index=map_index))


@verbs.command("open", short_help="Print and open Airflow's URL.")
def open_ui(
    password: Annotated[bool, typer.Option("--password", help="Print only the password of admin.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print Airflow's URL, and open it where there is a desktop.

    In a cluster of somebody else's the URL is a port of this machine, which leads there until Ctrl-C.

    \b
    Examples:
      ./airstrip open
      ./airstrip open --password
    """
    call = Call("open", json, debug)
    if password:
        result = call.attempt(lambda _, __: Result("open", {"password": load(file).password()}))
        print(json_module.dumps(result.to_document()) if json else result.data["password"])
        return
    result = call.run(lambda _, __: load(file).open_url())
    if result.data["forwarded"] and not json:
        call.attempt(lambda voice, _: _forward(load(file), voice))
    elif not json and _has_desktop():
        typer.launch(str(result.data["url"]))


def _forward(deployment: Deployment, voice: Emit) -> AnyResult:
    """Until Ctrl-C."""
    with deployment.forwarded_ui(voice) as url:
        print("Ctrl-C ends it.", file=sys.stderr)
        if _has_desktop():
            typer.launch(url)
        signal.pause()
    raise AssertionError("a signal's handler raises")


def _has_desktop() -> bool:
    """Root has no browser on a user's desktop, and a pipe wants no window."""
    display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or sys.platform == "darwin"
    return bool(display) and sys.stdout.isatty() and os.geteuid() != 0


@verbs.command("logs", cls=Command, short_help="Print a component's or a task's log.")
def logs(
    subject: Annotated[str, typer.Argument(metavar="COMPONENT|DAG", help="A component; a DAG's id before a TASK.")],
    task: Annotated[str | None, typer.Argument(metavar="TASK", help="A task of the DAG.", show_default=False)] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="ID", help="The DAG run. Default: the last.")] = None,
    try_number: Annotated[
        int | None, typer.Option("--try", metavar="N", min=1, help="The task's try. Default: the last.")
    ] = None,
    map_index: Annotated[int, typer.Option("--map", metavar="N", min=-1, help="The index of a mapped task.")] = -1,
    follow: Annotated[bool, typer.Option("--follow", "-F", help="Go on as lines come.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print the log of a component, or of a task, also after its pod is gone.

    Components: api-server, scheduler, dag-processor, triggerer, postgresql, migration, git-check, git-sync.

    \b
    Examples:
      ./airstrip logs scheduler -F
      ./airstrip logs smoke hello
      ./airstrip logs load extract --run manual__2026-01-31 --try 2 --map 0
    """

    def lines() -> Iterator[str]:
        deployment = load(file)
        if task is None:
            return deployment.component_logs(subject, follow=follow)
        return deployment.task_logs(
            subject, task, run_id=run, try_number=try_number, map_index=map_index, follow=follow
        )

    def work(_: object, __: object) -> AnyResult:
        if task is None and (run, try_number, map_index) != (None, None, -1):
            raise _no_task(subject)
        printed = []
        for line in lines():
            if json and not follow:
                printed.append(line)
            else:
                print(json_module.dumps({"line": line}) if json else line, flush=follow)
        return Result("logs", {"lines": printed} if json and not follow else {})

    Call("logs", json, debug, lines=follow).run(work)


def _no_task(subject: str) -> UsageError:
    return UsageError(
        "usage.wrong-command-line",
        "--run, --try and --map belong to a task's log",
        fix=f"Name the task too: ./airstrip logs {subject} TASK",
    )
