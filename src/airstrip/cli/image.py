"""image build, prune: the images on their own."""

from __future__ import annotations

from typing import Annotated

import typer

from airstrip.cli import options
from airstrip.cli.lifecycle import load
from airstrip.cli.verb import Call

verbs = typer.Typer()


@verbs.callback(invoke_without_command=True)
def image(context: typer.Context) -> None:
    """The images that a deployment is landed from; `up` builds them too."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@verbs.command("build", short_help="Build the images.")
def build(
    refresh: Annotated[bool, typer.Option("--refresh", help="Anew, from today's packages of Debian.")] = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Build the images of Airflow and PostgreSQL into the cache, unless they are there.

    An image is built once and kept: security updates of Debian come with --refresh,
    and are landed by the next `up`.

    \b
    Examples:
      ./airstrip image build              as root, or with sudo
      ./airstrip image build --refresh    then ./airstrip up
    """
    Call("image build", json, debug).run(lambda voice, _: load(file).build_images(voice, refresh=refresh))


@verbs.command("prune", short_help="Empty the cache of images but the deployment's own.")
def prune(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Remove every image from the cache but those of this deployment, and downloaded Python packages.

    So go the environments of dev and test that are neither this deployment's nor in use.
    What was removed is made again when a deployment needs it. The cache is of whoever calls:
    root's has the images, an author's the environments.

    \b
    Examples:
      ./airstrip image prune    as root, or with sudo: images
      ./airstrip image prune    as yourself: environments of dev and test
    """
    Call("image prune", json, debug).run(lambda voice, _: load(file).prune_images(voice))
