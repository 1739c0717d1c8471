"""The command `airstrip`: its verbs, and what happens around every one of them."""

from __future__ import annotations

import io
import os
import sys
from types import ModuleType
from typing import Annotated

import typer

from airstrip import __version__
from airstrip.cli import author, dags, doctor, files, image, lifecycle, look, node, plan, projects, prove, users
from airstrip.cli.errors import Interrupted, show_lost, unexpected
from airstrip.cli.verb import Call
from airstrip.errors import AirstripError, UsageError

app = typer.Typer(name="airstrip", rich_markup_mode=None, pretty_exceptions_enable=False)
_TOP = (lifecycle, plan, look, doctor, prove, author, files)
_GROUPS = {"dags": dags, "project": projects, "users": users, "image": image, "node": node}
for module in _TOP:
    app.add_typer(module.verbs)
app.add_typer(dags.verbs, name="dags", short_help="DAGs: what Airflow has, and what it would refuse.")
app.add_typer(projects.verbs, name="project", short_help="What pods of a project get.")
app.add_typer(users.verbs, name="users", short_help="Airflow's accounts.")
app.add_typer(image.verbs, name="image", short_help="The images on their own.")
app.add_typer(node.verbs, name="node", short_help="The embedded Kubernetes node on its own.")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"airstrip {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def airstrip(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback has done the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Land Apache Airflow on Kubernetes from one file.

    \b
    ./airstrip up            land it; asks before it installs a system package
    ./airstrip run smoke     run a DAG and print its tasks' logs
    ./airstrip status        what runs, and how it is
    ./airstrip doctor        what is wrong, and what to do about it
    ./airstrip down          take it away; data stays
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Runs the command line and ends the process with the contract's exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = 0
    json = "--json" in sys.argv
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:
        # Whoever read our output has gone, or its disk is full. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError) and (json or not code):
            show_lost(unexpected(error), json=json)
        code = 1
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Runs the command line; returns the exit code. A wrong command line is a failure like any other."""
    verb = _verb(arguments)
    origin: BaseException | None = None
    try:
        return app(arguments, prog_name="airstrip", standalone_mode=False) or 0
    except BrokenPipeError:
        raise
    except (typer.Abort, KeyboardInterrupt):
        error: AirstripError = Interrupted(verb, has_begun=False)
    except typer.TyperException as wrong:
        fix = f"See: ./airstrip {verb} --help".replace("  ", " ")
        error = UsageError("usage.wrong-command-line", wrong.format_message(), fix=fix)
    except Exception as defect:
        error, origin = unexpected(defect), defect
    lines = verb == "logs" and not {"-F", "--follow"}.isdisjoint(arguments)
    Call(verb, json="--json" in arguments, debug="--debug" in arguments, lines=lines).fail(error, origin)
    return error.exit_code


def _verb(arguments: list[str]) -> str:
    """As much of the verb as is one, of a command line that may not be valid."""
    first, second, *_ = [*(word for word in arguments if not word.startswith("-")), "", ""]
    if first in _GROUPS:
        return f"{first} {second}" if second in _names(_GROUPS[first]) else first
    return first if any(first in _names(module) for module in _TOP) else ""


def _names(module: ModuleType) -> set[str]:
    return {str(command.name) for command in module.verbs.registered_commands}
