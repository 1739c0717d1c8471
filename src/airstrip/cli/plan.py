"""plan: what `up` would do."""

from __future__ import annotations

from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.verb import Call

verbs = typer.Typer()


@verbs.command("plan", short_help="Show what `up` would change.")
def plan(
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 3 when there are changes.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show what `up` would do, in its order. Builds nothing, starts nothing, writes nothing.

    What was changed by hand with kubectl is shown as what `up` takes back.

    \b
    Examples:
      ./airstrip plan
      ./airstrip plan --exit-code --json    in a script: 3 means changes
    """
    Call("plan", json, debug).run(lambda _, __: load(file).plan(exit_code=exit_code))
