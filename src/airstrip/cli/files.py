"""init, render, schema: what writes files and starts nothing."""

from __future__ import annotations

import json as json_module
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.verb import Call
from airstrip.errors import not_written
from airstrip.result import AnyResult, Result

verbs = typer.Typer()


class Form(str, Enum):  # noqa: UP042 - typer shows a StrEnum's members by their names
    """What `render` can write."""

    MANIFESTS = "manifests"


def _examples(incomplete: str) -> list[tuple[str, str]]:
    """For the shell's completion: each with what it shows."""
    from airstrip.deployment import Deployment

    rows = Deployment.examples().data["examples"]
    return [(row["example"], row["about"]) for row in rows if row["example"].startswith(incomplete)]


@verbs.command("init", short_help="Write a commented file and a first DAG, or examples.")
def init(
    example: Annotated[
        list[str] | None,
        typer.Option(
            "--example",
            metavar="NAME",
            help="Write this example, into the folder of DAGs that is there or a new one; can be given again.",
            autocompletion=_examples,
        ),
    ] = None,
    list_examples: Annotated[bool, typer.Option("--list-examples", help="Only say which examples there are.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write a commented airstrip.yaml, and a dags/ folder with one DAG. Overwrites nothing.

    With --example, that one's DAG instead; a file that is there already gets what the example needs and the
    file has not: nothing that stands in it is changed.

    \b
    Examples:
      ./airstrip init
      ./airstrip init -f deployments/prod.yaml
      ./airstrip init --list-examples
      ./airstrip init --example pipeline --example sensor
    """

    def work(_: object, __: object) -> AnyResult:
        from airstrip.deployment import Deployment

        if list_examples:
            return Deployment.examples()
        return Deployment.init(file, example or ())

    Call("init", json, debug).run(work)


@verbs.command("render", short_help="Write the Kubernetes manifests.")
def render(
    form: Annotated[Form, typer.Argument(metavar="manifests", help="What to write.")] = Form.MANIFESTS,
    destination: Annotated[
        Path | None, typer.Argument(metavar="DEST", help="The file to write. Default: stdout.", show_default=False)
    ] = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write the Kubernetes manifests, without any secret; builds and changes nothing.

    \b
    Examples:
      ./airstrip render
      ./airstrip render manifests airflow.yaml
    """

    def work(_: object, __: object) -> AnyResult:
        text = load(file).render()
        if destination is None:
            return Result("render", {form.value: text})
        try:
            destination.write_text(text)
        except OSError as error:
            raise not_written(error) from error
        return Result("render", {"written": str(destination)})

    call = Call("render", json, debug)
    if json or destination is not None:
        call.run(work)
    else:
        print(call.attempt(work).data[form.value], end="")


@verbs.command("schema", short_help="Print the file's JSON Schema.")
def schema(
    file: options.File = None,  # noqa: ARG001 - every verb takes -f, this one does without
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print the JSON Schema of an airstrip.yaml, for editors.

    \b
    Example:
      ./airstrip schema > airstrip.schema.json
    """

    def work(_: object, __: object) -> AnyResult:
        from airstrip.deployment import Deployment

        return Result("schema", Deployment.schema())

    result = Call("schema", json, debug).attempt(work)
    print(json_module.dumps(result.to_document() if json else result.data, indent=2))
