"""Every command that a fix gives is one: ./airstrip's by its own parser, kubectl's by its verbs and flags.

Airflow's own are parsed by Airflow, in tests/dev/test_fixes.py.
"""

from __future__ import annotations

import functools
from contextlib import suppress

import pytest
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from airstrip.cli.main import app
from tests.unit.docs.fix_commands import UNKNOWN, commands
from tests.unit.docs.kubectl_words import problem


@functools.cache
def root() -> TyperGroup:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def parse(words: list[str]) -> None:
    """As the command line does, but for what follows a whole command in its sentence. Raises what it would."""
    group = root()
    while True:
        assert words[:1], f"{group.name} needs a verb"
        assert words[0] in group.commands, f"{group.name} has no {words[0]}"
        command, words = group.commands[words[0]], words[1:]
        if not isinstance(command, TyperGroup):
            break
        group = command
    assert isinstance(command, TyperCommand)
    # `--help` and what else is eager ends at once.
    with suppress(typer.Exit):
        command.make_context(command.name, _own(command, words))


def _own(command: TyperCommand, words: list[str]) -> list[str]:
    """Without the prose behind it: words beyond its arguments."""
    valued = {
        name: "1" if each.bare_type() == "int" else ""
        for each in command.params
        if isinstance(each, TyperOption) and not each.is_flag
        for name in each.opts
    }
    room = sum(each.nargs if each.nargs > 0 else 9 for each in command.params if isinstance(each, TyperArgument))
    own: list[str] = []
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            own += [word, *([valued[word] or next(rest, "")] if word in valued else [])]
            if valued.get(word):
                # A number is for the user to fill in.
                next(rest, "")
        elif room:
            room -= 1
            own.append(word)
        else:
            break
    return own


ONE_WORD = frozenset(name for name, command in root().commands.items() if not isinstance(command, TyperGroup))
# A text that several verbs share names none.
AIRSTRIP = [(fix, words) for fix, words in commands("./airstrip") if UNKNOWN not in words[:2] or words[0] in ONE_WORD]


@pytest.mark.parametrize(("fix", "words"), AIRSTRIP, ids=[fix for fix, _ in AIRSTRIP])
def test_airstrip_takes_its_commands(fix: str, words: list[str]) -> None:
    parse(list(words))


KUBECTL = [*commands("kubectl")]


@pytest.mark.parametrize(("fix", "words"), KUBECTL, ids=[fix for fix, _ in KUBECTL])
def test_kubectl_takes_its_commands(fix: str, words: list[str]) -> None:
    assert problem(words) == ""


def test_there_are_many() -> None:
    assert len(AIRSTRIP) > 100
    assert len(KUBECTL) > 20
