"""node build, start, stop, status, kubeconfig, prune: the embedded Kubernetes on its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from airstrip.cli import options
from airstrip.cli.render import Voice
from airstrip.cli.verb import Call, Confirm
from airstrip.result import AnyResult, Result

if TYPE_CHECKING:
    from airstrip.node import Node

verbs = typer.Typer()


def load(file: Path | None) -> Node:
    from airstrip.node import Node

    return Node.load(file)


@verbs.callback(invoke_without_command=True)
def node(context: typer.Context) -> None:
    """The embedded node on its own; `up` does all of this too."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@verbs.command("build", short_help="Build Kubernetes from pinned sources.")
def build(
    check: Annotated[bool, typer.Option("--check", help="Only say what is missing to build.")] = False,
    file: options.File = None,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Build Kubernetes and its runtime from pinned sources, once: five to six minutes on two cores.

    \b
    Examples:
      ./airstrip node build --check    what is missing on this machine
      ./airstrip node build --yes      install that too, then build
    """

    def work(voice: Voice, confirm: Confirm) -> AnyResult:
        return load(file).check() if check else load(file).build(voice, confirm)

    Call("node build", json, debug, yes).run(work)


@verbs.command("start", short_help="Start the node.")
def start(
    file: options.File = None, yes: options.Yes = False, json: options.Json = False, debug: options.Debug = False
) -> None:
    """Start the node and wait until it is Ready.

    \b
    Example:
      ./airstrip node start    as root, or with sudo
    """
    Call("node start", json, debug, yes).run(lambda voice, confirm: load(file).start(voice, confirm))


@verbs.command("stop", short_help="Stop the node; data stays.")
def stop(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Stop the node. Its data stays.

    \b
    Example:
      ./airstrip node stop    as root, or with sudo
    """
    Call("node stop", json, debug).run(lambda voice, _: load(file).stop(voice))


@verbs.command("status", short_help="Show the node's state.")
def status(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Show the node's state, components, versions and addresses.

    Exit code 3 when it does not run as it should.

    \b
    Examples:
      ./airstrip node status
      ./airstrip node status --json
    """
    Call("node status", json, debug).run(lambda _, __: load(file).status())


@verbs.command("kubeconfig", short_help="Print the path of a kubeconfig.")
def kubeconfig(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Print the path of a kubeconfig for the node, for kubectl and others.

    \b
    Example:
      export KUBECONFIG=$(./airstrip node kubeconfig)
    """
    Call("node kubeconfig", json, debug).run(
        lambda _, __: Result("node kubeconfig", {"kubeconfig": str(load(file).kubeconfig())})
    )


@verbs.command("prune", short_help="Empty the image store.")
def prune(
    everything: Annotated[bool, typer.Option("--everything", help="Delete all of the node's data too.")] = False,
    file: options.File = None,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Stop the node and empty its image store; the programs of other versions go from the cache too.

    The database, the logs, other volumes and the kubeconfig stay, unless --everything is given.
    The DAGs' folder and the cache, with what was compiled and built, stay in any case.

    \b
    Examples:
      ./airstrip node prune                 as root, or with sudo
      ./airstrip node prune --everything    nothing is left but the cache
    """

    call = Call("node prune", json, debug, yes, enter_agrees=False)
    call.run(lambda voice, confirm: load(file).prune(voice, confirm, everything=everything))
