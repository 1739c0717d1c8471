"""dev, test: what an author of DAGs does on this machine alone."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from airstrip.cli import options
from airstrip.cli.colors import colored
from airstrip.cli.lifecycle import load, parse_conf
from airstrip.cli.render import Voice
from airstrip.cli.usage import Command
from airstrip.cli.verb import Call, Confirm
from airstrip.errors import UsageError
from airstrip.result import AnyResult, Result

verbs = typer.Typer()

_ARGUMENTS = {"ignore_unknown_options": True, "help_option_names": ["--help"]}

Env = Annotated[
    Path | None,
    typer.Option(
        "--env", metavar="FILE", help="NAME=VALUE by lines, such as AIRFLOW_CONN_SHOP. Default: dev.env, if any."
    ),
]


Dags = Annotated[
    Path | None,
    typer.Option(
        "--dags", metavar="FOLDER", help="The folder of DAGs. Default: the one that the file names.", show_default=False
    ),
]


def _dags(context: typer.Context, incomplete: str) -> list[str]:
    """For the shell's completion: as of the last parse, which costs nothing."""
    return [dag for dag in sorted(_known(context)) if dag.startswith(incomplete)]


def _tasks(context: typer.Context, incomplete: str) -> list[str]:
    tasks = _known(context).get(str(context.params.get("dag")), ())
    return [task for task in tasks if task.startswith(incomplete)]


def _known(context: typer.Context) -> dict[str, tuple[str, ...]]:
    file = context.params.get("file")
    try:
        return {dag: tuple(tasks) for dag, tasks in load(Path(file) if file else None).known_dags().items()}
    except Exception:
        # A file that is not valid is told of by the verb.
        return {}


DagId = Annotated[
    str | None, typer.Argument(metavar="DAG", help="The DAG's id.", show_default=False, autocompletion=_dags)
]
TaskId = Annotated[
    str | None, typer.Argument(metavar="TASK", help="This task alone.", show_default=False, autocompletion=_tasks)
]
Conf = Annotated[str, typer.Option("--conf", metavar="JSON", help="The run's configuration.")]
LogicalDate = Annotated[
    str | None, typer.Option("--logical-date", metavar="DATE", help="As ISO 8601 has it. Default: now.")
]
MapIndex = Annotated[
    int | None, typer.Option("--map", metavar="N", min=0, help="This item of a mapped TASK. Default: all.")
]
MarkSuccess = Annotated[
    list[str] | None, typer.Option("--mark-success", metavar="TASK", help="It counts as done; can be given again.")
]
Serve = Annotated[
    bool, typer.Option("--serve", help="Instead: Airflow's UI and scheduler on this machine, until Ctrl-C.")
]
Port = Annotated[
    int, typer.Option("--port", metavar="PORT", min=1, max=65535, help="Of --serve; else the next free one.")
]
Password = Annotated[
    bool, typer.Option("--password", help="Instead: print the password of --serve's admin, and nothing else.")
]


@verbs.command("dev", cls=Command, short_help="Run a DAG or a task on this machine, without a cluster.")
def dev(
    context: typer.Context,
    dag: DagId = None,
    task: TaskId = None,
    conf: Conf = "{}",
    logical_date: LogicalDate = None,
    map_index: MapIndex = None,
    mark_success: MarkSuccess = None,
    serve: Serve = False,
    port: Port = 8080,
    password: Password = False,
    env: Env = None,
    dags: Dags = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run a DAG of the file's folder on this machine: no root, no Kubernetes, the image's own Python packages.

    A TASK alone runs within the DAG's last run here, so it finds what the tasks before it returned. Tries
    follow each other at once. Tasks that need Kubernetes fail, and are named. Exit code 3 when the run failed.

    \b
    Examples:
      ./airstrip dev hello
      ./airstrip dev load --conf '{"day": "2026-01-31"}'
      ./airstrip dev load extract
      ./airstrip dev --serve
    """
    call = Call("dev --password" if password else "dev", json, debug)
    if password:
        result = call.attempt(lambda _, __: _password(context, file))
        print(json_module.dumps(result.to_document()) if json else result.data["password"])
        return
    if serve:
        call.run(lambda voice, _: _serve(context, file, voice, port, env, dags))
    call.run(
        lambda voice, _: load(file).dev(
            _named(context, dag),
            task,
            parse_conf(conf),
            voice,
            logical_date=logical_date,
            map_index=map_index,
            mark_success=mark_success or (),
            env=env,
            dags=dags,
        )
    )


def _password(context: typer.Context, file: Path | None) -> AnyResult:
    _refuse("--password", _given(context) - {"password"}, context)
    return Result("dev --password", {"password": load(file).serve_password()})


def _serve(
    context: typer.Context, file: Path | None, voice: Voice, port: int, env: Path | None, dags: Path | None
) -> NoReturn:
    _refuse("--serve", _given(context) - {"serve", "port", "env", "dags"}, context)
    load(file).serve(voice, port=port, env=env, dags=dags)


def _named(context: typer.Context, dag: str | None) -> str:
    _refuse("a run", _given(context) & {"port"}, context)
    if dag is None:
        message = "there is no DAG named"
        raise UsageError(
            "usage.wrong-command-line", message, fix="Name one: ./airstrip dev DAG; or: ./airstrip dev --serve"
        )
    return dag


def _given(context: typer.Context) -> set[str]:
    """What stands in the command line, but for what every way of the verb takes."""
    names = {parameter.name or "" for parameter in context.command.params} - {"file", "json", "debug"}
    sources = {name: context.get_parameter_source(name) for name in names}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def _refuse(way: str, without: set[str], context: typer.Context) -> None:
    """Raises UsageError where what is given has no meaning, as it would be ignored."""
    found = [each for each in context.command.params if each.name in without]
    if found:
        names = [each.opts[0] if each.param_type_name == "option" else str(each.metavar) for each in found]
        message = f"{way} does not take: {', '.join(names)}"
        raise UsageError("usage.wrong-command-line", message, fix="Leave one or the other away.")


@verbs.command("test", cls=Command, context_settings=_ARGUMENTS, short_help="Test the DAGs on this machine.")
def run_tests(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="PYTEST ARGS", help="As pytest takes them.", show_default=False)
    ] = None,
    upgrade: Annotated[
        bool, typer.Option("--upgrade-check", help="Instead: what the next Airflow will not take any more.")
    ] = False,
    env: Env = None,
    dags: Dags = None,
    file: options.File = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run pytest over your tests with the image's own Python packages, and the fixtures dagbag and run_dag.

    Where there are no tests: every DAG file imports, none runs in a circle, no id is there twice. Exit code 3
    when a test failed, or --upgrade-check found something.

    \b
    Examples:
      ./airstrip test
      ./airstrip test tests/test_load.py
      ./airstrip test --upgrade-check
    """
    color = colored(sys.stdout) and not json

    def work(voice: Voice, _: Confirm) -> AnyResult:
        if upgrade and arguments:
            message = "--upgrade-check takes no arguments of pytest's"
            raise UsageError("usage.wrong-command-line", message, fix="Leave them away.")
        if upgrade:
            return load(file).upgrade_check(voice, env=env, dags=dags)
        return load(file).test(arguments or (), voice, env=env, dags=dags, color=color)

    Call("test --upgrade-check" if upgrade else "test", json, debug).run(work)
