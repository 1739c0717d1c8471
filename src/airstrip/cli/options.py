"""The options that verbs share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        show_default=False,
        help="The deployment's file. Default: $AIRSTRIP_FILE, else ./airstrip.yaml, else the built-in deployment.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, events as JSON lines on stderr.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer every confirmation with yes.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=1, help="How long to wait; builds are not counted.")
]
DEFAULT_TIMEOUT = 600.0
