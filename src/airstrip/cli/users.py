"""users list, add, set-role, reset-password, delete: Airflow's accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from airstrip.cli import options, passwords
from airstrip.cli.lifecycle import load
from airstrip.cli.render import Voice
from airstrip.cli.usage import DiscreetCommand
from airstrip.cli.verb import Call, Confirm
from airstrip.result import AnyResult

verbs = typer.Typer()

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@verbs.callback(invoke_without_command=True)
def users(context: typer.Context) -> None:
    """Airflow's accounts.

    A landing has two: admin, and airstrip, which this command line logs in as.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


@verbs.command("list", cls=DiscreetCommand, short_help="Show all accounts and their roles.")
def list_users(file: options.File = None, json: options.Json = False, debug: options.Debug = False) -> None:
    """Show all accounts with their roles, and when they logged in last (UTC).

    \b
    Examples:
      ./airstrip users list
      ./airstrip users list --json    with names and addresses
    """
    Call("users list", json, debug).run(lambda _, __: load(file).users())


@verbs.command("add", cls=DiscreetCommand, short_help="Make an account.")
def add(
    name: Name,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="Its role.")] = "Viewer",
    email: Annotated[
        str, typer.Option("--email", metavar="ADDRESS", help="Default: NAME@localhost.", show_default=False)
    ] = "",
    first_name: Annotated[
        str, typer.Option("--first-name", metavar="TEXT", help="Default: NAME.", show_default=False)
    ] = "",
    last_name: Annotated[str, typer.Option("--last-name", metavar="TEXT", help="Default: -", show_default=False)] = "",
    password_stdin: passwords.FromStdin = False,
    password_file: passwords.FromFile = None,
    generate: passwords.Generate = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make an account. Its password is asked for, unless it is read or generated.

    Airflow's roles, from least to most: Public, Viewer, User, Op, Admin.

    \b
    Examples:
      ./airstrip users add ada
      ./airstrip users add ada --role Op --password-file ada.txt
      pass airflow/ada | ./airstrip users add ada --password-stdin
      ./airstrip users add admin --role Admin --generate
    """

    def work(voice: Voice, _: Confirm) -> AnyResult:
        password = passwords.read_password(name, voice, stdin=password_stdin, file=password_file, generate=generate)
        return load(file).add_user(
            name, password, voice, role=role, email=email, first_name=first_name, last_name=last_name
        )

    Call("users add", json, debug).run(work)


@verbs.command("set-role", cls=DiscreetCommand, short_help="Give an account another role.")
def set_role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Public, Viewer, User, Op, Admin, or one of your own.")],
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Give an account a role instead of those that it has.

    \b
    Example:
      ./airstrip users set-role ada Op
    """
    Call("users set-role", json, debug).run(lambda voice, _: load(file).set_role(name, role, voice))


@verbs.command("reset-password", cls=DiscreetCommand, short_help="Give an account a new password.")
def reset_password(
    name: Name,
    password_stdin: passwords.FromStdin = False,
    password_file: passwords.FromFile = None,
    generate: passwords.Generate = False,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Give an account a new password, and end its sessions.

    The password is asked for, unless it is read or generated.

    \b
    Examples:
      ./airstrip users reset-password ada
      ./airstrip users reset-password admin --generate
    """

    def work(voice: Voice, _: Confirm) -> AnyResult:
        password = passwords.read_password(name, voice, stdin=password_stdin, file=password_file, generate=generate)
        return load(file).reset_password(name, password, voice)

    Call("users reset-password", json, debug).run(work)


@verbs.command("delete", cls=DiscreetCommand, short_help="Delete an account.")
def delete(
    name: Name,
    file: options.File = None,
    yes: options.Yes = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Delete an account, also admin: `up` does not make it again.

    \b
    Examples:
      ./airstrip users delete ada
      ./airstrip users delete admin --yes
    """

    call = Call("users delete", json, debug, yes, enter_agrees=False)
    call.run(lambda voice, confirm: load(file).delete_user(name, voice, confirm))
