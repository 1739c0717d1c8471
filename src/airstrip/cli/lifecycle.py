"""up, run, down: what changes a deployment or makes it work."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airstrip.cli import options
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call
from airstrip.errors import UsageError

if TYPE_CHECKING:
    from airstrip.deployment import Deployment

verbs = typer.Typer()


def load(file: Path | None) -> Deployment:
    """The deployment that -f, AIRSTRIP_FILE or ./airstrip.yaml names, else the built-in one."""
    from airstrip.deployment import Deployment

    return Deployment.load(file)


@verbs.command("up", short_help="Land Airflow.")
def up(
    force: Annotated[bool, typer.Option("--force", help="Land it with DAG files that are broken, too.")] = False,
    file: options.File = None,
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Land Airflow: all that it needs is built, started and waited for.

    Can be run again at any time: it mends what is broken and applies what has changed in the file.
    Before Airflow is replaced, the folder of DAGs that the file names is read in its image: with a broken
    file in it nothing is landed, and the exit code is 3.

    \b
    Examples:
      ./airstrip up                 as root, or with sudo
      ./airstrip up -f prod.yaml    what a file describes
      ./airstrip up --yes --json    in a script
    """
    Call("up", json, debug, yes).run(lambda voice, confirm: load(file).up(voice, confirm, timeout=timeout, force=force))


@verbs.command("run", cls=Command, short_help="Run a DAG and print its tasks' logs.")
def run(
    dag: Annotated[str, typer.Argument(metavar="DAG", help="The DAG's id.")],
    conf: Annotated[str, typer.Option("--conf", metavar="JSON", help="The run's configuration.")] = "{}",
    file: options.File = None,
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run a DAG once, follow its tasks and print their logs; exit code 0 only when it succeeded.

    A DAG that is paused is unpaused, and stays so: if it has a schedule, that runs it from then on too.

    \b
    Examples:
      ./airstrip run smoke
      ./airstrip run load --conf '{"day": "2026-01-31"}'
    """
    Call("run", json, debug).run(lambda voice, _: load(file).run(dag, parse_conf(conf), voice, timeout=timeout))


def parse_conf(text: str) -> dict[str, Any]:
    """The JSON object of --conf; its text is not repeated in the error."""
    try:
        conf = json_module.loads(text)
    except ValueError:
        conf = None
    if not isinstance(conf, dict):
        raise UsageError("usage.bad-conf", "--conf is not a JSON object", fix="""For example: --conf '{"day": 1}'""")
    return conf


@verbs.command("down", short_help="Take Airflow away; data stays.")
def down(
    data: Annotated[bool, typer.Option("--data", help="Delete the database, the logs and all other data too.")] = False,
    file: options.File = None,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Take Airflow away. Data stays, unless --data is given; your DAGs and the caches stay always.

    \b
    Examples:
      ./airstrip down           as root, or with sudo; `up` brings it back
      ./airstrip down --data    its data too; images go with `node prune`
    """
    call = Call("down", json, debug, yes, enter_agrees=False)
    call.run(lambda voice, confirm: load(file).down(voice, confirm, data=data))
