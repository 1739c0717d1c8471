"""dags push, history, rollback, diff: DAG files in the deployment's own volume."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call

verbs = typer.Typer()

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="FOLDER", help="The folder. Default: `path` under dags.volume.", show_default=False),
]
Message = Annotated[str, typer.Option("--message", "-m", metavar="TEXT", help="What the history says of it.")]


@verbs.command("push", cls=Command, short_help="Make a folder's DAG files the live ones.")
def push(
    folder: Folder = None,
    message: Message = "",
    force: Annotated[bool, typer.Option("--force", help="Unchecked, broken files too.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check a folder of DAG files, send it to the deployment, and make it live from one moment to the next.

    For a deployment whose file says dags.volume. Airflow has read the files within 15 s as a rule. Runs that
    have begun go on with the files that they began with. A broken file is refused with exit code 3.

    \b
    Examples:
      ./airstrip dags push
      ./airstrip dags push ../other/dags -m "Load twice a day"
    """
    call = Call("dags push", json, debug)
    call.run(lambda voice, _: load(file).push_dags(folder, voice, message=message, force=force))


@verbs.command("history", short_help="Show which DAG files were live when.")
def history(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Show what was pushed, when, by whom, of which commit; the live revision is marked.

    \b
    Examples:
      ./airstrip dags history
      ./airstrip dags history --json
    """
    Call("dags history", json, debug).run(lambda voice, _: load(file).dags_history(voice))


@verbs.command("rollback", cls=Command, short_help="Go back to DAG files that were live before.")
def rollback(
    revision: Annotated[
        str | None,
        typer.Argument(
            metavar="REV", help="The beginning of a revision's name. Default: the one before.", show_default=False
        ),
    ] = None,
    message: Message = "",
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make a revision the live one that was pushed before: the one before the live one, or the one that is named.

    Where the file names a folder under dags.volume, the next `up` makes that live again.

    \b
    Examples:
      ./airstrip dags rollback
      ./airstrip dags rollback 3f2a9c -m "The new one loads twice"
    """
    call = Call("dags rollback", json, debug)
    call.run(lambda voice, _: load(file).rollback_dags(revision, voice, message=message))


@verbs.command("diff", cls=Command, short_help="Show what a push would change.")
def diff(
    revision: Annotated[
        str | None,
        typer.Argument(
            metavar="REV", help="The beginning of a revision's name. Default: the live one.", show_default=False
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="FOLDER", help="The folder. Default: `path` under dags.volume.", show_default=False
        ),
    ] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Only which files, and how many lines.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 3 when there are differences.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show how a folder of DAG files differs from the live ones, or from another revision.

    \b
    Examples:
      ./airstrip dags diff
      ./airstrip dags diff --stat 3f2a9c
      ./airstrip dags diff --exit-code --json   in a script: 3 means differences
    """
    call = Call("dags diff", json, debug)
    call.run(lambda voice, _: load(file).diff_dags(folder, revision, voice, stat=stat, exit_code=exit_code))
