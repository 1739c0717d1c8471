"""dags: what Airflow has, what it would refuse, and what it is given (dags_push.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from airstrip.cli import dags_push, options
from airstrip.cli.lifecycle import load
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call

verbs = typer.Typer()


@verbs.callback(invoke_without_command=True)
def dags(context: typer.Context) -> None:
    """DAGs: what Airflow has, what it would refuse, and what it is given."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@verbs.command("list", short_help="Show the DAGs, and files that cannot be imported.")
def list_dags(
    bundle: Annotated[
        str | None, typer.Option("--bundle", metavar="NAME", help="Of this bundle alone.", show_default=False)
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only files that cannot be imported.")] = False,
    built_in: Annotated[bool, typer.Option("--all", help="Airstrip's own DAGs too.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show the DAGs that Airflow knows, with their last runs, and the files that it cannot import.

    Exit code 0 whatever it finds: what is wrong with a deployment, `status` and `doctor` say.

    \b
    Examples:
      ./airstrip dags list
      ./airstrip dags list --errors
      ./airstrip dags list --bundle main --json
    """
    call = Call("dags list", json, debug)
    call.run(lambda _, __: load(file).dags(bundle=bundle, only_errors=errors, built_in=built_in))


@verbs.command("check", cls=Command, short_help="Check DAG files before Airflow has them.")
def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="The folder. Default: the one that the file names, or what its repositories of git have now.",
            show_default=False,
        ),
    ] = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Read every DAG file of a folder, or of git, in the deployment's own image, and say what is wrong with it.

    What Airflow refuses comes first: files that cannot be imported, tasks that wait for each other,
    one id for two DAGs. Then what a DAG names that is not there: pools, connections, variables,
    ConfigMaps, Secrets. Then what Airflow 3 removed. Nothing is published. Exit code 3 when there
    is more than a warning.

    \b
    Examples:
      ./airstrip dags check
      ./airstrip dags check ../other/dags
      ./airstrip dags check --json
    """
    Call("dags check", json, debug).run(lambda voice, _: load(file).check_dags(path, voice))


verbs.registered_commands += dags_push.verbs.registered_commands
