"""image list, new, lock, build, containerfile, push, test, prune: the images on their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.render import Voice
from airstrip.cli.usage import Command, DiscreetCommand
from airstrip.cli.verb import Call, Confirm
from airstrip.result import AnyResult

verbs = typer.Typer()


def _names(context: typer.Context, incomplete: str) -> list[str]:
    """For the shell's completion, which nothing may disturb."""
    try:
        rows = load(context.params.get("file")).images().data["images"]
    except Exception:
        return []
    return [str(row["image"]) for row in rows if str(row["image"]).startswith(incomplete)]


Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Task images.", autocompletion=_names, show_default=False),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The task image.", autocompletion=_names)]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits and hyphens.")]


@verbs.callback(invoke_without_command=True)
def image(context: typer.Context) -> None:
    """The images that a deployment is landed from, and those of its tasks.

    A task image is a folder of a few lines, images/NAME beside the file: copied from the library
    by `new`, built by `build`, named in a DAG as localhost/airstrip/tasks/NAME:current.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


@verbs.command("list", short_help="Show task images: yours, and the library.")
def list_images(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Show your task images and those of the library, and whether they are built as they are now.

    The cache is of whoever calls: what root has built, root sees.

    \b
    Examples:
      sudo ./airstrip image list
      ./airstrip image list --json    with digests, and the names for a DAG
    """
    Call("image list", json, debug).run(lambda _, __: load(file).images())


@verbs.command("new", cls=Command, short_help="Copy a task image from the library.")
def new(
    name: NewName,
    origin: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Which. Default: the library's of this name, else python-basic."),
    ] = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write images/NAME beside the file, from the library or another one of yours. Overwrites nothing.

    \b
    Examples:
      ./airstrip image new sales --from pandas-basic
      ./airstrip image new pandas-basic    in place of the library's
    """
    Call("image new", json, debug).run(lambda _, __: load(file).new_image(name, origin))


@verbs.command("lock", cls=Command, short_help="Resolve the packages of your task images.")
def lock(
    names: Names = None, file: options.File = None, json: options.Json = False, debug: options.Debug = False
) -> None:
    """Write the lock anew: the newest packages that requirements.txt or environment.yml allows, with hashes.

    \b
    Examples:
      ./airstrip image lock          all of yours
      ./airstrip image lock sales    after a change of its requirements.txt
    """
    Call("image lock", json, debug).run(lambda voice, _: load(file).lock_images(names or (), voice))


@verbs.command("build", cls=Command, short_help="Build the images.")
def build(
    names: Names = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Anew, from today's packages of Debian.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Build the images of Airflow and PostgreSQL and your task images; or the named.

    What is built is kept until its folder changes: security updates of Debian come with --refresh,
    and are landed by the next `up`. Task images are in a running cluster at once.

    \b
    Examples:
      ./airstrip image build                 as root, or with sudo
      ./airstrip image build pandas-basic    the library's, or yours
      ./airstrip image build --refresh       then ./airstrip up
    """
    call = Call("image build", json, debug)
    call.run(lambda voice, _: load(file).build_images(voice, names=names or (), refresh=refresh))


@verbs.command("containerfile", cls=Command, short_help="Show what Docker or Podman build an image from.")
def containerfile(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A task image, or airflow.", autocompletion=_names, show_default=False)
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="A new one, for the Containerfile and all that it copies."),
    ] = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print the Containerfile that `image.builder: docker` or `podman` builds by, or write it to build elsewhere.

    It has the same packages as the lock, by version and hash. Without image.base it starts from the
    Debian system that Airstrip makes, which only an engine has that Airstrip has built with.

    \b
    Examples:
      ./airstrip image containerfile sales
      ./airstrip image containerfile sales build/sales
      docker build --network=host --file build/sales/Containerfile build/sales
    """
    call = Call("image containerfile", json, debug)
    call.run(lambda voice, _: load(file).containerfile(name, folder, voice))


@verbs.command("push", cls=DiscreetCommand, short_help="Push a task image to a registry.")
def push(
    name: Name,
    destination: Annotated[
        str, typer.Argument(metavar="REGISTRY/REPOSITORY[:TAG]", help="Where. Default tag: of what it was made from.")
    ],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Let the tag name this image, though it names another.")
    ] = False,
    username: Annotated[
        str | None, typer.Option("--username", metavar="NAME", help="Who to log in as. Default: docker's login.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option("--password", metavar="REFERENCE", help="Of the password: env:NAME, file:PATH or k8s:NAME/KEY."),
    ] = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Push a built task image to any OCI registry, and print its name by digest.

    What the registry has is not uploaded again. A tag is never moved from another image, but
    with --overwrite. Logins are those of docker and podman, helpers of clouds among them.

    \b
    Examples:
      ./airstrip image push sales example.com/data/sales:1
      ./airstrip image push sales localhost:5000/sales --overwrite
      ./airstrip image push sales ghcr.io/me/sales --username me --password env:T
    """

    def work(voice: Voice, _: Confirm) -> AnyResult:
        login = {"username": username, "password": password}
        return load(file).push_image(name, destination, voice, overwrite=overwrite, **login)

    Call("image push", json, debug).run(work)


@verbs.command("test", cls=Command, short_help="Run a task image's check in the cluster.")
def check(
    name: Name,
    timeout: options.Timeout = 120.0,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run the image's own check.py in a pod where tasks run, and print what it prints.

    As root it is what is built of the folder as it is now; for others what the cluster has.
    Exit code 3 when the check fails.

    \b
    Example:
      ./airstrip image test pandas-basic
    """
    Call("image test", json, debug).run(lambda voice, _: load(file).test_image(name, voice, timeout=timeout))


@verbs.command("prune", short_help="Empty the cache of images but the deployment's own.")
def prune(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Remove every image from the cache but those of this deployment, and downloaded Python packages.

    Yours in images/ are the deployment's; those of the library are not. So go the environments of
    dev and test that are neither this deployment's nor in use. What was removed is made again when a
    deployment needs it. The cache is of whoever calls: root's has the images, an author's the environments.

    \b
    Examples:
      ./airstrip image prune    as root, or with sudo: images
      ./airstrip image prune    as yourself: environments of dev and test
    """
    Call("image prune", json, debug).run(lambda voice, _: load(file).prune_images(voice))
