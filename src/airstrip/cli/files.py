"""init, render, schema: what writes files and starts nothing."""

from __future__ import annotations

import json as json_module
import os
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.verb import Call
from airstrip.errors import AirstripError, UsageError
from airstrip.result import Result

verbs = typer.Typer()


class Form(str, Enum):  # noqa: UP042 - typer shows a StrEnum's members by their names
    """What `render` can write."""

    MANIFESTS = "manifests"


@verbs.command("init", short_help="Write a commented file and a first DAG.")
def init(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Write a commented airstrip.yaml, and a dags/ folder with one DAG. Overwrites nothing.

    \b
    Examples:
      ./airstrip init
      ./airstrip init -f deployments/prod.yaml
    """
    call = Call("init", json, debug)
    result = call.attempt(lambda _, __: Result("init", {"written": write_templates(file or named_file())}))
    if json:
        print(json_module.dumps(result.to_document(), indent=2))
        return
    for path in result.data["written"]:
        print(path)


def named_file() -> Path:
    """Where every other verb would look for it."""
    return Path(os.environ.get("AIRSTRIP_FILE") or "airstrip.yaml")


def write_templates(file: Path) -> list[str]:
    """Returns the paths of what was written. A folder of DAGs that is there is left as it is."""
    if file.exists():
        raise UsageError("init.exists", f"{file} is there already", fix="Remove it, or name another with -f.")
    templates = resources.files("airstrip.cli") / "templates"
    contents = {file: (templates / "airstrip.yaml").read_text()}
    dags = file.parent / "dags"
    if not dags.exists():
        contents[dags / "hello.py"] = (templates / "dags" / "hello.py").read_text()
    try:
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x") as stream:
                stream.write(text)
    except OSError as error:
        raise _not_written(error) from error
    return [str(path) for path in contents]


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

    def work(_: object, __: object) -> Result:
        text = load(file).render()
        if destination is None:
            return Result("render", {form.value: text})
        try:
            destination.write_text(text)
        except OSError as error:
            raise _not_written(error) from error
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

    def work(_: object, __: object) -> Result:
        from airstrip.deployment import file_schema

        return Result("schema", file_schema())

    result = Call("schema", json, debug).attempt(work)
    print(json_module.dumps(result.to_document() if json else result.data, indent=2))


def _not_written(error: OSError) -> AirstripError:
    return AirstripError(
        "file.not-written",
        f"{error.filename} cannot be written: {error.strerror}",
        fix="Check the path and whose it is.",
    )
