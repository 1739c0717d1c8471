"""verify: what proves a deployment."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from airstrip.answers import PropertyName
from airstrip.cli import options
from airstrip.cli.junit import write_failure, write_junit
from airstrip.cli.lifecycle import load
from airstrip.cli.render import Voice
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call, Confirm
from airstrip.errors import AirstripError
from airstrip.findings import Finding
from airstrip.report_file import clear_report
from airstrip.result import AnyResult

verbs = typer.Typer()

_TIMEOUT = 180.0


def _names(incomplete: str) -> list[str]:
    """For the shell's completion."""
    return [name for name in get_args(PropertyName) if name.startswith(incomplete)]


def _held(flag: str, metavar: str, what: str) -> Any:
    text = f"A {what} that the secrets backend holds: a task reads it there."
    return typer.Option(flag, metavar=metavar, help=text, show_default=False)


Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="PROPERTY", help="This one alone; can be given again.", autocompletion=_names),
]
Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the outcome as JUnit XML too.")]
GitWrite = Annotated[
    str | None,
    typer.Option(
        "--git-write",
        metavar="[BUNDLE:]BRANCH",
        help="Push a DAG to this branch of the repository of DAGs, see it come, and take it away: two commits.",
        show_default=False,
    ),
]
BackendVariable = Annotated[str | None, _held("--backend-variable", "NAME", "variable")]
BackendConnection = Annotated[str | None, _held("--backend-connection", "ID", "connection")]


@verbs.command("verify", cls=Command, short_help="Prove by real tasks that a deployment works.")
def verify(
    only: Only = None,
    junit: Junit = None,
    git_write: GitWrite = None,
    backend_variable: BackendVariable = None,
    backend_connection: BackendConnection = None,
    file: options.File = None,
    timeout: options.Timeout = _TIMEOUT,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run real tasks, try what must not be possible, and take away what was made for it.

    Each property is proved, has failed with a cause, or does not apply here with a reason. Exit code 3
    when one has failed. It leaves no pod, run, variable, connection or file; rows of Airflow's audit
    log and log files of its tasks stay. With --git-write, two commits stay in the branch's history, too.

    \b
    Examples:
      ./airstrip verify
      ./airstrip verify --only isolation --only least-access
      ./airstrip verify --junit report.xml
      ./airstrip verify --only dags --git-write main
      ./airstrip verify --only secrets --backend-variable region
    """
    call = Call("verify", json, debug)
    named = {"variable": backend_variable, "connection": backend_connection}
    held = {kind: name for kind, name in named.items() if name}

    def work(voice: Voice, _: Confirm) -> AnyResult:
        if junit:
            # Also before a minute's work, which could not be written down.
            clear_report(junit)
        try:
            result = load(file).verify(voice, only=only or (), timeout=timeout, git_write=git_write, held=held)
        except AirstripError as error:
            if junit:
                # The verb's own error is the one to tell.
                with suppress(AirstripError):
                    write_failure(error, junit)
            raise
        return _reported(result, junit) if junit else result

    call.run(work)


def _reported(result: AnyResult, junit: Path) -> AnyResult:
    """A minute's work is told whether it could be written down or not; that it could not is a finding of its own."""
    try:
        write_junit(result, junit)
    except AirstripError as error:
        finding = Finding(error.code, error.message, error.cause, error.fix, error.details)
        return replace(result, findings=[*result.findings, finding], exit_code=3)
    return result
