"""project add, list, show, set, unset, remove: what pods of a project get, where no file declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from airstrip.cli import options, secret_words
from airstrip.cli.lifecycle import load
from airstrip.cli.render import Voice
from airstrip.cli.usage import DiscreetCommand
from airstrip.cli.verb import Call, Confirm
from airstrip.result import AnyResult

if TYPE_CHECKING:
    from airstrip.deployment import ProjectWords

verbs = typer.Typer()


def _names(context: typer.Context, incomplete: str) -> list[str]:
    """For the shell's completion, which nothing may disturb."""
    try:
        rows = load(context.params.get("file")).projects().data["projects"]
    except Exception:
        return []
    return [str(row["project"]) for row in rows if str(row["project"]).startswith(incomplete)]


NewName = Annotated[str, typer.Argument(metavar="NAME", help="The project's name: letters, digits and hyphens.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The project's name.", autocompletion=_names)]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Variables of its pods.", show_default=False),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="KEY[=REFERENCE]",
        help="A secret variable: env:NAME, file:PATH or k8s:NAME/KEY; asked for without a reference.",
    ),
]
Pool = Annotated[
    int | None, typer.Option("--pool", metavar="SLOTS", min=1, help="An Airflow pool of its name, for its tasks.")
]
Requests = Annotated[
    list[str] | None,
    typer.Option("--request", metavar="NAME=AMOUNT", help="What a container of its asks for: cpu=500m, memory=1Gi."),
]
Limits = Annotated[
    list[str] | None, typer.Option("--limit", metavar="NAME=AMOUNT", help="What such a container gets at most.")
]

Data = Annotated[
    str | None,
    typer.Option("--data", metavar="URL", help="Its data in an object store: s3://BUCKET/PREFIX, gs://..., oci://..."),
]


@verbs.callback(invoke_without_command=True)
def projects(context: typer.Context) -> None:
    """What pods of a project get: settings, secrets, a data folder, a pool, room.

    Those that the file declares, under projects, are changed there.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


@verbs.command("list", cls=DiscreetCommand, short_help="Show all projects.")
def list_projects(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Show all projects: those of the file and those that were added.

    \b
    Examples:
      ./airstrip project list
      ./airstrip project list --json    with settings, and names of secrets
    """
    Call("project list", json, debug).run(lambda _, __: load(file).projects())


@verbs.command("show", cls=DiscreetCommand, short_help="Show a project.")
def show(name: Name, file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Show a project: where its data is, its settings, and the names of its secrets.

    \b
    Example:
      ./airstrip project show sales
    """
    Call("project show", json, debug).run(lambda _, __: load(file).project(name))


@verbs.command("add", cls=DiscreetCommand, short_help="Make a project.")
def add(
    name: NewName,
    settings: Settings = None,
    secret: Secrets = None,
    pool: Pool = None,
    request: Requests = None,
    limit: Limits = None,
    data: Data = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make a project that no file declares. It stays until it is removed, also over `down` and `up`.

    \b
    Examples:
      ./airstrip project add sales
      ./airstrip project add sales REGION=eu --pool 4 --limit memory=2Gi
      ./airstrip project add sales --secret API_TOKEN=env:SALES_TOKEN
      ./airstrip project add sales --data s3://company-data/sales
    """

    def work(voice: Voice, _: Confirm) -> AnyResult:
        words = _words(settings, secret, pool, request, limit, data, voice)
        return load(file).add_project(name, words, voice)

    Call("project add", json, debug).run(work)


@verbs.command("set", cls=DiscreetCommand, short_help="Change a project.")
def set_project(
    name: Name,
    settings: Settings = None,
    secret: Secrets = None,
    pool: Pool = None,
    request: Requests = None,
    limit: Limits = None,
    data: Data = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Give a project settings, secrets, a pool, room or a place of its data; what is not named stays.

    \b
    Examples:
      ./airstrip project set sales REGION=us
      ./airstrip project set sales --secret API_TOKEN    asks for it
      ./airstrip project set sales --pool 8 --request cpu=500m
    """

    def work(voice: Voice, _: Confirm) -> AnyResult:
        words = _words(settings, secret, pool, request, limit, data, voice)
        secret_words.require_some(words)
        return load(file).set_project(name, words, voice)

    Call("project set", json, debug).run(work)


@verbs.command("unset", cls=DiscreetCommand, short_help="Take something from a project.")
def unset(
    name: Name,
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="KEY", help="Settings to take away.", show_default=False)
    ] = None,
    secret: Annotated[list[str] | None, typer.Option("--secret", metavar="KEY", help="A secret to take away.")] = None,
    pool: Annotated[bool, typer.Option("--pool", help="Take its pool away.")] = False,
    request: Annotated[
        list[str] | None, typer.Option("--request", metavar="NAME", help="Ask for none: cpu, memory.")
    ] = None,
    limit: Annotated[list[str] | None, typer.Option("--limit", metavar="NAME", help="Limit none: cpu, memory.")] = None,
    data: Annotated[bool, typer.Option("--data", help="Have its data in its folder, not in a store.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Take settings, secrets, the pool, room or its data's place in a store from a project.

    \b
    Examples:
      ./airstrip project unset sales REGION
      ./airstrip project unset sales --secret API_TOKEN --pool
    """

    def work(voice: Voice, _: Confirm) -> AnyResult:
        from airstrip.deployment import Forgotten

        what = Forgotten(tuple(keys or ()), tuple(secret or ()), pool, tuple(request or ()), tuple(limit or ()), data)
        secret_words.require_some(what)
        return load(file).unset_project(name, what, voice)

    Call("project unset", json, debug).run(work)


@verbs.command("remove", cls=DiscreetCommand, short_help="Take a project away; its data stays.")
def remove(
    name: Name,
    data: Annotated[bool, typer.Option("--data", help="Delete its data folder too.")] = False,
    file: options.File = None,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Take a project away: its settings, its secrets, its pool. Its data stays, unless --data is given.

    \b
    Examples:
      ./airstrip project remove sales
      ./airstrip project remove sales --data --yes
    """
    call = Call("project remove", json, debug, yes, enter_agrees=False)
    call.run(lambda voice, confirm: load(file).remove_project(name, voice, confirm, data=data))


def _words(
    settings: list[str] | None,
    secret: list[str] | None,
    pool: int | None,
    request: list[str] | None,
    limit: list[str] | None,
    data: str | None,
    voice: Voice,
) -> ProjectWords:
    from airstrip.deployment import ProjectWords

    config = secret_words.pairs(settings or [], "a setting is KEY=VALUE", "REGION=eu")
    requests = secret_words.pairs(request or [], "a request is NAME=AMOUNT", "--request memory=1Gi")
    limits = secret_words.pairs(limit or [], "a limit is NAME=AMOUNT", "--limit memory=2Gi")
    references, asked = secret_words.references(secret or [])
    # Asked last: what is wrong with the rest is said before anybody types a secret.
    values = secret_words.ask(asked, voice)
    return ProjectWords(config, references, values, pool, requests, limits, data)
