"""How the programs in this folder tell Airstrip of what happens: lines of JSON behind a mark, between those of the log.

One stream, so that what a task prints stands where it belongs. The mark is new for each run.
"""

import json
import os
import sys
import traceback

_TEMPLATE = "<template>"
"""Jinja's word for the file of a template that is a text."""
_mark = os.environ.pop("AIRSTRIP_DEV_MARK", "")


def request():
    """What is asked for: read to its end, so that tasks have none of it."""
    return json.loads(sys.stdin.buffer.read())


def tell(event, **fields):
    sys.stdout.flush()
    line = f"{_mark}{json.dumps({'event': event, **fields}, default=str)}\n".encode()
    while line:
        line = line[os.write(1, line) :]


def error_fields(error, folder, dag_file=""):
    """An exception in a few words, with the last place in the user's own files.

    `dag_file` has the task's templates: lines of one that is no file of its own are none of that file, so there is no
    line then.
    """
    if not isinstance(error, BaseException):
        return {"type": "", "message": str(error or ""), "file": "", "line": 0}
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_below(frame.filename, folder)]
    is_in_template = not own and any(frame.filename == _TEMPLATE for frame in frames)
    file, line = (own[-1].filename, own[-1].lineno) if own else (dag_file if is_in_template else "", 0)
    return {"type": type(error).__name__, "message": str(error), "file": file, "line": line}


def is_below(file, folder):
    """Of a file: what Python and Jinja call a text that is in none, such as <string>, is below nothing."""
    return not file.startswith("<") and os.path.realpath(file).startswith(os.path.realpath(folder) + os.sep)
