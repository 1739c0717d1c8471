"""Every command of Airflow's own that a fix gives is taken by its parser, of the Airflow that images have."""

from __future__ import annotations

import json
import subprocess

from tests.dev.conftest import Author
from tests.unit.docs.fix_commands import commands

_FOR = {"SLOTS": "8", "DATE": "2026-01-01"}
"""Of what is to be put in, as its parser reads numbers and dates."""
_PARSE = """\
import json, sys
from airflow.cli.cli_parser import get_parser
for words in json.loads(sys.argv[1]):
    get_parser().parse_args(words)
"""


def test_airflow_takes_its_commands(author: Author) -> None:
    given = [[_FOR.get(word, word) for word in words] for _, words in commands("-- airflow")]
    assert {tuple(words[:2]) for words in given} >= {("pools", "set"), ("db", "clean")}
    (parser,) = (author.folder / "cache").rglob("airflow/cli/cli_parser.py")
    environment = next(folder for folder in parser.parents if (folder / "pyvenv.cfg").exists())
    done = subprocess.run(
        [environment / "bin" / "python", "-c", _PARSE, json.dumps(given)],
        env={"AIRFLOW_HOME": str(author.folder / "parser"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
