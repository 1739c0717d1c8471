"""doctor: what is wrong, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.present_doctor import ALL
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call, Confirm
from airstrip.errors import UsageError
from airstrip.result import AnyResult, Result

verbs = typer.Typer()


@verbs.command("doctor", cls=Command, short_help="Say what is wrong, and what to do about it.")
def doctor(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Explain this code, and look at nothing.", show_default=False)
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", metavar="FILE", help="Save what was seen, without known secrets.", show_default=False),
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Explain saved facts, of any machine.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="List what was looked at and is fine too.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Delete pods that outlived their tasks; asks before.")] = False,
    file: options.File = None,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Look at machine, cluster and Airflow, and say what is wrong, what to mend first first.

    Needs nothing to be working, changes nothing, looks for 8 s at most. Exit code 3 when something is wrong.

    \b
    Examples:
      ./airstrip doctor
      ./airstrip doctor image.missing        what a code means
      ./airstrip doctor --facts facts.json   for a report
      ./airstrip doctor --from facts.json    what another machine's facts say
      ./airstrip doctor --clean
    """

    def work(_: object, confirm: Confirm) -> AnyResult:
        _check(code, facts, from_file, clean=clean)
        from airstrip.deployment import Deployment

        if code:
            return Deployment.explain_code(code)
        if from_file:
            return _told(Deployment.explain_facts(from_file), everything and not json)
        with load(file) as deployment:
            return deployment.clean(confirm) if clean else _told(deployment.doctor(facts), everything and not json)

    Call("doctor", json, debug, yes, enter_agrees=False).run(work)


def _told(result: AnyResult, everything: bool) -> AnyResult:
    return Result(result.verb, {**result.data, ALL: True}, result.findings, result.exit_code) if everything else result


def _check(code: str | None, facts: Path | None, from_file: Path | None, *, clean: bool) -> None:
    given = [
        name for name, value in (("CODE", code), ("--facts", facts), ("--from", from_file), ("--clean", clean)) if value
    ]
    if len(given) > 1:
        raise UsageError(
            "usage.wrong-command-line", f"{' and '.join(given)} exclude each other", fix="See: ./airstrip doctor --help"
        )
